"""A corridor for the microsimulation SUMO: streets, lights, banned turns and the traffic of an assignment as XML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_equilibrium import RoadFlows
from shaar.engine.assignment.road_runs import runs_through
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SumoFiles:
    """What was written, and the commands that take it further (paths relative to the folder).

    Parameters
    ----------
    nodes, edges, connections
        Input of ``netconvert``.
    routes
        Vehicle types and flows with their whole routes, for ``sumo``.
    trips
        The same flows by first and last edge alone, for ``duarouter``.
    vehicles
        Vehicles in the files.
    left_out
        Fractions of vehicles that were left at the end, less than one a class.
    commands
        Command lines.
    """

    nodes: Path
    edges: Path
    connections: Path
    routes: Path
    trips: Path
    vehicles: int
    left_out: float
    commands: tuple[str, ...]


def export_corridor(
    flows: RoadFlows,
    links: npt.ArrayLike,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    folder: Path | str,
    *,
    lanes: npt.ArrayLike | None = None,
    lights: npt.ArrayLike | None = None,
    seconds: int = 3600,
    kinds: Sequence[str] | None = None,
) -> SumoFiles:
    """Write the part of an assignment on some links for SUMO.

    Every vehicle on these links is in the files: its route begins where it enters the corridor and ends where it
    leaves it. Vehicles of a flow come evenly over the period; fractions are carried over to the next flow, so that
    the number of vehicles is that of the model.

    Parameters
    ----------
    flows
        An assignment of one hour.
    links
        The corridor.
    x, y
        Metres of each node, shape (n,).
    folder
        Made if need be.
    lanes
        Lanes of each link, shape (m,); None: one for every 900 of capacity.
    lights
        Nodes with traffic lights; SUMO makes their plans.
    seconds
        Length of the period.
    kinds
        SUMO's vehicle class of each class; None: passenger, and truck above two passenger-car units.

    Raises
    ------
    InputError
        A link does not exist, takes no time, or nobody drives there.
    """
    net = flows.network
    chosen = np.unique(np.atleast_1d(np.asarray(links, np.int64)))
    bad = chosen[(chosen < 0) | (chosen >= net.links)]
    if len(bad) or not len(chosen):
        which = f"{bad[0]} is not a link: there are" if len(bad) else "a corridor has at least one link of"
        raise InputError(f"{which} 0 to {net.links - 1}", file=net.name, field="links")
    still = chosen[(net.free_minutes[chosen] <= 0) | (net.length_km[chosen] <= 0)]
    if len(still):
        raise InputError(f"link {still[0]} has no length or takes no time", file=net.name, field="links")
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    if len(xs) != net.nodes or len(ys) != net.nodes:
        raise InputError(f"{net.nodes} nodes need as many coordinates", file=net.name, field="x")
    runs = runs_through(flows, chosen)
    if not any(runs):
        raise InputError("nobody drives on these links", file=net.name, field="links")
    wide = np.maximum(1, np.rint(net.capacity / 900.0 if lanes is None else np.asarray(lanes, float))).astype(int)
    lit = set() if lights is None else set(np.atleast_1d(np.asarray(lights, np.int64)).tolist())
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    nodes, edges, connections = Element("nodes"), Element("edges"), Element("connections")
    for v in np.unique(np.concatenate([net.tail[chosen], net.head[chosen]])).tolist():
        SubElement(nodes, "node", id=f"n{v}", x=f"{xs[v]:.2f}", y=f"{ys[v]:.2f}",
                   type="traffic_light" if v in lit else "priority")  # fmt: skip
    for e in chosen.tolist():
        metres = net.length_km[e] * 1000.0
        SubElement(edges, "edge", {
            "id": f"e{e}", "from": f"n{net.tail[e]}", "to": f"n{net.head[e]}", "numLanes": str(wide[e]),
            "speed": f"{metres / (net.free_minutes[e] * 60.0):.3f}", "length": f"{metres:.2f}",
        })  # fmt: skip
    inside = set(chosen.tolist())
    for a, b, minutes in zip(net.turn_from.tolist(), net.turn_to.tolist(), net.turn_minutes.tolist()):
        if a in inside and b in inside and np.isinf(minutes):
            SubElement(connections, "delete", {"from": f"e{a}", "to": f"e{b}"})
    routes, trips = Element("routes"), Element("routes")
    total, left, number = 0, 0.0, 0
    for k, (kind, by_run) in enumerate(zip(flows.classes, runs)):
        sumo = kinds[k] if kinds is not None else ("truck" if kind.pce > 2 else "passenger")
        for root in (routes, trips):
            SubElement(root, "vType", id=kind.name, vClass=sumo)
        carried = 0.0
        for run, vehicles in sorted(by_run.items()):
            carried += vehicles * seconds / 3600.0
            n = int(np.floor(carried + 1e-9))
            if n == 0:
                continue
            carried -= n
            total += n
            first, last = f"e{run[0]}", f"e{run[-1]}"
            timing = {"type": kind.name, "begin": "0", "end": str(seconds), "number": str(n),
                      "departLane": "best", "departSpeed": "max"}  # fmt: skip
            flow = SubElement(routes, "flow", {"id": f"f{number}", **timing})
            SubElement(flow, "route", edges=" ".join(f"e{e}" for e in run))
            SubElement(trips, "flow", {"id": f"f{number}", **timing, "from": first, "to": last})
            number += 1
        left += max(carried, 0.0)
    files = {}
    for name, root in (
        ("corridor.nod.xml", nodes), ("corridor.edg.xml", edges), ("corridor.con.xml", connections),
        ("corridor.rou.xml", routes), ("corridor.trips.xml", trips),
    ):  # fmt: skip
        indent(root)
        files[name] = place / name
        ElementTree(root).write(place / name, encoding="utf-8", xml_declaration=True)
    make = ("netconvert -n corridor.nod.xml -e corridor.edg.xml -x corridor.con.xml --no-turnarounds true "
            "-o corridor.net.xml")  # fmt: skip
    return SumoFiles(
        nodes=files["corridor.nod.xml"], edges=files["corridor.edg.xml"], connections=files["corridor.con.xml"],
        routes=files["corridor.rou.xml"], trips=files["corridor.trips.xml"], vehicles=total, left_out=left,
        commands=(
            make,
            "sumo -n corridor.net.xml -r corridor.rou.xml --tripinfo-output tripinfo.xml",
            "duarouter -n corridor.net.xml -r corridor.trips.xml -o routed.rou.xml",
        ),
    )  # fmt: skip
