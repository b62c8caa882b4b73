"""What changes are made of: closed models, clocks, coordinates, years, and the checks that several types share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Clock = Annotated[
    str, StringConstraints(pattern=r"^[0-4][0-9]:[0-5][0-9]$"), Field(description="HH:MM, may pass 24:00")
]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Point = tuple[Lon, Lat]
Path = Annotated[tuple[Point, ...], Field(min_length=2, description="(lon, lat) points of a line, degrees")]
Minutes = Annotated[float, Field(gt=0, le=24 * 60, allow_inf_nan=False)]
Year = Annotated[int, Field(ge=2000, le=2100)]
LinkId = Annotated[int, Field(ge=0, strict=True)]
Links = Annotated[tuple[LinkId, ...], Field(min_length=1, description="link_id of street links")]


def seconds(clock: str) -> int:
    """Return seconds after midnight of "HH:MM"."""
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def clock(value: int) -> str:
    """Return "HH:MM" of seconds after midnight, rounded down to the minute."""
    return f"{value // 3600:02d}:{value % 3600 // 60:02d}"


class Model(BaseModel):
    """Frozen, and closed: an unknown key is an error, since a misspelt key would silently change nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NewStop(Model):
    """A stop that a line needs and that does not exist yet."""

    stop_id: Identifier
    lon: Lon
    lat: Lat
    name: str = ""


def need_order(start: str, end: str) -> None:
    """Refuse a span that ends before it begins."""
    if seconds(end) <= seconds(start):
        raise ValueError("end must be later than start")


def need_growth(values: Sequence[float], field: str) -> None:
    """Refuse times that do not grow from stop to stop."""
    if any(not b > a for a, b in pairwise(values)):
        raise ValueError(f"{field} must grow from stop to stop")


def need_once(values: Sequence[object], field: str, what: str) -> None:
    """Refuse a thing that is named twice."""
    if len(set(values)) != len(values):
        raise ValueError(f"{field} names a {what} twice")
