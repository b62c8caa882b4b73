"""Light Markdown from people made into safe HTML: paragraphs, lists, emphasis, quotes and links, nothing else."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

#: What a text of a person may contain; headings begin at the third level, under those of the page.
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "h3", "h4", "hr", "code"}


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    # "html": False shows <b> as it was typed; nh3 after it is the second lock on the same door.
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    return reader.disable(["image", "html_block", "html_inline", "fence", "code"])


def render(text: str | None) -> SafeString:
    """HTML of a text with light Markdown; links are marked as foreign, pictures and HTML are taken as plain words."""
    html = _reader().render(text or "")
    for level in ("2", "1"):
        html = html.replace(f"<h{level}>", "<h3>").replace(f"</h{level}>", "</h3>")
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener ugc",
    )
    return mark_safe(clean)


def plain(text: str | None, length: int = 200) -> str:
    """The text without marks, cut at a word, for lists, feeds and descriptions."""
    words = " ".join(nh3.clean(_reader().render(text or ""), tags=set()).split())
    words = words.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    if len(words) <= length:
        return words
    return words[:length].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"
