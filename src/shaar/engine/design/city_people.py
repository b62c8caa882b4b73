"""Where people and jobs are within zones: points spread evenly over each zone, carrying its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from scipy.spatial import cKDTree

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.design.city_streets import project

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class People:
    """Sample points of the zones.

    Parameters
    ----------
    xy
        Metres in the city's CRS, shape (p, 2).
    zone
        Row of the zone table, shape (p,).
    population, jobs
        Share of the zone's number that the point carries, shape (p,).
    share
        One over the points of its zone, shape (p,).
    """

    xy: F64
    zone: I64
    population: F64
    jobs: F64
    share: F64

    def within(self, stops: F64, metres: float) -> npt.NDArray[np.bool_]:
        """Say which points have a stop (metres, shape (s, 2)) within so many straight metres, shape (p,)."""
        if not len(stops):
            return np.zeros(len(self.xy), bool)
        near, _ = cKDTree(stops).query(self.xy, distance_upper_bound=metres)
        return np.asarray(near <= metres)


def people(city: City, spacing: float = 150.0) -> People:
    """Spread the people and jobs of each zone evenly over its outline, on a lattice of ``spacing`` metres.

    A zone too small or thin for the lattice is one point at its (lon, lat). That people live evenly in a zone is an
    assumption; it is weaker the smaller the zones are.
    """
    zones = city.zones
    to_metric = Transformer.from_crs("OGC:CRS84", city.meta.crs, always_xy=True)
    x, y = to_metric.transform(zones["lon"].to_numpy(), zones["lat"].to_numpy())
    shapes = geoparquet.geometries(zones)
    points, owner = [], []
    for k, shape in enumerate(shapes):
        inside = np.empty((0, 2))
        if shape is not None and shape.geom_type in ("Polygon", "MultiPolygon"):
            outline = project(shape, to_metric)
            x0, y0, x1, y1 = shapely.bounds(outline)
            lattice = np.stack(
                np.meshgrid(
                    np.arange(np.floor(x0 / spacing), np.ceil(x1 / spacing) + 1) * spacing,
                    np.arange(np.floor(y0 / spacing), np.ceil(y1 / spacing) + 1) * spacing,
                ),
                axis=-1,
            ).reshape(-1, 2)
            inside = lattice[shapely.contains_xy(outline, lattice[:, 0], lattice[:, 1])]
        if not len(inside):
            inside = np.array([[x[k], y[k]]])
        points.append(inside)
        owner.append(np.full(len(inside), k))
    xy, zone = np.concatenate(points), np.concatenate(owner).astype(np.int64)
    share = 1.0 / np.bincount(zone, minlength=len(zones))[zone]
    population = zones["population"].fill_null(0.0).to_numpy().astype(np.float64)
    jobs = zones["jobs"].fill_null(0.0).to_numpy().astype(np.float64)
    return People(xy=xy, zone=zone, population=population[zone] * share, jobs=jobs[zone] * share, share=share)
