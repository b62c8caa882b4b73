"""Whether the vehicles of each type can run every line at its longest headway, and the least relaxation if not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from shaar.engine.design.headways_task import FleetTask

I64 = npt.NDArray[np.int64]

#: Steps of the exhaustive search for any types that fit.
STEPS = 200_000
#: The same where only the least relaxation is looked for: many searches one after another.
FEWER_STEPS = 5_000
#: Longest headway (min) that is tried as a relaxation.
SELDOM = 60


def any_fit(may: npt.NDArray[np.bool_], least: I64, room: I64, steps: int = STEPS) -> I64 | None:
    """Give each line a type so that the limits hold in every period, or None where no way is found.

    Depth first, lines with most vehicles first, the type with most left first.

    Parameters
    ----------
    may
        Which line may be run by which type, shape (l, k).
    least, room
        Vehicles that each line needs, shape (p, l), and vehicles of each type, shape (p, k).
    """
    lines = np.argsort(-least.max(axis=0), kind="stable")
    chosen = np.full(may.shape[0], -1, np.int64)
    taken = 0

    def descend(i: int, left: I64) -> bool:
        nonlocal taken
        if i == len(lines):
            return True
        line = lines[i]
        for k in sorted(np.flatnonzero(may[line]), key=lambda k: (-int((left[:, k] - least[:, line]).min()), int(k))):
            taken += 1
            if taken > steps:
                return False
            if (left[:, k] >= least[:, line]).all():
                after = left.copy()
                after[:, k] -= least[:, line]
                chosen[line] = k
                if descend(i + 1, after):
                    return True
        return False

    return chosen if descend(0, room.copy()) else None


def suffices(task: FleetTask, periods: Sequence[int] | None = None, steps: int = FEWER_STEPS) -> bool:
    """Say whether every line can be run at its longest headway with one of its types (in these periods)."""
    chosen = range(len(task.periods)) if periods is None else periods
    least = np.stack([task.least(p) for p in chosen])
    room = np.stack([task.room(p) for p in chosen])
    if (least.sum(axis=1) > room.sum(axis=1)).any():
        return False
    return any_fit(task.may(), least, room, steps) is not None


def too_few(task: FleetTask) -> str:
    """Say which period and types bind, and the least of more vehicles or longer headways that helps.

    Each relaxation is looked for alone: more vehicles of one type, or longer headways in the periods that bind.
    """
    every = range(len(task.periods))
    binding = [p for p in every if not suffices(task, [p])]
    where = ", ".join(task.periods[p].name for p in binding or every)
    least = max((int(task.least(p).sum()) for p in binding or every), default=0)
    have = {p: int(task.room(p).sum()) for p in every}
    short = [p for p in binding if int(task.least(p).sum()) > have[p]]
    if short:
        p = max(short, key=lambda p: int(task.least(p).sum()) - have[p])
        said = (
            f"{have[p]} vehicles are too few ({task.periods[p].name}): the longest headways allowed on "
            f"{task.model.lines} lines take {int(task.least(p).sum())}"
        )
    else:
        said = (
            f"the vehicles suffice in sum, but not by type ({where}): the longest headways allowed on "
            f"{task.model.lines} lines take {least}, each line needs all its vehicles of one type, and "
            f"{_limits(task, binding or list(every))} may run"
        )
    help_ = [x for x in (_more(task), _longer(task, binding or list(every))) if x]
    return f"{said}; {' or '.join(help_)} would do" if help_ else f"{said}; no single relaxation was found that helps"


def _limits(task: FleetTask, periods: Sequence[int]) -> str:
    room = np.min([task.room(p) for p in periods], axis=0)
    return ", ".join(f"{n} {kind.key}" for n, kind in zip(room, task.types, strict=True))


def _more(task: FleetTask) -> str:
    """The fewest more vehicles of one type."""
    best: tuple[int, str] | None = None
    limits = np.asarray(task.limits)
    for k, kind in enumerate(task.types):
        if not task.may()[:, k].any():
            continue
        low, high = 1, max(2 * int(limits.sum()), 8 * task.model.lines)
        if best is not None:
            high = min(high, best[0])
        if not suffices(_with_more(task, k, high)):
            continue
        while low < high:
            middle = (low + high) // 2
            if suffices(_with_more(task, k, middle)):
                high = middle
            else:
                low = middle + 1
        if best is None or low < best[0]:
            best = low, kind.key
    return "" if best is None else f"{best[0]} more vehicle{'s' * (best[0] > 1)} ({best[1]})"


def _with_more(task: FleetTask, k: int, extra: int) -> FleetTask:
    limits = np.asarray(task.limits).copy()
    limits[k] += extra
    return replace(task, limits=limits)


def _longer(task: FleetTask, binding: Sequence[int]) -> str:
    """The least longest headway in the periods that bind."""
    now = max(int(np.max(task.periods[p].longest)) for p in binding)
    low, high = now + 1, SELDOM
    if low > high or not suffices(_with_longest(task, binding, high)):
        return ""
    while low < high:
        middle = (low + high) // 2
        if suffices(_with_longest(task, binding, middle)):
            high = middle
        else:
            low = middle + 1
    return f"headways up to {low} min ({', '.join(task.periods[p].name for p in binding)})"


def _with_longest(task: FleetTask, binding: Sequence[int], longest: int) -> FleetTask:
    periods = tuple(
        replace(period, longest=np.maximum(period.longest, float(longest))) if p in binding else period
        for p, period in enumerate(task.periods)
    )
    return replace(task, periods=periods)
