"""The front of mean travel time against total route time: what each further minute of service buys."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..errors import InputError, ShaarError
from ..progress import Progress, silent
from .instance import Instance
from .search import SearchResult, search


def dominates(a: SearchResult, b: SearchResult) -> bool:
    """Whether a is no worse than b in mean travel time and in total route time, and better in one."""
    return a.att <= b.att and a.trt <= b.trt and (a.att < b.att or a.trt < b.trt)


def non_dominated(results: Sequence[SearchResult]) -> list[SearchResult]:
    """The results that no other dominates, from the longest total route time to the shortest; of equals the first."""
    kept: list[SearchResult] = []
    for one in results:
        if any(dominates(other, one) or (other.att == one.att and other.trt == one.trt) for other in kept):
            continue
        kept = [other for other in kept if not dominates(one, other)]
        kept.append(one)
    return sorted(kept, key=lambda one: -one.trt)


def front(
    instance: Instance,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    caps: Sequence[float] | int = 10,
    chains: int = 1,
    progress: Progress = silent,
) -> list[SearchResult]:
    """A front of route sets, by capping the total route time ever lower (the epsilon-constraint method).

    Parameters
    ----------
    instance
        The problem.
    seconds
        Wall clock time for the whole front, shared equally by its points.
    iterations
        Proposals per chain and point, instead of or beside ``seconds``; alone it makes the front reproducible.
    seed
        Makes the random numbers; point k uses ``seed + k``.
    caps
        Caps on the total route time in minutes, or how many: then they fall evenly on a logarithmic scale from the
        total of the uncapped best to a quarter of it.
    chains, progress
        As in `search.search`.

    Returns
    -------
    list of SearchResult
        Non-dominated, by falling total route time; caps for which nothing was found are left out. Interrupted: what
        was found until then.

    Raises
    ------
    InputError
        If the instance is impossible or ``caps`` is not understood.
    ShaarError
        If no feasible routes were found at all.
    """
    if isinstance(caps, int):
        if caps < 1:
            raise InputError(f"at least one point is needed, not {caps}", field="caps")
        points = caps
    else:
        if not caps or not all(cap > 0 for cap in caps):
            raise InputError("caps must be minutes above zero", field="caps")
        points = len(caps)
    began = time.monotonic()
    found: list[SearchResult] = []
    failure: ShaarError | None = None
    limits: list[float | None] = [None]
    if not isinstance(caps, int):
        limits = [float(cap) for cap in sorted(caps, reverse=True)]
    k = 0
    while k < len(limits):
        cap = limits[k]
        # The routes found last exceed the next cap; the search shortens them until they keep it.
        start = found[-1].routes if found else None
        share = None if seconds is None else max(0.0, began + seconds - time.monotonic()) / (points - k)

        def tell(stage: str, done: float, total: float | None = None, note: str = "", k: int = k) -> None:
            part = done / total if total else 0.0
            progress("front", k + part, points, note)

        try:
            result = search(
                instance, seconds=share, iterations=iterations, seed=seed + k, total_cap=cap, start=start,
                chains=chains, progress=tell,
            )  # fmt: skip
        except ShaarError as error:
            failure = failure or error
            if not found and (cap is None or k == len(limits) - 1):
                raise
        else:
            found.append(result)
            if result.interrupted:
                break
            if cap is None:
                limits += [result.trt * 0.25 ** (step / (points - 1)) for step in range(1, points)]
        k += 1
    if not found and failure is not None:
        raise failure
    return non_dominated(found)
