"""Contexts of the two map tags: a map of things with its list, and the picker of a place."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.places import selectors
from shaar.platform.places.forms import PlaceField
from shaar.platform.places.models import Territory

from ..fielding import moving
from ..saying import day_text
from . import draw, tiles
from .picker import has_base, picked
from .things import things_of

#: What a known place of the city folder is, in words.
_KINDS = {
    "street": gettext_lazy("street"), "school": gettext_lazy("school"), "kindergarten": gettext_lazy("kindergarten"),
    "clinic": gettext_lazy("clinic"), "hospital": gettext_lazy("hospital"), "market": gettext_lazy("market"),
    "park": gettext_lazy("park"), "station": gettext_lazy("station"), "university": gettext_lazy("university"),
}  # fmt: skip


def tile_facts() -> dict[str, str]:
    """What the script needs to fetch squares of the base map."""
    stamp = tiles.stamp()
    box = tiles.box()
    if not stamp or box is None:
        return {"tiles": "", "zooms": "", "box": ""}
    covered = ",".join(f"{edge:.8f}" for edge in box)
    return {"tiles": f"/maps/{stamp}/", "zooms": f"{tiles.LEAST},{tiles.MOST}", "box": covered}


def map_context(
    given: Any, *, around: Territory | None = None, label: str = "", caption: str = "", open: bool = False
) -> dict[str, Any]:
    """A map of things: ``around`` a territory, or of all things; with a list twin where things have names."""
    things, nowhere = things_of(given)
    window = draw.window_of(things, around)
    shown = selectors.current()
    words = label or caption or (things[0].name if len(things) == 1 else "") or _("Map")
    return {
        "svg": draw.svg(window, things, shown=shown, label=words),
        "window": window, "things": things, "nowhere": nowhere, "caption": caption, "based": has_base(), "open": open,
        "listed": any(t.name for t in things) and (len(things) > 1 or bool(nowhere)),
        "approximate": any(one.approximate and one.geometry and one.geometry["type"] != "Point" for one in shown),
        "osm": draw.is_osm(), "date": base_date(), **tile_facts(),
    }  # fmt: skip


def base_date() -> str:
    """The day of the base map's data, as the city folder says it."""
    said = draw.sources(str(settings.PROFILE.model))[1] if settings.PROFILE.model else ""
    try:
        return day_text(dt.date.fromisoformat(said))
    except ValueError:
        return said


def picker_context(bound: BoundField, home: Territory | None = None) -> dict[str, Any]:
    """The picker for a `PlaceField`."""
    state = picked(bound, home)
    quiet = moving(bound.form)
    field = bound.field
    found = [
        {
            "name": one.name,
            "words": _KINDS.get(one.note, one.note),
            "code": one.code,
            "place": f"{one.lon:.5f},{one.lat:.5f}" if one.lon is not None and one.lat is not None else "",
        }
        for one in state.found
    ]
    buttons = [
        ("in", _("Closer")), ("out", _("Farther")), ("north", _("North")), ("south", _("South")),
        ("west", _("West")), ("east", _("East")),
    ]  # fmt: skip
    if state.geometry:
        buttons.append(("clear", _("Take the mark away")))
    return {
        "bound": bound, "name": bound.html_name, "label": bound.label, "hint": bound.help_text,
        "wrong": [] if quiet else bound.errors, "optional": not field.required,
        "outline": isinstance(field, PlaceField) and field.outline,
        "picked": {
            "geometry": state.geometry, "geometry_text": state.geometry_text, "window": state.window,
            "address": state.address, "territory": state.territory, "found": found, "looked": state.looked,
            "picture": state.picture,
        },
        "choices": [(one, "\u00a0\u00a0" * depth) for one, depth in selectors.tree() if one.parent_id],
        "buttons": buttons, "based": has_base(),
        "svg": draw.svg(state.window, state.things, shown=selectors.current(), label=_("Map"), css="pickable"),
        **tile_facts(),
    }  # fmt: skip
