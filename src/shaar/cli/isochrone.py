"""`shaar isochrone`: what one reaches from a point within some minutes, as polygons over the streets."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click

from shaar.cli import console
from shaar.cli.files import write_text
from shaar.cli.journey_options import ASK, SOUTH, PointType, make_network, open_with_timetable, show_findings, when_of
from shaar.cli.options import with_options


class MinutesType(click.ParamType[tuple[float, ...]]):
    """Minutes, comma-separated."""

    name = "m,m"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Turn 15,30,45 into numbers."""
        if isinstance(value, tuple):
            return value
        try:
            found = tuple(sorted({float(v) for v in str(value).split(",")}))
        except ValueError:
            found = ()
        if not found or found[0] <= 0 or found[-1] > 180:
            self.fail(f"{value!r} is not a list of minutes up to 180, such as 15,30,45", param, ctx)
        return found


@click.command(context_settings=SOUTH)
@click.argument("city")
@click.argument("point", type=PointType())
@with_options(ASK)
@click.option("--minutes", type=MinutesType(), default="15,30,45", show_default=True, help="Within how many minutes.")
@click.option("--percentile", type=click.FloatRange(1, 100), default=50, show_default=True,
              help="Of a window: reached on so many of a hundred departures.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Write the polygons here as GeoJSON.")
def isochrone(
    city: str,
    point: tuple[float, float],
    at: int | None,
    window: tuple[int, int] | None,
    day: dt.date | None,
    profile: str,
    parameters: Path | None,
    unknown_accessible: bool,
    gtfs: Path | None,
    max_rides: int,
    seed: int,
    minutes: tuple[float, ...],
    percentile: float,
    out: Path | None,
) -> None:
    """Say how far one gets from POINT in CITY within some minutes: area, streets and people reached.

    CITY is a city folder or "astana"; the point is latitude,longitude: 51.1282,71.4306.
    """
    departure, window = when_of(at, window)
    folder, feed, day = open_with_timetable(city, gtfs, day)
    with console.progress() as progress:
        from shaar.engine.routing.isochrone import node_times, reach
        from shaar.engine.routing.isochrone_areas import as_geojson, ground, isochrones
        from shaar.engine.routing.journey_network import points

        net = make_network(
            folder, feed, day, profile=profile, parameters=parameters, unknown_accessible=unknown_accessible, seed=seed,
            progress=progress,
        )  # fmt: skip
        where = points(net, [point[1]], [point[0]], max_minutes=max(minutes)).at
        around = reach(net, progress=progress)
        times = node_times(
            around, where, departure=departure, window=window, percentiles=(percentile,), max_minutes=max(minutes),
            max_rides=max_rides,
        )  # fmt: skip
        on = ground(around)
        areas = isochrones(on, times, minutes)
    said = (
        _clock(departure)
        if window is None
        else f"{_clock(window[0])}-{_clock(window[1])}, {percentile:g} % of departures"
    )
    everyone = float(folder.zones["population"].fill_null(0.0).to_numpy().sum())
    date = f", {day:%a %d %b %Y}" if day else ""
    title = f"{folder.meta.name}{date}, {profile}, from {point[0]:g},{point[1]:g} at {said}"
    console.out.print(f"[bold]{title}[/]", soft_wrap=True)
    rows = [
        (f"{a.minutes:g}", f"{a.km2:,.2f}", f"{a.street_km:,.0f}", f"{a.people:,.0f}",
         f"{a.people / everyone:.1%}" if everyone else "-")
        for a in areas
    ]  # fmt: skip
    console.table("", ("minutes", "km²", "streets, km", "people", "of the city"), rows)
    show_findings(net)
    if out is not None:
        more = {"profile": profile, "day": day.isoformat() if day else None, "when": said}
        write_text(out, json.dumps(as_geojson(areas, **more), ensure_ascii=False))
        console.out.print(f"polygons: {out}", soft_wrap=True)


def _clock(s: int | None) -> str:
    return "" if s is None else f"{s // 3600 % 24:02d}:{s // 60 % 60:02d}"
