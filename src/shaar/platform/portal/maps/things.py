"""What may be put on a map, whatever it comes as: GeoJSON, a territory, a proposal, a risk, or a list of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing on a map: GeoJSON, its name, the address of its page, and what its sign is."""

    name: str
    geometry: dict[str, Any]
    link: str = ""
    note: str = ""
    number: int | None = None
    approximate: bool = False
    area: bool = False


def things_of(given: Any) -> tuple[list[Thing], list[str]]:
    """Things that have a place, numbered in order if there are several, and names of those that have none."""
    if given is None or given == "":
        return [], []
    if isinstance(given, (dict, models.Model, Thing)) or not isinstance(given, Iterable):
        one = _thing(given, None)
        return ([one], []) if one else ([], [str(given)])
    placed: list[Thing] = []
    nowhere: list[str] = []
    for item in given:
        one = _thing(item, len(placed) + 1)
        if one:
            placed.append(one)
        else:
            nowhere.append(str(item))
    return placed, nowhere


def _thing(item: Any, number: int | None) -> Thing | None:
    if isinstance(item, Thing):
        return item
    if isinstance(item, dict):
        if "coordinates" in item:
            return Thing("", item)
        if item.get("type") == "Feature" and item.get("geometry"):
            facts = item.get("properties") or {}
            return Thing(str(facts.get("name", "")), item["geometry"], str(facts.get("link", "")), number=number)
        return None
    geometry = getattr(item, "geometry", None)
    if not geometry:
        return None
    address = getattr(item, "get_absolute_url", None)
    territory = item._meta.label_lower == "places.territory" if isinstance(item, models.Model) else False
    return Thing(
        name=str(getattr(item, "title", "") or item), geometry=geometry, link=str(address()) if address else "",
        note=str(getattr(item, "ref", "") or ""), number=number, approximate=bool(getattr(item, "approximate", False)),
        area=territory,
    )  # fmt: skip
