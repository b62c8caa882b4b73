"""Judge many route sets at once on an NVIDIA GPU; the figures equal those of `evaluate` to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import InputError, ShaarError
from .evaluate import Evaluation, total_route_time
from .instance import Instance, RouteSet
from .network import check_routes_drivable, flat

_MOST_MINUTES = 2**15 - 2  # a fastest way must fit 16 bits
_NO_CUT = 2**20  # longer than any label
_LARGEST_TOTAL = 2**53  # whole numbers up to this are exact as float64, so that the CPU's sums are exact too
#: Sums per route set: minutes of the served, and trips with 0, 1, 2 transfers, with more, unserved.
_SUMS = 6


class _Packed(NamedTuple):
    nodes: npt.NDArray[np.int32]  # (stops of all routes of all sets,)
    forth: npt.NDArray[np.int32]  # (stops,) minutes from the first stop of the route, and
    back: npt.NDArray[np.int32]  # (stops,) from here to it
    route: npt.NDArray[np.int32]  # (routes of all sets + 1,) first stop of each
    first: npt.NDArray[np.int32]  # (sets + 1,) first route of each


def available() -> str | None:
    """Why `evaluate_many` cannot run here: one sentence; None where it can.

    The simulator of numba (``NUMBA_ENABLE_CUDASIM=1``) counts as a GPU: it is for tests and very slow.
    """
    try:
        from numba import cuda
    except ImportError as error:
        return f"numba's CUDA target is not installed; `pip install shaar[gpu]` adds it ({error})"
    try:
        if cuda.is_available():
            return None
    except Exception as error:  # a broken driver raises errors of its own
        return f"the CUDA driver does not work ({' '.join(str(error).split())})"
    return "no NVIDIA GPU with a CUDA driver was found"


def evaluate_many(
    instance: Instance, sets: Sequence[RouteSet], *, batch: int = 256, threads: int = 128
) -> list[Evaluation]:
    """Exact quality of many route sets.

    One block of threads judges one route set: ride times, all-pairs shortest paths over rides and the sums, as
    `evaluate.fastest` and `evaluate.summarise` do, in whole numbers. They leave the GPU as 64-bit sums, so that
    nothing depends on the order of additions.

    Parameters
    ----------
    instance
        The problem; run times, transfer penalty, demand and ``unserved_minutes`` (if not ``inf``) in whole numbers.
    sets
        Route sets over drivable links.
    batch
        How many lie on the GPU at a time: each takes ``4 n^2`` bytes.
    threads
        Of a block; no figure depends on it.

    Raises
    ------
    InputError
        If something is no whole number or too large for 16 bits, or a route set uses what is no link.
    ShaarError
        If there is no GPU; `available` says why.
    """
    sums, _, _ = _run(instance, sets, batch, threads, matrices=False)
    total = float(instance.demand.sum())
    out = []
    for routes, (minutes, d0, d1, d2, more, unserved) in zip(sets, sums.tolist()):
        counted = float(minutes)
        if unserved:
            counted += unserved * instance.unserved_minutes
        s0, s1, s2, sun = (100.0 * trips / total for trips in (d0, d1, d2, more + unserved))
        trt = total_route_time(instance, routes)
        out.append(Evaluation(att=counted / total, d0=s0, d1=s1, d2=s2, dun=sun, trt=trt))
    return out


def fastest_many(
    instance: Instance, sets: Sequence[RouteSet], *, batch: int = 256, threads: int = 128
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Fastest minutes and transfers between all nodes for many route sets, both of shape (sets, n, n).

    Both are -1 where no way leads; transfers are -1 on the diagonal, as in `evaluate.fastest`. Parameters and errors
    are those of `evaluate_many`.
    """
    _, minutes, transfers = _run(instance, sets, batch, threads, matrices=True)
    return minutes, transfers


