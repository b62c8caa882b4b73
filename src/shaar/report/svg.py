"""Small builders of SVG and HTML text; everything that comes from data is escaped here."""

from __future__ import annotations

from markupsafe import Markup, escape


def el(tag: str, *children: str, **attributes: object) -> Markup:
    """Return an element. ``class_`` becomes class, other underscores become hyphens; None leaves an attribute out."""
    text = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    inside = "".join(escape(c) for c in children)
    return Markup(f"<{tag}{text}>{inside}</{tag}>")


def share(value: float) -> str:
    """Write a position along an axis (0-1) as a percentage for an SVG attribute."""
    return f"{100 * value:.2f}".rstrip("0").rstrip(".") + "%"
