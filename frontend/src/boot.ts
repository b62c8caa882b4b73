/** What the page hands over: language, the token for writing, addresses. */
import type { Boot, Language } from "./types";

const LANGUAGES: Language[] = ["en", "ru", "ky", "kk"];

export function readBoot(document: Document, search: string): Boot {
  const holder = document.getElementById("workbench-boot");
  const text = holder?.dataset["boot"] ?? holder?.textContent ?? "";
  const given = (text.trim() ? JSON.parse(text) : {}) as Partial<Boot> & { city?: unknown; study?: unknown };
  const query = new URLSearchParams(search);
  const spoken = (given.language ?? document.documentElement.lang ?? "en").slice(0, 2) as Language;
  return {
    language: LANGUAGES.includes(spoken) ? spoken : "en",
    csrf: given.csrf ?? "",
    urls: { api: "/workbench/api", tiles: "/map/city.pmtiles", desk: "/desk/", ...given.urls },
    city: nameOf(given.city),
    study: query.get("study") ?? refOf(given.study),
    alternative: query.get("alternative"),
    person: typeof given.person === "string" ? given.person : "",
    measure: given.measure ?? null,
  };
}

function nameOf(city: unknown): string {
  if (typeof city === "string") return city;
  return city && typeof city === "object" && "name" in city ? String(city.name) : "";
}

function refOf(study: unknown): string | null {
  if (typeof study === "string") return study || null;
  return study && typeof study === "object" && "ref" in study ? String(study.ref) : null;
}
