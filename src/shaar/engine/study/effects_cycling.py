"""What a change of streets does for cycling: calm streets, and trips that have a calm way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters
from shaar.engine.measures.effects import Effect
from shaar.engine.routing.cycle_network import CycleNet, Points, cycle_net, rows, zone_points
from shaar.engine.routing.cycle_plan import accepted
from shaar.engine.study.cycling import potential
from shaar.engine.study.effects_figures import missing, ranged
from shaar.engine.study.effects_side import Side

F64 = npt.NDArray[np.float64]
#: Columns on which cycling depends.
_LINKS = (
    "from_node", "to_node", "length", "highway", "lanes", "free_speed", "cycle_stress", "slope", "cycle_forward",
    "cycle_backward", "walk",
)  # fmt: skip
_NODES = ("signal", "crossing")
SOURCE = "streets; walking_cycling.csv"


def cycling_effects(before: Side, after: Side, p: Parameters) -> list[Effect]:
    """Calm kilometres and trips with a calm way; nothing where no street for bicycles changes.

    The trips are those that bicycles could carry before (:func:`shaar.engine.study.cycling.potential`), on both
    networks; the range is over the mean length of trips (``cycle_mean_minutes``).
    """
    if _alike(before.city, after.city):
        return []
    nets = [cycle_net(s.city.nodes, s.city.links, p, crs=s.city.meta.crs) for s in (before, after)]
    km = [_calm_km(net) for net in nets]
    out = [ranged("cycling.calm_km", [km[0]], [km[1]], source=SOURCE)]
    points = [zone_points(net, before.city.zones, crs=before.city.meta.crs) for net in nets]
    if not len(points[0].node):
        return [*out, missing("cycling.low_stress", "no_cycling")]
    row = p.row("cycle_mean_minutes")
    tables = [p, *(p.with_values({"cycle_mean_minutes": end}) for end in (row.low, row.high))]
    trips = [_by_zone(potential(before.city, nets[0], points[0], t)[0], points[0], before.city) for t in tables]
    served = [_served(net, at, before.city.zones.height, p) for net, at in zip(nets, points, strict=True)]
    shares = [[_share(t, *s) for s in served] for t in trips]
    out.append(
        ranged("cycling.low_stress", [shares[0][0]], [shares[0][1]], more=[b - a for a, b in shares[1:]], source=SOURCE)
    )
    return out


def _alike(a: City, b: City) -> bool:
    if a.links is b.links and a.nodes is b.nodes:
        return True
    if a.links.height != b.links.height or a.nodes.height != b.nodes.height:
        return False
    same = a.links.select(_LINKS).equals(b.links.select(_LINKS))
    return same and a.nodes.select(_NODES).equals(b.nodes.select(_NODES))


def _calm_km(net: CycleNet) -> float:
    calm = (net.link >= 0) & ~net.push & (net.stress <= 2)
    return float(net.metres[calm].sum()) / 1000.0


def _by_zone(trips: F64, points: Points, city: City) -> F64:
    """Trips between points as trips between their zones: the points of two networks may not be the same."""
    z = city.zones.height
    out = np.zeros((z, z))
    np.add.at(out, (points.zone[:, None], points.zone[None, :]), trips)
    np.fill_diagonal(out, 0.0)
    return out


def _served(net: CycleNet, points: Points, zones: int, p: Parameters) -> tuple[F64, F64]:
    """Which pairs of zones are joined at all within the longest ride, and which have a calm way, 0 or 1."""
    seconds, limit = net.seconds(), 60.0 * p["longest_minutes"]
    direct = rows(net, points.node, seconds, limit)[:, points.node]
    calm = rows(net, points.node, np.where(net.low_stress(), seconds, np.inf), 2.0 * limit)[:, points.node]
    joined = np.isfinite(direct)
    good = joined & (calm <= accepted(direct, p))
    out = tuple(np.zeros((zones, zones)) for _ in "ab")
    for table, flags in zip(out, (joined, good), strict=True):
        table[np.ix_(points.zone, points.zone)] = flags
    return out[0], out[1]


def _share(trips: F64, joined: F64, good: F64) -> float:
    whole = float((trips * joined).sum())
    return 100.0 * float((trips * good).sum()) / whole if whole > 0 else float("nan")
