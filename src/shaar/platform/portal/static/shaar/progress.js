// Parts of a page that are still being worked on are fetched anew every three seconds until nothing is under way.
const PARTS = "[data-progress]", EVERY = 3000;
for (const one of document.querySelectorAll(".no-script")) one.hidden = true;
async function again() {
  const parts = [...document.querySelectorAll(PARTS)];
  if (!parts.length || document.hidden || parts.some(part => part.contains(document.activeElement))) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = [...page.querySelectorAll(PARTS)];
    if (fresh.length !== parts.length) { location.reload(); return; }
    parts.forEach((part, n) => part.replaceWith(document.importNode(fresh[n], true)));
    for (const one of document.querySelectorAll(".no-script")) one.hidden = true;
  } catch { /* offline: the next turn tries again */ }
}
setInterval(again, EVERY);