def _run(
    instance: Instance, sets: Sequence[RouteSet], batch: int, threads: int, *, matrices: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    if batch < 1 or not 1 <= threads <= 1024:
        raise InputError(f"a batch of 1 or more and 1 to 1024 threads are needed, not {batch} and {threads}")
    times, demand, penalty, cut = _whole(instance)
    for routes in sets:
        check_routes_drivable(instance, routes)
    if reason := available():
        raise ShaarError(f"route sets cannot be judged on a GPU: {reason}")
    from numba import cuda

    from .gpu_kernel import FAR, LEG_BITS, judge

    n = instance.n
    trips = cuda.to_device(demand)
    sums = np.zeros((len(sets), _SUMS), np.int64)
    shape = (len(sets), n, n) if matrices else (0, n, n)
    minutes, transfers = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    for start in range(0, len(sets), batch):
        part = sets[start : start + batch]
        label = cuda.device_array((len(part), n, n), np.int32)
        share = cuda.device_array((len(part), threads, _SUMS), np.int64)
        packed = [cuda.to_device(array) for array in _pack(times, part)]
        judge[len(part), threads](*packed, trips, penalty, cut, label, share)
        sums[start : start + batch] = share.copy_to_host().sum(axis=1)
        if matrices:
            found = label.copy_to_host()
            reached = found < FAR
            ride = (found & ((1 << LEG_BITS) - 1)) - 1
            way = np.where(ride >= 0, (found >> LEG_BITS) - penalty, 0)
            if way.max(initial=0) > _MOST_MINUTES:  # a route that passes a node twice may be this long
                raise InputError(f"a way of {way.max()} minutes does not fit 16 bits", field="routes")
            minutes[start : start + batch] = np.where(reached, way, -1)
            transfers[start : start + batch] = np.where(reached, ride, -1)
    return sums, minutes, transfers


def _whole(instance: Instance) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int, int]:
    """Times, demand, penalty and cut as whole numbers, or why not."""
    finite = instance.time[np.isfinite(instance.time)]
    values = (
        ("run times", finite),
        ("demand", instance.demand),
        ("transfer penalty", np.array([instance.transfer_penalty])),
    )
    for name, array in values:
        if not np.all(array == np.rint(array)):
            raise InputError(
                f"the GPU counts whole numbers, but not all of the {name} of {instance.name} are", field=name
            )
    longest = (instance.n - 1) * (float(finite.max(initial=0.0)) + instance.transfer_penalty)
    if longest + instance.transfer_penalty > _MOST_MINUTES:
        raise InputError(f"ways of up to {longest:g} minutes do not fit the 16 bits of the GPU", field="time")
    total = float(instance.demand.sum())
    if not total > 0:
        raise InputError(f"{instance.name} has no demand, so there is no travel time to average")
    cut = _NO_CUT
    if np.isfinite(instance.unserved_minutes):
        if instance.unserved_minutes != round(instance.unserved_minutes):
            raise InputError("the GPU counts whole minutes", field="unserved_minutes")
        cut = min(cut, int(instance.unserved_minutes))
        longest = max(longest, instance.unserved_minutes)
    if np.any(np.diagonal(instance.demand)):
        raise InputError(f"{instance.name} has trips from a node to itself", field="demand")
    if total * max(longest, 1.0) > _LARGEST_TOTAL:
        raise InputError(f"{total:g} trips are too many for exact sums", field="demand")
    times = np.where(np.isfinite(instance.time), instance.time, 0.0).astype(np.int64)
    return times, np.ascontiguousarray(instance.demand.astype(np.int64)), int(instance.transfer_penalty), cut


def _pack(times: npt.NDArray[np.int64], sets: Sequence[RouteSet]) -> _Packed:
    routes = tuple(route for one in sets for route in one)
    nodes, start = flat(routes)
    forth, back = np.zeros(len(nodes), np.int32), np.zeros(len(nodes), np.int32)
    for k, route in enumerate(routes):
        legs = np.array([(times[a, b], times[b, a]) for a, b in pairwise(route)], np.int64).reshape(-1, 2)
        forth[start[k] + 1 : start[k + 1]] = np.cumsum(legs[:, 0])
        back[start[k] + 1 : start[k + 1]] = np.cumsum(legs[:, 1])
    first = np.zeros(len(sets) + 1, np.int32)
    np.cumsum([len(one) for one in sets], out=first[1:])
    return _Packed(nodes.astype(np.int32), forth, back, start.astype(np.int32), first)
