"""The register of hazards for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from shaar.platform.places import selectors as places
from shaar.platform.propose.models import Hazard
from shaar.platform.propose.selectors import hazard as selectors

from .paging import Placed, rows

router = Router(tags=["hazards"])


class HazardOut(Schema):
    """A hazard; severity and likelihood (1 to 5) are an officer's judgement, their product is the risk."""

    ref: str
    kind: str
    title: str
    text: str
    address: str
    status: str
    severity: int | None
    likelihood: int | None
    risk: int | None
    level: str
    territory: str
    measure: str
    reported_at: datetime
    review_on: date | None
    geometry: dict[str, Any] | None


class HazardsOut(Schema):
    """Some of the hazards."""

    count: int
    items: list[HazardOut]


class HazardsIn(Placed):
    """What the list is narrowed by."""

    kind: str = ""
    status: str = ""


def _row(one: Hazard) -> dict[str, Any]:
    return {**selectors.public_row(one), "geometry": one.geometry}


@router.get("/hazards", response=HazardsOut, summary="Hazards, the gravest first")
def hazards(request: HttpRequest, given: Query[HazardsIn]) -> dict[str, Any]:
    """The register as this viewer sees it."""
    here = places.find(given.territory) if given.territory else None
    found = selectors.hazards(viewer=request.user, kind=given.kind, territory=here, status=given.status)
    return rows(found, given, _row)


@router.get("/hazards/{ref}", response=HazardOut, summary="One hazard")
def hazard(request: HttpRequest, ref: str) -> dict[str, Any]:
    """A hazard by its number."""
    return _row(selectors.hazard(viewer=request.user, ref=ref))
