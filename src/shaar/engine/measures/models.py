"""The typed changes as data: what a scenario file may hold. How each is carried out stands in a file of its name."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Clock = Annotated[
    str, StringConstraints(pattern=r"^[0-4][0-9]:[0-5][0-9]$"), Field(description="HH:MM, may pass 24:00")
]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Minutes = Annotated[float, Field(gt=0, le=24 * 60, allow_inf_nan=False)]


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
    """A stop that a new line needs and that does not exist yet."""

    stop_id: Identifier
    lon: Lon
    lat: Lat
    name: str = ""


class Headway(Model):
    """Departures every so many minutes from ``start`` until before ``end``."""

    start: Clock
    end: Clock
    minutes: Minutes
    period: str = Field(default="", description="name of the period, as shown to people")

    @model_validator(mode="after")
    def _ordered(self) -> Headway:
        if seconds(self.end) <= seconds(self.start):
            raise ValueError("end must be later than start")
        return self


class AddLine(Model):
    """A new line with its stops, course, run times and headways.

    ``minutes_*`` are the times from the first stop to each stop (the first is 0). A line without a backward direction
    is a loop. Geometries are (lon, lat) along the street; they may be left out.
    """

    type: Literal["add_line"] = "add_line"
    line_id: Identifier
    name: Identifier
    stops_forward: tuple[Identifier, ...] = Field(min_length=2)
    minutes_forward: tuple[float, ...]
    stops_backward: tuple[Identifier, ...] = ()
    minutes_backward: tuple[float, ...] = ()
    headways: tuple[Headway, ...] = Field(min_length=1)
    new_stops: tuple[NewStop, ...] = ()
    geometry_forward: tuple[tuple[Lon, Lat], ...] = ()
    geometry_backward: tuple[tuple[Lon, Lat], ...] = ()
    vehicle_type: str = "bus_12m"
    route_type: int = Field(default=3, ge=0, description="GTFS route_type; 3 is a bus")

    @model_validator(mode="after")
    def _consistent(self) -> AddLine:
        for way, stops, minutes, course in (
            ("forward", self.stops_forward, self.minutes_forward, self.geometry_forward),
            ("backward", self.stops_backward, self.minutes_backward, self.geometry_backward),
        ):
            if len(stops) == 1:
                raise ValueError(f"stops_{way} needs at least two stops")
            if len(stops) != len(minutes):
                raise ValueError(f"minutes_{way} has {len(minutes)} entries for {len(stops)} stops")
            if minutes and minutes[0] != 0:
                raise ValueError(f"minutes_{way} must begin with 0")
            if any(not b > a for a, b in pairwise(minutes)):
                raise ValueError(f"minutes_{way} must grow from stop to stop")
            if len(course) == 1:
                raise ValueError(f"geometry_{way} needs at least two points")
        for earlier, later in pairwise(self.headways):
            if seconds(later.start) < seconds(earlier.end):
                raise ValueError("headways overlap or are out of order")
        ids = [s.stop_id for s in self.new_stops]
        if len(set(ids)) != len(ids):
            raise ValueError("new_stops names a stop twice")
        return self


class RemoveLine(Model):
    """A line that no longer runs."""

    type: Literal["remove_line"] = "remove_line"
    route_id: Identifier


class SetHeadway(Model):
    """Another headway for a line in a part of the day: trips that depart then are replaced."""

    type: Literal["set_headway"] = "set_headway"
    route_id: Identifier
    start: Clock
    end: Clock
    minutes: Minutes
    direction: Literal[0, 1] | None = Field(default=None, description="GTFS direction_id; left out: both")

    @model_validator(mode="after")
    def _ordered(self) -> SetHeadway:
        if seconds(self.end) <= seconds(self.start):
            raise ValueError("end must be later than start")
        return self


class PopulationTotal(Model):
    """Another number of residents in the city, every zone scaled alike."""

    type: Literal["population_total"] = "population_total"
    value: float = Field(gt=0, allow_inf_nan=False, description="persons")
    date: dt.date = Field(description="what day the number is for")
    source: Identifier


Change = AddLine | RemoveLine | SetHeadway | PopulationTotal
