"""What one chain of the search remembers between kernel calls: its routes, ride matrix, random numbers and best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .instance import RouteSet
from .kernels_archive import Archive, no_archive
from .kernels_simd import aligned, padded
from .moves import PAIR_MOVES, PAIR_SHARE, SINGLE_MOVES, SINGLE_SHARE
from .problem import Problem

# Places in `State.number` ...
COST, ATT, TRT, MU, BEST_COST, BEST_ATT, BEST_TRT, CAP, TRT_WEIGHT, LEARN = range(10)
# ... and in `State.tally`.
STEPS, EVALUATIONS, STAMP, BAD, HAS_BEST, BEST_STEP = range(6)


class State(NamedTuple):
    """One chain; every array is written by the kernels."""

    routes: npt.NDArray[np.int32]  # (R, width) nodes
    length: npt.NDArray[np.int32]  # (R,)
    forth: npt.NDArray[np.int16]  # (R, width) units from the stop before to this
    back: npt.NDArray[np.int16]  # (R, width) units from this stop to the one before
    ahead: npt.NDArray[np.int32]  # (R, width) units from the first stop, and
    behind: npt.NDArray[np.int32]  # (R, width) to it
    trt: npt.NDArray[np.float64]  # (R,) minutes, mean of both directions
    position: npt.NDArray[np.int16]  # (n, R) where a route has a node, -1 where it has not
    cover: npt.NDArray[np.int32]  # (n,) how many routes serve a node
    rides: npt.NDArray[np.int16]  # (n * P) best single ride between nodes, penalty included
    best_routes: npt.NDArray[np.int32]
    best_length: npt.NDArray[np.int32]
    rng: npt.NDArray[np.uint64]
    number: npt.NDArray[np.float64]
    tally: npt.NDArray[np.int64]
    tried: npt.NDArray[np.int64]  # (moves, 3) proposed, evaluated, accepted
    share: npt.NDArray[np.float64]  # (moves,) how often each is proposed; sums to 1 over single and over pair moves
    credit: npt.NDArray[np.float64]  # (moves, 2) what each has improved the cost by lately, and the work it took
    archive: Archive
    D: npt.NDArray[np.int16]  # (4, n * P) work: without two routes, its transpose, without one route, its transpose
    M: npt.NDArray[np.int16]  # (width * P) work: times to the stops of a candidate
    X: npt.NDArray[np.int16]  # (width * P) work
    lines: npt.NDArray[np.int16]  # (4, P) work: aboard, gains, a row; the last is full of ``far``
    sums: npt.NDArray[np.float64]  # (n,) work: demand-weighted time per origin
    paths: npt.NDArray[np.int32]  # (5, width) work: candidates
    steps: npt.NDArray[np.int16]  # (4, width) work: forth and back of the candidates
    small: npt.NDArray[np.int16]  # (3, width * padded width) work: times between the stops of a candidate
    legs: npt.NDArray[np.int32]  # (width * width, 2) work: pairs of stops of a candidate
    mark: npt.NDArray[np.int64]  # (n,)


def new_state(
    p: Problem, seed: int, chain: int, cap: float, trt_weight: float, archive: Archive | None = None,
    share: tuple[float, ...] = SINGLE_SHARE + PAIR_SHARE, learn: float = 0.0,
) -> State:  # fmt: skip
    """An empty chain; seed and chain number give its random numbers.

    ``share`` says how often moves are proposed at first; ``learn`` in [0, 1] how fast that follows their success.
    """
    width = p.max_nodes + 2
    rng = np.random.SeedSequence([seed, chain]).generate_state(1, np.uint64).astype(np.uint64)
    lines = aligned(4, max(p.P, padded(width)), np.int16)
    lines[3] = p.far
    shares = np.array(share)
    single = len(SINGLE_MOVES)
    shares[:single] /= shares[:single].sum()
    shares[single:] /= shares[single:].sum()
    number = np.zeros(10)
    number[LEARN] = learn
    number[CAP], number[TRT_WEIGHT] = cap, trt_weight
    number[BEST_COST] = np.inf
    return State(
        routes=np.zeros((p.n_routes, width), np.int32),
        length=np.zeros(p.n_routes, np.int32),
        forth=np.zeros((p.n_routes, width), np.int16),
        back=np.zeros((p.n_routes, width), np.int16),
        ahead=np.zeros((p.n_routes, width), np.int32),
        behind=np.zeros((p.n_routes, width), np.int32),
        trt=np.zeros(p.n_routes),
        position=np.full((p.n, p.n_routes), -1, np.int16),
        cover=p.stood.copy(),
        rides=aligned(p.n, p.P, np.int16).reshape(-1),
        best_routes=np.zeros((p.n_routes, width), np.int32),
        best_length=np.zeros(p.n_routes, np.int32),
        rng=rng,
        number=number,
        tally=np.zeros(6, np.int64),
        tried=np.zeros((len(SINGLE_MOVES) + len(PAIR_MOVES), 3), np.int64),
        share=shares,
        credit=np.zeros((len(shares), 2)),
        archive=no_archive() if archive is None else archive,
        D=aligned(4, p.n * p.P, np.int16),
        M=aligned(width, p.P, np.int16).reshape(-1),
        X=aligned(width, p.P, np.int16).reshape(-1),
        lines=lines,
        sums=np.zeros(p.n),
        paths=np.zeros((5, width), np.int32),
        steps=np.zeros((4, width), np.int16),
        small=aligned(3, width * padded(width), np.int16),
        legs=np.zeros((width * width, 2), np.int32),
        mark=np.zeros(p.n, np.int64),
    )


def best_of(state: State) -> RouteSet:
    """The best feasible routes the chain has met."""
    return tuple(
        tuple(int(node) for node in state.best_routes[r, : state.best_length[r]]) for r in range(len(state.best_length))
    )
