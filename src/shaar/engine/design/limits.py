"""Whether the rules of an instance can be kept at all, and which one cannot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from ..errors import InputError
from .evaluate import total_route_time
from .instance import Instance, RouteSet
from .network import components, drivable, drivable_shortest, served_nodes


def check(instance: Instance, total_cap: float | None = None, fixed: RouteSet = ()) -> None:
    """Refuse what no route set can satisfy.

    Only provable contradictions are refused; a search may still fail to meet rules that pass here.

    Parameters
    ----------
    instance
        The problem.
    total_cap
        Largest total route time in minutes that is wanted, if any; that of the fixed routes included.
    fixed
        Routes that run beside those to design.

    Raises
    ------
    InputError
        One sentence that names the rule that binds and the nodes concerned (0-based).
    """
    _numbers(instance)
    left = served_nodes(instance)
    left[[node for route in fixed for node in route]] = False
    _reach(instance, left)
    _room(instance, left, total_cap, fixed)


def _names(nodes: npt.NDArray[np.int64]) -> str:
    shown = ", ".join(str(int(node)) for node in nodes[:8])
    return f"{'node' if len(nodes) == 1 else 'nodes'} {shown}{', ...' if len(nodes) > 8 else ''}"


def _numbers(instance: Instance) -> None:
    n = instance.n
    for field, shape in (("time", (n, n)), ("demand", (n, n)), ("terminal", (n,)), ("must_cover", (n,))):
        if getattr(instance, field).shape != shape:
            raise InputError(f"the shape must be {shape}, not {getattr(instance, field).shape}", field=field)
    if instance.n_routes < 1:
        raise InputError(f"at least one route is needed, not {instance.n_routes}", field="n_routes")
    if not 2 <= instance.min_nodes <= instance.max_nodes:
        raise InputError(
            f"2 <= min_nodes <= max_nodes is needed, not {instance.min_nodes} and {instance.max_nodes}",
            field="min_nodes",
        )
    if not (np.isfinite(instance.demand).all() and (instance.demand >= 0).all()):
        raise InputError("trips must be numbers not below zero", field="demand")
    if np.isnan(instance.time).any() or (instance.time < 0).any():
        raise InputError("run times must be minutes not below zero, or inf where there is no link", field="time")
    if not (np.isfinite(instance.transfer_penalty) and instance.transfer_penalty >= 0):
        raise InputError("minutes not below zero are needed", field="transfer_penalty")
    if not instance.unserved_minutes > 0:
        raise InputError("minutes above zero are needed, or inf", field="unserved_minutes")
    if not instance.max_detour >= 1:
        raise InputError(f"a multiple of at least 1 is needed, not {instance.max_detour:g}", field="max_detour")
    if not instance.demand.sum() > 0:
        raise InputError(f"{instance.name} has no demand, so no route set is better than another", field="demand")


def _reach(instance: Instance, left: npt.NDArray[np.bool_]) -> None:
    links = drivable(instance)
    if not links.any():
        raise InputError("no link can be driven in both directions, so no route can run", field="time")
    served = served_nodes(instance)
    piece = components(instance)
    size = np.bincount(piece)
    if np.isinf(instance.unserved_minutes):
        main = int(np.argmax(np.bincount(piece[served])))
        lost = np.flatnonzero(served & (piece != main))
        if len(lost):
            raise InputError(
                f"{_names(lost)} cannot be reached from the other nodes over links drivable in both directions, "
                "but every trip must be served",
                field="time",
            )
    ends = np.bincount(piece[instance.terminal], minlength=len(size))
    usable = (size >= instance.min_nodes) & (ends >= 2)
    if not usable.any():
        raise InputError(
            f"no connected part of the network has two terminals and the {instance.min_nodes} nodes that a route needs",
            field="terminal" if (size >= instance.min_nodes).any() else "min_nodes",
        )
    lost = np.flatnonzero(left & ~usable[piece])
    if len(lost):
        raise InputError(
            f"no route can serve {_names(lost)}: their part of the network has fewer than two terminals or fewer than "
            f"{instance.min_nodes} nodes",
            field="must_cover",
        )
    lost = np.flatnonzero(left & _dead_ends(links, np.asarray(instance.terminal, dtype=bool)))
    if len(lost):
        raise InputError(
            f"no route between two terminals can pass {_names(lost)} without coming back the same way; make such nodes "
            "terminals or do not require them",
            field="terminal",
        )


def _dead_ends(links: npt.NDArray[np.bool_], terminal: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Nodes, not terminals, that lie on no simple path between two terminals, shape (n,).

    A node lies on one if two ways without a common node lead from it to terminals, that is (Menger 1927), if no
    single other node cuts it off from a node joined to all terminals.
    """
    n = len(links)
    joined = np.zeros((n + 1, n + 1), dtype=np.int8)
    joined[:n, :n] = links
    joined[n, :n] = joined[:n, n] = terminal
    dead = np.zeros(n, dtype=bool)
    if terminal.all():
        return dead
    for gone in range(n):
        rest = joined.copy()
        rest[gone] = rest[:, gone] = 0
        piece = connected_components(csr_matrix(rest), directed=False)[1]
        cut = piece[:n] != piece[n]
        cut[gone] = False
        dead |= cut
    return dead & ~terminal


