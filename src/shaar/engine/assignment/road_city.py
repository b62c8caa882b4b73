"""The road network of a city folder: streets, lights, banned turns and zones, and what had to be assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from shaar.engine.assignment.road_kernels import BPR, CONICAL
from shaar.engine.assignment.road_network import RoadNetwork, check_network
from shaar.engine.assignment.road_simplify import simplify
from shaar.engine.city.model import City
from shaar.engine.city.projection import project
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Classes no zone is joined to: nobody leaves a yard onto them.
NO_ACCESS = ("motorway", "motorway_link", "trunk_link")
#: Speed where a link has none, km/h.
LEAST_KMH = 8.0


@dataclass(frozen=True, slots=True)
class CityRoads:
    """A city's road network and where its links lie.

    Parameters
    ----------
    network
        For the solver; nodes 0..z-1 are ``city.zones``, ``length_km`` is in km and ``free_minutes`` in minutes.
    parameters
        The values used.
    forward, backward
        Network link that each city link is a part of, along and against its direction; -1: not open to cars, cut off,
        or a dead end. Shape (l,).
    share_forward, share_backward
        Share of the network link's minutes that passes on the city link, shape (l,).
    lanes
        Lanes of each network link, 0 for connectors, shape (m,).
    highway
        Class of each network link, "connector" for connectors.
    signals
        Traffic lights passed on each network link (at its parts' ends), shape (m,).
    x, y
        Metres in the city's CRS of each network node, shape (n,).
    findings
        What was assumed or left out.
    """

    network: RoadNetwork
    parameters: Parameters
    forward: I64
    backward: I64
    share_forward: F64
    share_backward: F64
    lanes: F64
    highway: npt.NDArray[np.str_]
    signals: F64
    x: F64
    y: F64
    findings: tuple[Finding, ...]

    def on_streets(self, values: F64, *, shared: bool = False) -> tuple[F64, F64]:
        """Bring values of network links to city links, along and against their direction; nan where there is none.

        Parameters
        ----------
        values
            By network link, shape (m,): flows as they are; minutes or grams with ``shared``, which then add up.
        """
        found = []
        for link, share in ((self.forward, self.share_forward), (self.backward, self.share_backward)):
            v = np.asarray(values, float)[link] * (share if shared else 1.0)
            found.append(np.where(link >= 0, v, np.nan))
        return found[0], found[1]


def road_parameters(values: Parameters | Mapping[str, float] | None = None) -> Parameters:
    """Return the shipped table ``roads.csv``, a whole other one, or the shipped one with some values replaced."""
    if isinstance(values, Parameters):
        return values
    table = load_parameters("roads.csv")
    return table.with_values(values) if values else table


def road_network(
    city: City, *, parameters: Parameters | Mapping[str, float] | None = None, conical: bool = False,
    contract: bool = True,
) -> CityRoads:  # fmt: skip
    """Make the road network of a city.

    Car streets of the largest strongly connected part; capacity is lanes times the class's capacity a lane; an empty
    street is driven at a share of its free speed, and a light at its end costs a little. Zones are joined to the
    nearest street nodes by connectors without delay. Tolls are 0.

    Parameters
    ----------
    parameters
        A whole table, or values in place of those of ``data/parameters/roads.csv``.
    conical
        Conical delays (Spiess 1990) in place of BPR.
    contract
        Leave out dead ends and make plain chains one link, which changes no equilibrium.

    Raises
    ------
    InputError
        The city has no zones or no street that cars may drive.
    """
    p = road_parameters(parameters)
    if not city.zones.height:
        raise InputError("the city has no zones", file=city.path / "zones.parquet")
    arcs = _arcs(city, p)
    x, y = project(city.nodes["lon"].to_numpy(), city.nodes["lat"].to_numpy(), city.meta.crs)
    zx, zy = project(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy(), city.meta.crs)
    z = len(zx)
    access = np.unique(arcs.tail[~np.isin(arcs.highway, NO_ACCESS)])
    access = access if len(access) else np.unique(arcs.tail)
    k = min(max(1, round(p["connector_count"])), len(access))
    metres, near = cKDTree(np.column_stack([x[access], y[access]])).query(np.column_stack([zx, zy]), k=k)
    metres, near = metres.reshape(z, k), access[near.reshape(z, k)]
    turns, dropped_turns = _turns(city, arcs)
    keep = np.zeros(len(x), np.bool_)
    keep[near] = True
    keep[[arcs.head[a] for a, _ in turns]] = True
    _, same = np.unique(np.column_stack([arcs.capacity, arcs.rank]), axis=0, return_inverse=True)
    if contract:
        chains = simplify(len(x), arcs.tail, arcs.head, same.ravel(), keep)
        tail, head, link_of, first = chains.tail, chains.head, chains.link_of, chains.first
    else:
        tail, head, link_of = arcs.tail, arcs.head, np.arange(len(arcs.tail))
        first = link_of
    streets = len(tail)
    on = link_of >= 0

    def total(values: F64) -> F64:
        return np.bincount(link_of[on], values[on], minlength=streets).astype(np.float64)

    km, minutes = total(arcs.km), total(arcs.minutes)
    used, inverse = np.unique(np.concatenate([tail, head, near.ravel()]), return_inverse=True)
    inverse = inverse.ravel() + z
    tail, head, ends = inverse[:streets], inverse[streets : 2 * streets], inverse[2 * streets :]
    zone = np.repeat(np.arange(z), k)
    join_km = metres.ravel() * p["connector_detour"] / 1000.0
    join = join_km / p["connector_kmh"] * 60.0
    c = len(zone)
    none = np.zeros(2 * c)
    alpha = np.full(streets, p["conical_alpha"] if conical else p["bpr_alpha"])
    network = RoadNetwork(
        zones=z, nodes=z + len(used),
        tail=np.concatenate([tail, zone, ends]), head=np.concatenate([head, ends, zone]),
        length_km=np.concatenate([km, join_km, join_km]), free_minutes=np.concatenate([minutes, join, join]),
        capacity=np.concatenate([arcs.capacity[first], none]), alpha=np.concatenate([alpha, none]),
        beta=np.concatenate([np.full(streets, p["bpr_beta"]), none]),
        delay=np.full(streets + 2 * c, CONICAL if conical else BPR, np.int64), toll=np.zeros(streets + 2 * c),
        first_through=z, name=city.meta.name,
        zone_names=tuple(city.zones["zone_id"].to_list()),
    )  # fmt: skip
    pairs = [(int(link_of[a]), int(link_of[b])) for a, b in turns if link_of[a] >= 0 and link_of[b] >= 0]
    network = network.with_turns([(a, b, np.inf) for a, b in pairs]) if pairs else check_network(network)
    where = [np.full(city.links.height, -1, np.int64) for _ in range(2)]
    share = [np.zeros(city.links.height) for _ in range(2)]
    for side, mine in enumerate((arcs.forward, ~arcs.forward)):
        where[side][arcs.link[mine & on]] = link_of[mine & on]
        share[side][arcs.link[mine & on]] = arcs.minutes[mine & on] / minutes[link_of[mine & on]]
    findings = (*arcs.findings, *_say(city, p, metres, dropped_turns))
    return CityRoads(
        network=network, parameters=p, forward=where[0], backward=where[1], share_forward=share[0],
        share_backward=share[1], lanes=np.concatenate([arcs.lanes[first], none]),
        highway=np.concatenate([arcs.highway[first], np.full(2 * c, "connector")]),
        signals=np.concatenate([total(arcs.signal.astype(float)), none]),
        x=np.concatenate([zx, x[used]]), y=np.concatenate([zy, y[used]]), findings=findings,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Arcs:
    tail: I64
    head: I64
    link: I64
    forward: npt.NDArray[np.bool_]
    km: F64
    minutes: F64
    capacity: F64
    rank: I64
    lanes: F64
    highway: npt.NDArray[np.str_]
    signal: npt.NDArray[np.bool_]
    findings: tuple[Finding, ...]


def _arcs(city: City, p: Parameters) -> _Arcs:
    """Car directions of the links in the largest strongly connected part."""
    links = city.links
    a, b = links["from_node"].to_numpy().astype(np.int64), links["to_node"].to_numpy().astype(np.int64)
    ways = [links[name].fill_null(False).to_numpy() for name in ("car_forward", "car_backward")]
    rows = [np.flatnonzero(w) for w in ways]
    link = np.concatenate(rows)
    forward = np.repeat([True, False], [len(r) for r in rows])
    tail, head = np.where(forward, a[link], b[link]), np.where(forward, b[link], a[link])
    n = city.nodes.height
    if not (tail != head).any():
        raise InputError("no street is open to cars", file=city.path / "links.parquet")
    parts, label = connected_components(
        coo_array((np.ones(len(tail)), (tail, head)), shape=(n, n)), directed=True, connection="strong"
    )
    sizes = np.bincount(label[tail], minlength=parts)
    main = (label[tail] == np.argmax(sizes)) & (label[head] == np.argmax(sizes)) & (tail != head)
    cut = int((~main & (tail != head)).sum())
    link, forward, tail, head = link[main], forward[main], tail[main], head[main]
    highway = links["highway"].fill_null("").to_numpy().astype(str)[link]
    base = np.char.replace(highway, "_link", "")
    tagged = links["lanes"].fill_null(np.nan).to_numpy().astype(float)[link]
    both = ways[0][link] & ways[1][link]
    lanes = np.where(both, tagged / 2.0, tagged)
    missing = ~(lanes > 0)
    rank = np.zeros(len(link), np.int64)
    capacity = np.empty(len(link))
    for number, name in enumerate(np.unique(highway)):
        mine = highway == name
        kind = str(base[mine][0])
        lanes[mine & missing] = p.get(f"lanes_{kind}", p["lanes_other"]) if kind == name else p["lanes_other"]
        each = p.get(f"capacity_lane_{kind}", p["capacity_lane_other"])
        capacity[mine] = each * (1.0 if kind == name else p["capacity_link_share"])
        rank[mine] = number
    for mine, column in ((forward, "capacity_share_forward"), (~forward, "capacity_share_backward")):
        if column in links.columns:  # what bus lanes and priority at lights leave to cars
            capacity = np.where(mine, capacity * links[column].fill_null(1.0).to_numpy()[link], capacity)
    signal = city.nodes["signal"].fill_null(False).to_numpy()[head]
    km = links["length"].to_numpy().astype(float)[link] / 1000.0
    kmh = np.maximum(links["free_speed"].fill_null(0.0).fill_nan(0.0).to_numpy()[link] * p["free_share"], LEAST_KMH)
    findings = [
        Finding(
            "roads.capacity",
            "Capacity is lanes times a planning value by street class: no counts or signal plans were given.",
            count=len(link), severity="assumed",
        )
    ]  # fmt: skip
    if missing.any():
        share = 100.0 * float(km[missing].sum() / km.sum())
        findings.append(
            Finding(
                "roads.lanes",
                f"{missing.sum()} street directions ({share:.0f} % of their length) have no lanes tagged; a planning "
                "value by class stands in.",
                count=int(missing.sum()), severity="assumed",
                values={"count": int(missing.sum()), "percent": round(share)},
            )
        )  # fmt: skip
    if cut:
        findings.append(
            Finding(
                "roads.cut_off",
                f"{cut} street directions cannot be driven to and from the rest; they carry no car.",
                count=cut, severity="info", values={"count": cut},
            )
        )  # fmt: skip
    return _Arcs(
        tail, head, link, forward, km, km / kmh * 60.0 + signal * p["signal_seconds"] / 60.0, capacity * lanes, rank,
        lanes, highway, signal, tuple(findings),
    )  # fmt: skip


def _turns(city: City, arcs: _Arcs) -> tuple[list[tuple[int, int]], int]:
    """Banned turns as pairs of arcs, and how many concern streets that are not there."""
    into = {(int(k), int(v)): i for i, (k, v) in enumerate(zip(arcs.link, arcs.head))}
    leave = {(int(k), int(v)): i for i, (k, v) in enumerate(zip(arcs.link, arcs.tail))}
    found, dropped = [], 0
    for a, v, b in city.turns.select("from_link", "via_node", "to_link").iter_rows():
        pair = (into.get((a, v)), leave.get((b, v)))
        if pair[0] is None or pair[1] is None:
            dropped += 1
        else:
            found.append((pair[0], pair[1]))
    return found, dropped


def _say(city: City, p: Parameters, metres: F64, dropped: int) -> list[Finding]:
    far = np.flatnonzero(metres[:, 0] > p["connector_reach"])
    found = [
        Finding(
            "roads.connectors",
            f"Each zone is joined to its {metres.shape[1]} nearest street nodes; its traffic enters there.",
            count=len(metres), severity="assumed", values={"count": metres.shape[1]},
        )
    ]  # fmt: skip
    if len(far):
        worst = int(far[np.argmax(metres[far, 0])])
        found.append(
            Finding(
                "roads.far_zones",
                f"{len(far)} zones are more than {p['connector_reach']:.0f} m from any street node; the farthest "
                f"{metres[worst, 0]:.0f} m.",
                count=len(far), where=str(city.zones["zone_id"][worst]),
                values={"count": len(far), "metres": round(float(metres[worst, 0]))},
            )
        )  # fmt: skip
    if dropped:
        found.append(
            Finding(
                "roads.turns",
                f"{dropped} banned turns concern streets that cars do not drive anyway.",
                count=dropped, severity="info", values={"count": dropped},
            )
        )  # fmt: skip
    return found
