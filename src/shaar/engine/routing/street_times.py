"""Zone-to-zone minutes over the street network: the travel impedance that needs no timetable."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.engine.city.projection import project_shapes
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent
from shaar.engine.routing import street_kernels as kernels
from shaar.engine.routing.graph import Mode, street_graph
from shaar.engine.routing.snap import seeds, snap

#: Speed on the way between a zone's point and its street, km/h (yards and lanes; assumed).
BESIDE_KMH = {"walk": 4.0, "cycle": 8.0, "bus": 10.0, "car": 10.0}
#: Speed within a zone, km/h, and detour of its streets over the straight line (assumed: residential streets).
INSIDE_KMH = {"walk": 4.0, "cycle": 12.0, "bus": 12.0, "car": 18.0}
DETOUR = 1.3
#: Mean straight distance between two random points of a disc of area A is 128 / (45 pi^1.5) sqrt(A) = 0.511 sqrt(A)
#: (Santalo, Integral Geometry and Geometric Probability, 1976).
MEAN_IN_DISC = 128 / (45 * np.pi**1.5)
CHUNK = 128


def street_minutes(
    city: City, *, mode: Mode = "car", kmh: float | None = None, progress: Progress = silent
) -> npt.NDArray[np.float32]:
    """Minutes between all zones over the streets, at zone points.

    Every zone is attached to the nearest link of the main street network however far it is, so that every pair has
    a finite time. The diagonal is the mean time within a zone: 0.511 sqrt(area) x detour / speed.

    Parameters
    ----------
    mode, kmh
        As for :func:`shaar.engine.routing.graph.street_graph`.

    Returns
    -------
    float32[z, z]
        Minutes from zone (row) to zone (column).

    Raises
    ------
    InputError
        The street network has no link for the mode.
    """
    graph = street_graph(city.nodes, city.links, mode=mode, kmh=kmh)
    if not graph.n_arcs:
        raise InputError(f"no street is open to mode '{mode}'", file=city.path / "links.parquet")
    lon, lat = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
    at = snap(lon, lat, graph, city.links, crs=city.meta.crs, largest_only=True)
    beside = 3.6 / BESIDE_KMH[mode]
    s_ptr, s_node, s_cost = seeds(graph, at, outward=True, beside_cost=beside)
    t_ptr, t_node, t_cost = seeds(graph, at, outward=False, beside_cost=beside)
    z = city.zones.height
    out = np.empty((z, z), np.float32)
    for lo in range(0, z, CHUNK):
        hi = min(lo + CHUNK, z)
        b, e = s_ptr[lo], s_ptr[hi]
        out[lo:hi] = kernels.seeds_to_seeds(
            s_ptr[lo : hi + 1] - b, s_node[b:e], s_cost[b:e], t_ptr, t_node, t_cost, np.inf, graph.ptr, graph.head,
            graph.cost, numba.get_num_threads(),
        )  # fmt: skip
        progress("street times", hi, z)
    out /= 60
    area = shapely.area(project_shapes(geometries(city.zones), city.meta.crs))
    inside = MEAN_IN_DISC * np.sqrt(np.maximum(area, 1.0)) * DETOUR * 3.6 / INSIDE_KMH[mode] / 60
    np.fill_diagonal(out, inside.astype(np.float32))
    return out
