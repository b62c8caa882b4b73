"""The archive of a front sweep: for each step of total route time the best mean travel time met, and its routes.

Every route set that the annealing judges is offered, taken over or not, so one pass fills many points of the front.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .kernel import kernel
from .problem import Problem

#: Steps of an archive at most; where whole minutes need fewer, a step is a minute.
STEPS_AT_MOST = 8192


class Archive(NamedTuple):
    """Best route sets by total route time; every array is written by the kernels."""

    att: npt.NDArray[np.float64]  # (steps,) minutes, inf where nothing is kept
    trt: npt.NDArray[np.float64]  # (steps,) minutes
    least: npt.NDArray[np.float64]  # (steps,) least att known at this total route time or below
    routes: npt.NDArray[np.int16]  # (steps, R, width)
    length: npt.NDArray[np.int16]  # (steps, R)
    scale: npt.NDArray[np.float64]  # (2,) total route time of the first step, minutes per step


def no_archive() -> Archive:
    """An archive that keeps nothing, for searches that want one route set."""
    none = np.zeros(0)
    return Archive(none, none, none, np.zeros((0, 0, 0), np.int16), np.zeros((0, 0), np.int16), np.ones(2))


def new_archive(p: Problem, low: float, high: float, whole: bool) -> Archive:
    """An empty archive from ``low`` to ``high`` minutes of total route time; what lies above falls in the last step."""
    span = max(high - low, 1e-6)
    steps = min(STEPS_AT_MOST, int(span) + 1) if whole else STEPS_AT_MOST
    return Archive(
        att=np.full(steps, np.inf),
        trt=np.full(steps, np.inf),
        least=np.full(steps, np.inf),
        routes=np.zeros((steps, p.n_routes, p.max_nodes), np.int16),
        length=np.zeros((steps, p.n_routes), np.int16),
        scale=np.array([low, max(1.0, span / steps) if whole else span / steps]),
    )


@kernel
def step_of(archive: Archive, trt: float) -> int:
    """The step that a total route time falls in."""
    step = int((trt - archive.scale[0]) / archive.scale[1] + 1e-9)
    return min(max(step, 0), len(archive.att) - 1)


@kernel
def is_new(archive: Archive, att: float, trt: float) -> bool:
    """Whether no route set known has at most this total route time and mean travel time."""
    return len(archive.att) > 0 and att < archive.least[step_of(archive, trt)] - 1e-7


@kernel
def keep(
    archive: Archive, att: float, trt: float, routes: np.ndarray, length: np.ndarray,
    r: int, x: np.ndarray, m: int, q: int, y: np.ndarray, n: int,
) -> None:  # fmt: skip
    """Keep a route set that `is_new`: the given one with x in the place of route r and y of route q (-1: none)."""
    step = step_of(archive, trt)
    archive.att[step], archive.trt[step] = att, trt
    while step < len(archive.least) and archive.least[step] > att:
        archive.least[step] = att
        step += 1
    step = step_of(archive, trt)
    for o in range(len(length)):
        if o == r:
            archive.length[step, o] = m
            for k in range(m):
                archive.routes[step, o, k] = x[k]
        elif o == q:
            archive.length[step, o] = n
            for k in range(n):
                archive.routes[step, o, k] = y[k]
        else:
            archive.length[step, o] = length[o]
            for k in range(length[o]):
                archive.routes[step, o, k] = routes[o, k]