def _detours(instance: Instance, nodes: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> None:
    """Refuse nodes that lie on no way between two terminals that keeps the detour limit."""
    least = drivable_shortest(instance)
    allowed = instance.max_detour * least[np.ix_(ends, ends)] + 1e-9
    np.fill_diagonal(allowed, -np.inf)
    lost = [v for v in nodes if not (least[ends, v][:, None] + least[v, ends][None, :] <= allowed).any()]
    if lost:
        raise InputError(
            f"no route between terminals through {_names(np.array(lost))} keeps within {instance.max_detour:g} times "
            "the least time between its ends",
            field="max_detour",
        )


def _room(instance: Instance, served: npt.NDArray[np.bool_], total_cap: float | None, fixed: RouteSet) -> None:
    classic = np.isinf(instance.unserved_minutes)
    room = instance.n_routes * instance.max_nodes - (instance.n_routes - 1 if classic and not fixed else 0)
    if served.sum() > room:
        raise InputError(
            f"{int(served.sum())} nodes must be served, but {instance.n_routes} routes of at most {instance.max_nodes} "
            f"nodes serve at most {room}",
            field="n_routes, max_nodes",
        )
    links = drivable(instance)
    quickest = float(np.minimum(instance.time, instance.time.T)[links].min())
    if (instance.min_nodes - 1) * quickest > instance.max_minutes + 1e-9:
        raise InputError(
            f"a route of {instance.min_nodes} nodes takes at least {(instance.min_nodes - 1) * quickest:.2f} minutes, "
            f"more than the {instance.max_minutes:.2f} allowed",
            field="max_minutes",
        )
    shortest = drivable_shortest(instance)
    shortest = np.minimum(shortest, shortest.T)
    ends = np.flatnonzero(instance.terminal)
    to_ends = np.sort(shortest[:, ends], axis=1)[:, :2].sum(axis=1)  # a terminal is 0 from itself
    lost = np.flatnonzero(served & (to_ends > instance.max_minutes + 1e-9))
    if len(lost):
        raise InputError(
            f"no route between terminals through {_names(lost)} keeps within {instance.max_minutes:.2f} minutes",
            field="max_minutes",
        )
    if np.isfinite(instance.max_detour):
        _detours(instance, np.flatnonzero(served & ~instance.terminal), ends)
    if total_cap is None:
        return
    least = least_total(instance, fixed)
    if total_cap < least - 1e-9:
        raise InputError(
            f"a total route time of {total_cap:g} minutes cannot be kept: any route set needs at least {least:g}",
            field="total_cap",
        )


def least_total(instance: Instance, fixed: RouteSet = ()) -> float:
    """Minutes of total route time that every route set needs: a bound that need not be reached.

    As many links as the routes must have, at their least times (in the classic problem every node is covered and
    connected, so at least a minimum spanning tree; Kruskal 1956), and the fixed routes.
    """
    links = drivable(instance)
    mean = np.where(links, (instance.time + instance.time.T) / 2.0, 0.0)
    least = instance.n_routes * (instance.min_nodes - 1) * float(mean[links].min())
    if np.isinf(instance.unserved_minutes) and served_nodes(instance).all() and not fixed:
        least = max(least, float(minimum_spanning_tree(csr_matrix(mean)).sum()))
    return least + total_route_time(instance, fixed)
