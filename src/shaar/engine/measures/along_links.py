"""Which lines run along some street links, how far between which stops, and what that saves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.model import City
from shaar.engine.city.projection import project, project_shapes
from shaar.engine.measures.assumptions import assumption
from shaar.engine.measures.ground import links_near
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.kernels import project_in_order

F64 = npt.NDArray[np.float64]
#: A line runs along a link that its course follows within this distance, m, at an angle of at most 30 degrees.
BESIDE_M = 20.0
COS_ANGLE = 0.866
#: Steps in which courses are followed, m.
STEP_M = 5.0
#: A line that follows a link for less than this, m, and less than this share of it, has only crossed it.
CROSSED_M, CROSSED_SHARE = 30.0, 0.6
#: How far around links other streets are looked at, on which the line might run instead, degrees of latitude.
_BESIDE_DEGREES = 0.001
_SEP = "\x1f"


@dataclass(frozen=True, slots=True)
class Follows:
    """How far patterns run along links.

    Parameters
    ----------
    metres
        Of every pattern (shape, stops): metres between its stops along and against each link, shape (hops, links, 2).
    trips
        trip_id, route_id, service_id, pattern (its row in ``metres``).
    """

    metres: tuple[F64, ...]
    trips: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Streets:
    """Links that are asked about (the first ``named``) and others beside them, metric, with the ways that count."""

    lines: npt.NDArray[np.object_]
    tree: shapely.STRtree
    tree_named: shapely.STRtree
    ways: npt.NDArray[np.bool_]
    named: int


def follows(city: City, feed: Feed, rows: npt.NDArray[np.int64], ways: Sequence[tuple[bool, bool]]) -> Follows:
    """Find the patterns that run along links.

    Courses (shapes, else straight lines from stop to stop) are followed in steps of 5 m; a step belongs to the nearest
    link within 20 m that points its way, be it one of these links or another that buses may drive.

    Parameters
    ----------
    rows, ways
        Links, and for each whether running along it and against it counts.
    """
    bus = [city.links[c].fill_null(False).to_numpy() for c in ("bus_forward", "bus_backward")]
    named = shapely.from_wkb(city.links["geometry"].gather(rows).to_numpy())
    at = shapely.get_coordinates(named)
    beside = links_near(city, at[:, 0], at[:, 1], _BESIDE_DEGREES)["link_id"].to_numpy()
    others = np.setdiff1d(beside[bus[0][beside] | bus[1][beside]], rows)
    every = np.concatenate([rows, others])
    lines = project_shapes(shapely.from_wkb(city.links["geometry"].gather(every).to_numpy()), city.meta.crs)
    may = np.vstack([np.array(ways, bool), np.column_stack([b[others] for b in bus])])
    streets = _Streets(lines, shapely.STRtree(lines), shapely.STRtree(lines[: len(rows)]), may, len(rows))
    box = shapely.total_bounds(lines[: len(rows)]) + np.array([-1, -1, 1, 1]) * 200.0
    trips = _near(city, feed, box)
    if not trips.height:
        return Follows((), trips.select("trip_id", "route_id", "service_id").with_columns(pattern=pl.lit(0)))
    where = {s: (x, y) for s, x, y in zip(feed.stops["stop_id"], *_xy(city, feed.stops, "stop_lon", "stop_lat"))}
    shapes = _shapes(city, feed, trips)
    found: list[F64] = []
    number: list[int] = []
    keys: dict[tuple[str, str], int] = {}
    for shape, stops in trips.select(pl.col("shape_id").fill_null(""), "stops").iter_rows():
        key = (shape, stops)
        if key not in keys:
            calls = np.array([where[s] for s in stops.split(_SEP)])
            keys[key] = len(found)
            found.append(_metres(streets, shapes.get(shape, calls), calls))
        number.append(keys[key])
    table = trips.select("trip_id", "route_id", "service_id").with_columns(pattern=pl.Series(number, dtype=pl.Int64))
    enough = np.minimum(CROSSED_M, CROSSED_SHARE * shapely.length(lines[: len(rows)]))
    keep = [k for k, m in enumerate(found) if (m.sum(axis=(0, 2)) >= enough).any()]
    return Follows(tuple(found), table.filter(pl.col("pattern").is_in(keep)))


def _xy(city: City, frame: pl.DataFrame, lon: str, lat: str) -> tuple[F64, F64]:
    return project(frame[lon].to_numpy(), frame[lat].to_numpy(), city.meta.crs)


def _near(city: City, feed: Feed, box: F64) -> pl.DataFrame:
    """Trips (with their stops joined) whose shape, or without one whose stops' outline, comes near a box."""

    def outline(frame: pl.DataFrame, by: str, lon: str, lat: str) -> list[str]:
        x, y = _xy(city, frame, lon, lat)
        spans = frame.select(by).with_columns(x=x, y=y).group_by(by).agg(
            x0=pl.col("x").min(), x1=pl.col("x").max(), y0=pl.col("y").min(), y1=pl.col("y").max()
        )  # fmt: skip
        hit = (pl.col("x0") <= box[2]) & (pl.col("x1") >= box[0]) & (pl.col("y0") <= box[3]) & (pl.col("y1") >= box[1])
        return spans.filter(hit)[by].to_list()

    near = outline(feed.shapes, "shape_id", "lon", "lat") if feed.shapes.height else []
    has = pl.col("shape_id").is_in(feed.shapes["shape_id"].unique().implode())
    by_shape = feed.trips.filter(pl.col("shape_id").is_in(near))
    bare = feed.trips.filter(~has.fill_null(False))
    if bare.height:
        calls = feed.stop_times.filter(pl.col("trip_id").is_in(bare["trip_id"].implode()))
        calls = calls.join(feed.stops.select("stop_id", "stop_lon", "stop_lat"), on="stop_id")
        bare = bare.filter(pl.col("trip_id").is_in(outline(calls, "trip_id", "stop_lon", "stop_lat")))
    trips = pl.concat([by_shape, bare]).select("trip_id", "route_id", "service_id", "shape_id")
    stops = (
        feed.stop_times.filter(pl.col("trip_id").is_in(trips["trip_id"].implode()))
        .sort("trip_id", "stop_sequence")
        .group_by("trip_id")
        .agg(pl.col("stop_id").str.join(_SEP).alias("stops"))
    )
    return trips.join(stops, on="trip_id", maintain_order="left")


