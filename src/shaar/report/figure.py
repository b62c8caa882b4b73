"""A figure: a title that says the finding, what it plots, the picture, its source with a badge, and its table twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from shaar.engine.city.model import Badge
from shaar.report.i18n import Speaker
from shaar.report.svg import el

Cell = str | Markup
#: Rows of a table that stands open.
MOST_ROWS = 25


@dataclass(frozen=True, slots=True)
class Table:
    """A table: column heads, which columns hold numbers, and rows of text already written in the language.

    ``dense`` is for a table of many columns of short numbers.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int]
    caption: str
    name: str
    dense: bool = False

    def html(self, s: Speaker | None = None) -> Markup:
        """Return the table in a box of its own that may scroll sideways; the first column is the row's head.

        Given a speaker, a table of clearly more than ``MOST_ROWS`` rows shows so many and folds the rest away.
        """
        if s is not None and len(self.rows) > MOST_ROWS + 3:
            first, rest = (replace(self, rows=r) for r in (self.rows[:MOST_ROWS], self.rows[MOST_ROWS:]))
            more = s.p("count.more_rows", len(rest.rows))
            rest = replace(rest, caption=f"{self.caption}: {more}")
            return first.html() + el("details", el("summary", more), rest.html(), class_="twin")
        head = "".join(
            el("th", h, scope="col", class_="num" if i in self.numeric else None) for i, h in enumerate(self.heads)
        )
        body = []
        for row in self.rows:
            cells = [el("th", row[0], scope="row")]
            cells += [el("td", c, class_="num" if i in self.numeric else None) for i, c in enumerate(row[1:], start=1)]
            body.append(el("tr", Markup("").join(cells)))
        table = el(
            "table",
            el("caption", self.caption),
            el("thead", el("tr", Markup(head))),
            el("tbody", Markup("").join(body)),
            data_csv=self.name,
            class_="dense" if self.dense else None,
        )
        return el("div", table, class_="tablebox", tabindex="0", role="region", aria_label=self.caption)


def badge(kind: Badge, s: Speaker) -> Markup:
    """Return the word that says how a figure came to be, in a box whose border and fill say it without colour."""
    return el("span", s.t(f"badge.{kind}"), class_=f"badge {kind}")


def source_line(text: str, kind: Badge | Sequence[Badge], s: Speaker) -> Markup:
    """Return the line under a figure: badges, then source and date."""
    kinds: Sequence[Badge] = (kind,) if isinstance(kind, str) else kind
    badges = Markup(" ").join(badge(k, s) for k in kinds)
    return el("p", badges, Markup(" "), f"{s.t('word.source')}: {text}", class_="source")


def figure(
    picture: Markup,
    *,
    s: Speaker,
    ident: str,
    title: str,
    subtitle: str,
    source: Markup,
    table: Table | None = None,
    summary_key: str = "word.show_numbers",
    extra: Markup | None = None,
) -> Markup:
    """Put a figure together. ``ident`` has to be unique in the page; it is prefixed with the language."""
    full = f"{s.language}-{ident}"
    twin = Markup("")
    if table is not None:
        twin = el("details", el("summary", s.t(summary_key)), table.html(), class_="twin")
    return Markup(
        '<figure id="{id}" aria-labelledby="{id}-t"><figcaption><h3 id="{id}-t">{title}</h3>'
        '<p class="sub">{subtitle}</p></figcaption>{picture}{extra}{source}{twin}</figure>'
    ).format(
        id=escape(full),
        title=title,
        subtitle=subtitle,
        picture=picture,
        extra=extra or "",
        source=source,
        twin=twin,
    )
