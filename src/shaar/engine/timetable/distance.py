"""How far along its way each call of a trip lies: by the shape, by stated distances, else by the crow."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.kernels import project_in_order

F64 = npt.NDArray[np.float64]

#: Way of a bus between neighbouring stops over the crow distance, where no shape is known: midway between the two
#: bus networks with shapes measured here, Porto Alegre 1.07 and Las Palmas 1.24 (docs/timetable.md).
CROW_FACTOR = 1.15
#: A stop farther than this (m) from its trip's shape: the shape is of another way and is not used.
FAR_FROM_SHAPE = 1000.0
#: Units in which feeds state shape_dist_traveled, in metres: metre, foot, kilometre, mile.
_UNITS = (1.0, 0.3048, 1000.0, 1609.344)
_EARTH = 6371008.8


def crow_metres(lon1: F64, lat1: F64, lon2: F64, lat2: F64) -> F64:
    """Great-circle distance (haversine, sphere of 6,371,008.8 m), metres, elementwise."""
    a1, a2 = np.radians(lat1), np.radians(lat2)
    h = np.sin((a2 - a1) / 2) ** 2 + np.cos(a1) * np.cos(a2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    out: F64 = 2 * _EARTH * np.arcsin(np.sqrt(np.minimum(1.0, h)))
    return out


def local_xy(lon: F64, lat: F64, lon0: float, lat0: float) -> tuple[F64, F64]:
    """Metres east and north of a point nearby, with the radii of the WGS84 ellipsoid at its latitude.

    Lengths are right within 0.1 % up to 50 km from the point.
    """
    a, e2 = 6378137.0, 0.00669437999014
    w = 1 - e2 * np.sin(np.radians(lat0)) ** 2
    east, north = a / np.sqrt(w) * np.cos(np.radians(lat0)), a * (1 - e2) / w**1.5
    return np.radians(lon - lon0) * east, np.radians(lat - lat0) * north


@dataclass(slots=True)
class Distances:
    """Distances along the way for (shape, stop sequence) pairs of one feed; each is worked out once.

    ``by_crow`` counts the sequences for which no shape and no stated distance served, ``far`` those whose shape
    passes a stop at more than 1 km.
    """

    stop_lon: dict[str, float]
    stop_lat: dict[str, float]
    shapes: dict[str, tuple[F64, F64]]
    by_crow: int = 0
    far: int = 0
    _known: dict[tuple[str | None, tuple[str, ...]], F64] = field(default_factory=dict)

    @classmethod
    def of(cls, feed: Feed) -> Distances:
        """Prepare the stops and shapes of a feed."""
        shapes = {}
        for (shape,), part in feed.shapes.partition_by("shape_id", as_dict=True, maintain_order=True).items():
            if part.height > 1:
                shapes[str(shape)] = (part["lon"].to_numpy(), part["lat"].to_numpy())
        ids = feed.stops["stop_id"].to_list()
        return cls(
            dict(zip(ids, feed.stops["stop_lon"].to_list(), strict=True)),
            dict(zip(ids, feed.stops["stop_lat"].to_list(), strict=True)),
            shapes,
        )

    def along(self, shape: str | None, stops: tuple[str, ...], stated: F64 | None = None) -> F64:
        """Metres from the start of the trip for each call, never falling, shape (stops,).

        Parameters
        ----------
        shape, stops
            The trip's shape_id and its stops in order.
        stated
            Distances of the feed in metres (see :func:`stated_metres`), used where there is no shape.
        """
        if shape not in self.shapes and stated is not None:
            return stated
        key = (shape if shape in self.shapes else None, stops)
        if key not in self._known:
            self._known[key] = self._work_out(*key)
        return self._known[key]

    def crow(self, stops: tuple[str, ...]) -> F64:
        """Sum of great-circle distances from the first stop, metres, without any factor."""
        lon = np.array([self.stop_lon[s] for s in stops])
        lat = np.array([self.stop_lat[s] for s in stops])
        return np.concatenate([[0.0], np.cumsum(crow_metres(lon[:-1], lat[:-1], lon[1:], lat[1:]))])

    def _work_out(self, shape: str | None, stops: tuple[str, ...]) -> F64:
        if shape is not None:
            sx, sy = self.shapes[shape]
            lon0, lat0 = float(sx[0]), float(sy.mean())
            px, py = local_xy(
                np.array([self.stop_lon[s] for s in stops]), np.array([self.stop_lat[s] for s in stops]), lon0, lat0
            )
            qx, qy = local_xy(sx, sy, lon0, lat0)
            along, off = project_in_order(px, py, qx, qy)
            if off.max() <= FAR_FROM_SHAPE and along[-1] > along[0]:
                return along - along[0]
            self.far += 1
        self.by_crow += 1
        return self.crow(stops) * CROW_FACTOR


def stated_metres(feed: Feed, distances: Distances) -> tuple[pl.Series, float] | None:
    """Turn ``shape_dist_traveled`` of the calls into metres.

    The unit is not part of GTFS: of metre, foot, kilometre and mile the one is taken that brings the median ratio of
    stated to crow distance nearest to ``CROW_FACTOR``.

    Returns
    -------
    (metres, unit) or None
        Metres for each row of ``feed.stop_times`` (null where not stated) and the unit in metres; None where nothing
        is stated.
    """
    st = feed.stop_times
    if "shape_dist_traveled" not in st.columns or st["shape_dist_traveled"].null_count() == st.height:
        return None
    d = st["shape_dist_traveled"].cast(pl.Float64, strict=False)
    ids = st["stop_id"].to_list()
    lon = np.array([distances.stop_lon[s] for s in ids])
    lat = np.array([distances.stop_lat[s] for s in ids])
    crow = crow_metres(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step = np.diff(d.to_numpy())
    trips = st["trip_id"]
    good = (trips[1:] == trips[:-1]).to_numpy() & (step > 0) & (crow > 50)
    if not good.any():
        return None
    ratio = float(np.median(step[good] / crow[good]))
    unit = min(_UNITS, key=lambda u: abs(np.log(ratio * u / CROW_FACTOR)))
    return d * unit, unit