def _shapes(city: City, feed: Feed, trips: pl.DataFrame) -> dict[str, F64]:
    wanted = feed.shapes.filter(pl.col("shape_id").is_in(trips["shape_id"].drop_nulls().unique().implode()))
    out = {}
    for (shape,), part in wanted.sort("shape_id", "sequence").partition_by("shape_id", as_dict=True).items():
        if part.height > 1:
            out[str(shape)] = np.column_stack(_xy(city, part, "lon", "lat"))
    return out


def _metres(streets: _Streets, course: F64, calls: F64) -> F64:
    """Metres of one course along and against each link between its calls, shape (hops, links, 2)."""
    lines = streets.lines
    out = np.zeros((len(calls) - 1, streets.named, 2))
    along, _ = project_in_order(calls[:, 0].copy(), calls[:, 1].copy(), course[:, 0].copy(), course[:, 1].copy())
    d = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(course, axis=0).T))])
    if not d[-1] > 0:
        return out
    steps = max(1, round(float(d[-1]) / STEP_M))
    edge = np.linspace(0.0, float(d[-1]), steps + 1)
    middle = (edge[:-1] + edge[1:]) / 2
    ends = np.column_stack([np.interp(edge, d, course[:, k]) for k in (0, 1)])
    x, y = (np.interp(middle, d, course[:, k]) for k in (0, 1))
    near = np.unique(streets.tree_named.query(shapely.points(x, y), predicate="dwithin", distance=BESIDE_M)[0])
    if not len(near):
        return out
    step, which = streets.tree.query(shapely.points(x[near], y[near]), predicate="dwithin", distance=BESIDE_M)
    step = near[step]
    point = shapely.points(x[step], y[step])
    foot = shapely.line_locate_point(lines[which], point)
    a = shapely.get_coordinates(shapely.line_interpolate_point(lines[which], np.maximum(foot - 5.0, 0.0)))
    b = shapely.get_coordinates(shapely.line_interpolate_point(lines[which], foot + 5.0))
    heading, bearing = b - a, ends[step + 1] - ends[step]
    size = np.hypot(*heading.T) * np.hypot(*bearing.T)
    cosine = (heading * bearing).sum(axis=1) / np.where(size > 0, size, 1.0)
    may = streets.ways[which]
    good = (may[:, 0] & (cosine >= COS_ANGLE)) | (may[:, 1] & (cosine <= -COS_ANGLE))
    step, which, back, away = step[good], which[good], cosine[good] < 0, shapely.distance(point, lines[which])[good]
    order = np.lexsort((which, away, step))
    first = order[np.unique(step[order], return_index=True)[1]]
    step, which, back = step[first], which[first], back[first].astype(np.int64)
    hop = np.searchsorted(along, middle[step], side="right") - 1
    inside = (hop >= 0) & (hop < len(calls) - 1) & (which < streets.named)
    np.add.at(out, (hop[inside], which[inside], back[inside]), float(d[-1]) / steps)
    return out


