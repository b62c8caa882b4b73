"""Territories for programs: the tree of today, one with its outline and history, what holds a point."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from shaar.platform.kernel.errors import Missing
from shaar.platform.places import selectors
from shaar.platform.places.models import Territory

router = Router(tags=["places"])


class PlaceOut(Schema):
    """A territory; ``population_note`` says where its number of people comes from."""

    code: str
    kind: str
    names: dict[str, str]
    parent: str | None
    outlying: bool
    approximate: bool
    population: int | None
    population_note: str
    source: str
    since: date | None
    until: date | None


class PlaceDetailOut(PlaceOut):
    """A territory with its outline, what lies in it and what became of it."""

    geometry: dict[str, Any] | None
    inside: list[str]
    became: list[str]
    came_from: list[str]
    old_names: list[dict[str, str]]


class PointIn(Schema):
    """A point in degrees."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)


def _row(one: Territory) -> dict[str, Any]:
    return {
        "code": one.code, "kind": one.kind, "names": one.names, "parent": one.parent.code if one.parent else None,
        "outlying": one.outlying, "approximate": one.approximate, "population": one.population,
        "population_note": one.population_note, "source": one.source, "since": one.since, "until": one.until,
    }  # fmt: skip


@router.get("/places", response=list[PlaceOut], summary="Territories of today, parents before children")
def places(request: HttpRequest, q: str = "") -> list[dict[str, Any]]:
    """The whole tree, or what a search by name finds."""
    found = selectors.search(q[:80]) if q else selectors.current().select_related("parent")
    return [_row(one) for one in found]


@router.get("/places/at", response=PlaceOut, summary="The smallest territory that holds a point")
def at(request: HttpRequest, point: Query[PointIn]) -> dict[str, Any]:
    """Where a point lies."""
    found = selectors.at_point(point.lon, point.lat)
    if found is None:
        raise Missing("territory.outside", _("This point lies outside the city."))
    return _row(found)


@router.get("/places/{code}", response=PlaceDetailOut, summary="One territory, of today or of the past")
def place(request: HttpRequest, code: str) -> dict[str, Any]:
    """A territory with its outline and history."""
    one = selectors.find(code)
    return {
        **_row(one), "geometry": one.geometry,
        "inside": [child.code for child in one.children.filter(until__isnull=True).order_by("path")],
        "became": [after.code for after in selectors.became(one)] if one.until else [],
        "came_from": [before.code for before in one.predecessors.order_by("path")],
        "old_names": [old.names for old in one.old_names.order_by("until")],
    }  # fmt: skip
