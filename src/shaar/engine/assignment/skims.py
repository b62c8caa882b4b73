"""What a journey by optimal strategies consists of: walking, waiting, riding, boardings, zone by zone."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.graph import BOARD, RIDE, TRANSFER, WALK, TransitGraph
from shaar.engine.assignment.skim_kernels import skim_block
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Skims:
    """Expected amounts of a journey between zones by lines, never all the way on foot.

    Parameters
    ----------
    minutes
        Expected minutes in all, waiting and what transfers cost included; inf where no line leads, shape (o, d).
    parts
        Name -> expected amount, nan where no line leads, shape (o, d). ``wait`` is always there.
    """

    minutes: F64
    parts: Mapping[str, F64]


def journey_parts(graph: TransitGraph) -> dict[str, F64]:
    """Amounts on links that make up a journey: minutes of ``ride``, ``walk``, ``change``, and ``boardings``.

    Walks from one stop to another at a transfer are in ``change``, together with what a transfer costs beside.
    """
    return {
        "ride": np.where(graph.kind == RIDE, graph.cost, 0.0),
        "walk": np.where(graph.kind == WALK, graph.cost, 0.0),
        "change": np.where(graph.kind == TRANSFER, graph.cost, 0.0),
        "boardings": np.where(graph.kind == BOARD, 1.0, 0.0),
    }


def skim_strategies(
    graph: TransitGraph, parts: Mapping[str, F64] | None = None, *, wait: float = 1.0, threads: int | None = None
) -> Skims:
    """Take apart the expected journey between every two zones.

    With the lines A taken at a stop, part p of the journey on from there is ``sum f_a (x_p(a) + p(a)) / sum f_a``,
    with ``x_p(a)`` the part that is left where link a leads; waiting adds ``wait / sum f_a``. These are the strategies
    of :func:`assign_strategies` (Spiess & Florian 1989), so the parts add up to the minutes exactly.

    Parameters
    ----------
    parts
        Name -> amount on each link, shape (m,); None: those of :func:`journey_parts`.
    wait, threads
        As for :func:`assign_strategies`.

    Raises
    ------
    InputError
        Amounts of another length than the links, or undefined ones.
    """
    amounts = dict(journey_parts(graph) if parts is None else parts)
    for name, values in amounts.items():
        if np.shape(values) != graph.cost.shape or not np.isfinite(values).all():
            raise InputError(f"{len(graph.cost)} links need as many figures", field=name)
    if not wait > 0:
        raise InputError("the wait over headway has to be positive", field="wait")
    table = np.array([*amounts.values()], float).reshape(len(amounts), len(graph.cost))
    in_link = np.argsort(graph.head, kind="stable")
    in_ptr = np.searchsorted(graph.head[in_link], np.arange(graph.n + 1))
    board = np.flatnonzero(np.isfinite(graph.freq) & (graph.freq > 0))
    out_link = board[np.argsort(graph.tail[board], kind="stable")]
    out_ptr = np.searchsorted(graph.tail[out_link], np.arange(graph.n + 1))
    o, d = len(graph.origins), len(graph.destinations)
    minutes, found = np.empty((d, o)), np.empty((len(amounts) + 1, d, o))
    used = threads or numba.get_num_threads()

    def part(p: int) -> None:
        skim_block(
            p, used, graph.destinations, graph.origins, in_ptr, in_link, out_ptr, out_link, graph.tail, graph.head,
            graph.cost, graph.freq, np.diff(out_ptr) > 0, wait, table, minutes, found,
        )  # fmt: skip

    with ThreadPoolExecutor(max_workers=used) as pool:
        list(pool.map(part, range(used)))
    names = (*amounts, "wait")
    return Skims(
        np.ascontiguousarray(minutes.T), {name: np.ascontiguousarray(x.T) for name, x in zip(names, found, strict=True)}
    )