def lines_along(found: Follows) -> tuple[str, ...]:
    """Ids of the lines that run along the links."""
    return tuple(found.trips["route_id"].unique().sort())


def faster(feed: Feed, found: Follows, seconds: Sequence[F64]) -> Feed:
    """Return the feed with trips that take less time between stops.

    Parameters
    ----------
    found
        Of :func:`follows`.
    seconds
        Saved by hop, of every pattern. A trip keeps at least a share of its time on every hop
        (``bus_lane.least_share``); blank times stay blank.
    """
    if not found.trips.height:
        return feed
    pairs = [(k, h + 1, float(s)) for k, hops in enumerate(seconds) for h, s in enumerate(hops) if s > 0]
    if not pairs:
        return feed
    saved = pl.DataFrame(pairs, schema={"pattern": pl.Int64, "call": pl.Int64, "saved": pl.Float64}, orient="row")
    hit = found.trips["trip_id"].implode()
    rows = feed.stop_times.filter(pl.col("trip_id").is_in(hit)).sort("trip_id", "stop_sequence")
    most = 1.0 - assumption("bus_lane.least_share").value
    before = pl.coalesce("departure", "arrival").forward_fill().shift(1).over("trip_id")
    rows = (
        rows.join(found.trips.select("trip_id", "pattern"), on="trip_id", maintain_order="left")
        .with_columns(call=pl.int_range(pl.len()).over("trip_id").cast(pl.Int64))
        .join(saved, on=["pattern", "call"], how="left", maintain_order="left")
        .with_columns(run=(pl.coalesce("arrival", "departure") - before).fill_null(0))
        .with_columns(saved=pl.col("saved").fill_null(0.0).cum_sum().over("trip_id"))
    )
    # What was saved since the last timed call is used there, at most a share of the time that the trip took for it.
    rows = rows.with_columns(timed=pl.col("arrival").is_not_null() | pl.col("departure").is_not_null())
    last = pl.when("timed").then("saved").otherwise(None).forward_fill().shift(1).over("trip_id").fill_null(0.0)
    rows = rows.with_columns(
        gain=pl.when("timed").then(pl.min_horizontal(pl.col("saved") - last, pl.col("run") * most)).otherwise(0.0)
    ).with_columns(early=pl.col("gain").cum_sum().over("trip_id").round().cast(pl.Int32))
    rows = rows.with_columns(pl.col("arrival") - pl.col("early"), pl.col("departure") - pl.col("early"))
    times = pl.concat([feed.stop_times.filter(~pl.col("trip_id").is_in(hit)), rows.select(feed.stop_times.columns)])
    return replace(feed, stop_times=times.sort("trip_id", "stop_sequence"))


def morning_runs(feed: Feed, trips: pl.DataFrame, window: tuple[int, int] = (7 * 3600, 9 * 3600)) -> pl.DataFrame:
    """Give trips (of :func:`follows`) their departures an hour of the morning, in the column ``runs``."""
    own = pl.col("trip_id").is_in(trips["trip_id"].implode())
    first = feed.stop_times.filter(own).group_by("trip_id").agg(pl.col("departure").min())
    begin, end = (pl.lit(w, pl.Int32) for w in window)
    width = (pl.min_horizontal("end", end) - pl.max_horizontal("start", begin)).clip(0)
    spans = feed.frequencies.filter(own).group_by("trip_id").agg(runs=(width / pl.col("headway")).sum())
    once = pl.col("departure").is_between(*window, closed="left").cast(pl.Float64)
    return (
        trips.join(first, on="trip_id")
        .join(spans, on="trip_id", how="left")
        .with_columns(runs=pl.coalesce("runs", once) / ((window[1] - window[0]) / 3600.0))
    )


def buses_an_hour(runs: pl.DataFrame, patterns: Sequence[int]) -> float:
    """Departures an hour of some patterns on the type of day (service) that has most of them."""
    by_day = runs.filter(pl.col("pattern").is_in(patterns)).group_by("service_id").agg(pl.col("runs").sum())["runs"]
    return float(by_day.max() or 0.0)  # type: ignore[arg-type]
