"""`shaar journey`: from door to door, leg by leg."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shaar.cli import console
from shaar.cli.files import write_text
from shaar.cli.journey_options import ASK, SOUTH, PointType, make_network, open_with_timetable, show_findings, when_of
from shaar.cli.options import with_options

if TYPE_CHECKING:
    from shaar.engine.routing.fares import Fares
    from shaar.engine.routing.journey_network import Network, Points
    from shaar.engine.routing.journeys import Journey, Leg
    from shaar.engine.timetable.feed import Feed

#: Most journeys in the table of a window.
SHOWN = 20


@click.command(context_settings=SOUTH)
@click.argument("city")
@click.argument("from_point", metavar="FROM", type=PointType())
@click.argument("to_point", metavar="TO", type=PointType())
@with_options(ASK)
@click.option("--max-minutes", type=click.FloatRange(5, 300), default=120, show_default=True, help="Longest journey.")
@click.option("--fare", type=click.FloatRange(min=0), help="Flat price of a boarding [the timetable's own fares].")
@click.option("--free-changes", type=click.IntRange(0, 9), default=0, show_default=True, help="Changes on one --fare.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the quickest journey here as GeoJSON.")
def journey(
    city: str,
    from_point: tuple[float, float],
    to_point: tuple[float, float],
    at: int | None,
    window: tuple[int, int] | None,
    day: dt.date | None,
    profile: str,
    parameters: Path | None,
    unknown_accessible: bool,
    gtfs: Path | None,
    max_rides: int,
    seed: int,
    max_minutes: float,
    fare: float | None,
    free_changes: int,
    out: Path | None,
) -> None:
    """Say how to get from FROM to TO in CITY: every journey that no other beats, and the quickest leg by leg.

    CITY is a city folder or "astana"; points are latitude,longitude: 51.1282,71.4306.
    """
    departure, window = when_of(at, window)
    folder, feed, day = open_with_timetable(city, gtfs, day)
    with console.progress() as progress:
        from shaar.engine.routing.journey_network import points
        from shaar.engine.routing.journey_walks import as_geojson, on_streets

        net = make_network(
            folder, feed, day, profile=profile, parameters=parameters, unknown_accessible=unknown_accessible, seed=seed,
            progress=progress,
        )  # fmt: skip
        pts = points(net, [from_point[1], to_point[1]], [from_point[0], to_point[0]], max_minutes=max_minutes)
        fares = _fares(net, fare, free_changes)
        ask = {
            "origin": 0, "destination": 1, "departure": departure, "window": window, "max_rides": max_rides,
            "max_minutes": max_minutes, "seed": seed,
        }  # fmt: skip
        found = [on_streets(net, pts, j, 0, 1) for j in _search(net, pts, fares, ask)]
    clock = _clock(feed, day, folder.meta.time_zone)
    date = f", {day:%a %d %b %Y}" if day else ""
    title = f"{folder.meta.name}{date}, {profile}, {_asked(departure, window, clock)}"
    if not found:
        console.out.print(f"[bold]{title}[/]\nno way within {max_minutes:.0f} minutes and {max_rides} rides")
    else:
        _table(title, found, clock, fares.currency if fares is not None else "")
        best = _quickest(found, window)
        _steps(net, feed, best, clock)
        if any(leg.headway for j in found for leg in j.legs):
            console.out.print("times with ~ are of lines without clock times: one possible run of their headway")
    show_findings(net)
    if out is not None and found:
        way = as_geojson(net, pts, _quickest(found, window), 0, 1)
        write_text(out, json.dumps(way, ensure_ascii=False))
        console.out.print(f"the quickest journey: {out}", soft_wrap=True)


def _quickest(found: list[Journey], window: tuple[int, int] | None) -> Journey:
    """First to arrive, or the shortest of a window; of equal ones that with fewest rides."""
    return min(found, key=lambda j: (j.arrival if window is None else j.arrival - j.leave, j.rides))


def _clock(feed: Feed | None, day: dt.date | None, zone: str) -> Callable[[int], str]:
    from shaar.engine.timetable.service_day import clock, feed_zone

    if feed is None or day is None:
        return lambda s: f"{s // 3600 % 24:02d}:{s // 60 % 60:02d}"
    zone = feed_zone(feed) or zone

    def show(s: int) -> str:
        now = clock(day, s, zone)
        later = (now.date() - day).days
        return f"{now:%H:%M}" + (f" (+{later} day)" if later > 0 else "")

    return show


def _asked(departure: int | None, window: tuple[int, int] | None, clock: Callable[[int], str]) -> str:
    if window is not None:
        return f"departures {clock(window[0])} to {clock(window[1])}"
    assert departure is not None
    return f"setting out at {clock(departure)}"


def _fares(net: Network, flat: float | None, free_changes: int) -> Fares | None:
    from shaar.engine.routing.fares import flat_fares
    from shaar.engine.routing.fares_gtfs import fares_of

    if flat is not None:
        return flat_fares(net.day, flat, net.city.meta.currency, transfers=free_changes)
    return None if net.usable is None else fares_of(net.usable.feed, net.day)


def _search(net: Network, pts: Points, fares: Fares | None, ask: dict[str, Any]) -> list[Journey]:
    from shaar.engine.routing.fares_search import priced_journeys
    from shaar.engine.routing.journeys import journeys

    walks = (pts.access, net.transfers, pts.egress, pts.walk)
    if fares is None:
        return journeys(net.day, *walks, tables=net.tables, **ask)
    return priced_journeys(fares, net.day, *walks, **ask)


def _table(title: str, found: list[Journey], clock: Callable[[int], str], currency: str) -> None:
    rows = []
    for j in found[:SHOWN]:
        about = "~" if any(leg.headway for leg in j.legs) else ""
        row = [
            f"{about}{clock(j.leave)}", f"{about}{clock(j.arrival)}", _minutes(j.arrival - j.leave), str(j.rides),
            f"{j.walk_metres:,.0f}", _minutes(j.wait_seconds),
        ]  # fmt: skip
        if currency:
            row.append("-" if math.isnan(j.fare) else f"{j.fare:,.2f}")
        rows.append(row)
    columns = ["leave", "arrive", "minutes", "rides", "walk, m", "wait, min"]
    if currency:
        columns.append(currency)
    console.out.print(f"[bold]{title}[/]", soft_wrap=True)
    console.table("", columns, rows)
    if len(found) > SHOWN:
        console.out.print(f"... and {len(found) - SHOWN} more")


def _steps(net: Network, feed: Feed | None, j: Journey, clock: Callable[[int], str]) -> None:
    console.out.print("\n[bold]The quickest, leg by leg[/]")
    names = dict(feed.stops.select("stop_id", "stop_name").iter_rows()) if feed is not None else {}
    lines = {} if feed is None else _lines(feed)
    for leg in j.legs:
        about = "~" if leg.headway else " "
        text = f"{about}{clock(leg.start)}  {_say(net, leg, names, lines)}, {_minutes(leg.end - leg.start)} min"
        console.out.print(text, markup=False, soft_wrap=True)
    about = "~" if any(leg.headway for leg in j.legs) else " "
    console.out.print(f"{about}{clock(j.arrival)}  there", markup=False, soft_wrap=True)


def _say(net: Network, leg: Leg, names: dict[str, str | None], lines: dict[str, str]) -> str:
    def stop(s: int) -> str:
        return "the destination" if s < 0 else str(names.get(net.day.stop_ids[s]) or net.day.stop_ids[s])

    if leg.kind == "walk":
        return f"walk {leg.metres:,.0f} m to {stop(leg.to_stop)}"
    line = lines.get(net.day.route_ids[leg.route], net.day.route_ids[leg.route])
    often = f", every {leg.headway / 60:.0f} min" if leg.headway else ""
    wait = f" after a wait of {_minutes(leg.wait)} min" if leg.wait >= 30 else ""
    stops = leg.left - leg.boarded
    return f"{line}{often}{wait} from {stop(leg.from_stop)} to {stop(leg.to_stop)}, {stops} stop{'s' * (stops > 1)}"


def _lines(feed: Feed) -> dict[str, str]:
    from shaar.engine.timetable.route_types import mode_of

    rows = feed.routes.select("route_id", "route_short_name", "route_long_name", "route_type").iter_rows()
    return {r: f"{mode_of(kind)} {short or long or r}" for r, short, long, kind in rows}


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}"
