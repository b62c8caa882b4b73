"""Stored bushes: the flows of every origin and class, kept between runs and fitted to another scenario."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_graph import RoadGraph
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Bushes:
    """Acyclic routes of every origin and class, one after the other.

    Parameters
    ----------
    origin, cls
        Zone and number of the class of each bush, shape (n,).
    ptr
        Links of bush i stand from ptr[i] to ptr[i + 1], shape (n + 1,).
    link
        Links of the solver's graph, grouped by the node they enter, nodes in topological order.
    back
        Rank of the node each link leaves; its complement where a new node begins.
    flow
        Passenger-car units.
    tail_key, head_key
        Names of the ends of each link of the graph, by which another network's links are recognised.
    """

    origin: I64
    cls: I64
    ptr: I64
    link: I32
    back: I32
    flow: F64
    tail_key: I64
    head_key: I64

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return sum(getattr(self, name).nbytes for name in self.__slots__)

    def save(self, file: Path | str) -> None:
        """Write to a ``.npz`` file beside a scenario; whole or not at all."""
        path = Path(file)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as out:
            np.savez_compressed(out, format=_FORMAT, **{name: getattr(self, name) for name in self.__slots__})
        part.replace(path)


def load_bushes(file: Path | str) -> Bushes:
    """Read what :meth:`Bushes.save` wrote.

    Raises
    ------
    InputError
        The file is missing or holds something else.
    """
    try:
        with np.load(file, allow_pickle=False) as data:
            if int(data["format"]) != _FORMAT:
                raise InputError("the bushes are of another version; compute them anew", file=file)
            return Bushes(**{name: data[name] for name in Bushes.__slots__})
    except (OSError, KeyError, ValueError, EOFError) as e:
        raise InputError("the file holds no stored bushes", file=file) from e


def links_in(bushes: Bushes, graph: RoadGraph) -> I64:
    """Which link of the graph each link of the bushes' own graph is, -1 where it is gone, shape (links then,).

    Parallel links between the same nodes are told apart by their order.
    """
    same = len(bushes.tail_key) == len(graph.tail_key)
    if same and np.array_equal(bushes.tail_key, graph.tail_key) and np.array_equal(bushes.head_key, graph.head_key):
        return np.arange(len(graph.tail_key))
    at: dict[tuple[int, int, int], int] = {}
    seen: dict[tuple[int, int], int] = {}
    for k, pair in enumerate(zip(graph.tail_key.tolist(), graph.head_key.tolist())):
        nth = seen.get(pair, 0)
        seen[pair] = nth + 1
        at[(*pair, nth)] = k
    found = np.full(len(bushes.tail_key), -1, np.int64)
    seen = {}
    for k, pair in enumerate(zip(bushes.tail_key.tolist(), bushes.head_key.tolist())):
        nth = seen.get(pair, 0)
        seen[pair] = nth + 1
        found[k] = at.get((*pair, nth), -1)
    return found
