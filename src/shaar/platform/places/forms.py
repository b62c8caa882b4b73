"""A field of a form that asks where: a pin or an outline on the map, a settlement from the list, or an address.

It works without JavaScript: the map's buttons send the form, which is then shown again, moved, with all that was typed
(its error has the code ``moving``, and pages show no error for it). A form may also leave everything but words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import check_geometry

from . import selectors
from .models import Territory

#: Parts of the field as the form sends them, after ``<name>_``.
PARTS = ("territory", "geometry", "address", "window", "do")
#: Sizes in px in which the picture that takes clicks is shown where there is no JavaScript.
PICTURES = (320, 640)


@dataclass(frozen=True, slots=True)
class ChosenPlace:
    """Where something is: the territory (chosen, or that of the place), GeoJSON or nothing, an address or nothing."""

    territory: Territory | None = None
    geometry: dict[str, Any] | None = None
    address: str = ""

    def __bool__(self) -> bool:
        return bool(self.territory or self.geometry or self.address)


class PlaceWidget(forms.Widget):
    """Collects the parts of the field; pages draw it with the tag ``place_picker``."""

    needs_multipart_form = False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        """The parts by name, and where the picture was clicked: shares of its width and height, or nothing."""
        parts: dict[str, Any] = {part: (data.get(f"{name}_{part}") or "").strip() for part in PARTS}
        parts["click"] = None
        for size in PICTURES:
            across, down = data.get(f"{name}_pin{size}.x"), data.get(f"{name}_pin{size}.y")
            if across is not None and down is not None:
                try:
                    parts["click"] = (float(across) / size, float(down) / (size * 2 / 3))
                except ValueError:
                    parts["click"] = None
        return parts

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the form had no such field."""
        return not any(f"{name}_{part}" in data for part in PARTS)

    def id_for_label(self, id_: str) -> str:
        """The label speaks of the address, the first thing that can be typed."""
        return f"{id_}_address"

    def format_value(self, value: Any) -> Any:
        """Parts as the form would send them, for a value that was there before."""
        if isinstance(value, dict):
            return value
        chosen = value if isinstance(value, ChosenPlace) else ChosenPlace()
        return {
            "territory": chosen.territory.code if chosen.territory else "",
            "geometry": json.dumps(chosen.geometry, separators=(",", ":")) if chosen.geometry else "",
            "address": chosen.address, "window": "", "do": "", "click": None,
        }  # fmt: skip

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Only the address, for pages that show the field without the tag."""
        parts = self.format_value(value)
        widget = forms.TextInput(attrs={**(attrs or {}), "autocomplete": "street-address"})
        return widget.render(f"{name}_address", parts["address"])


class PlaceField(forms.Field):
    """Asks where; gives a `ChosenPlace`.

    Parameters
    ----------
    needs
        "any" (map, list or words), "place" (a pin or an outline must be given), "territory" (at least a settlement).
    outline
        Whether an area may be drawn and not only a pin.
    """

    widget = PlaceWidget
    default_error_messages = {
        "required": _("Show the place on the map, choose a settlement or write the address."),
        "pin": _("Show the place on the map."),
        "settlement": _("Choose the settlement."),
        "outside": _("This place lies outside the city."),
    }

    def __init__(self, *, needs: str = "any", outline: bool = True, **options: Any) -> None:
        self.needs, self.outline = needs, outline
        super().__init__(**options)

    def clean(self, value: Any) -> ChosenPlace:
        """Check the parts.

        Raises
        ------
        ValidationError
            With the code ``moving`` if the form was sent only to move the map or to find a place.
        """
        parts = value or {}
        if parts.get("do") or parts.get("click"):
            raise ValidationError("", code="moving")
        geometry = None
        if parts.get("geometry"):
            try:
                geometry = json.loads(parts["geometry"])
            except ValueError as error:
                raise ValidationError(_("This is not a place on the map."), code="geometry") from error
            check_geometry(geometry)
        territory = None
        if parts.get("territory"):
            territory = selectors.current().filter(code=parts["territory"]).first()
            if territory is None:
                raise ValidationError(self.error_messages["settlement"], code="settlement")
        if geometry is not None:
            there = selectors.territory_at(geometry)
            if there is None and not near_city(geometry):
                raise ValidationError(self.error_messages["outside"], code="outside")
            # What lies where is said by the outlines; where there are none, by the person.
            territory = (
                there if there is not None and (territory is None or not there.contains(territory)) else territory
            )
        address = (parts.get("address") or "")[:200]
        chosen = ChosenPlace(territory, geometry, address)
        if self.needs == "place" and geometry is None and (self.required or chosen):
            raise ValidationError(self.error_messages["pin"], code="pin")
        if self.needs == "territory" and territory is None and (self.required or chosen):
            raise ValidationError(self.error_messages["settlement"], code="settlement")
        if self.required and not chosen:
            raise ValidationError(self.error_messages["required"], code="required")
        return chosen

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether something else was chosen."""
        before = PlaceWidget().format_value(initial)
        return any((data or {}).get(part, "") != before[part] for part in ("territory", "geometry", "address"))


def near_city(geometry: dict[str, Any], slack: float = 0.1) -> bool:
    """Whether a geometry lies in the box of all that is known of the city, with a slack in degrees; unknown: yes."""
    from django.db.models import Max, Min
    from shapely.geometry import shape

    box = selectors.current().aggregate(w=Min("min_lon"), s=Min("min_lat"), e=Max("max_lon"), n=Max("max_lat"))
    if box["w"] is None:
        return True
    west, south, east, north = shape(geometry).bounds
    return bool(
        west >= box["w"] - slack
        and south >= box["s"] - slack
        and east <= box["e"] + slack
        and north <= box["n"] + slack
    )
