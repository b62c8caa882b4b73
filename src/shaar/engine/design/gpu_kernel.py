"""The CUDA kernel of `gpu`, in a module of its own: importing it needs numba's CUDA target."""

# numba's simulator finds `cuda` only among the names of the module.
from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

#: A label is minutes << LEG_BITS | rides, as in `evaluate`; here in 32 bits.
LEG_BITS = 10
_LEGS = (1 << LEG_BITS) - 1
#: No way: the sum of two still fits 31 bits.
FAR = np.int32((2**20 - 1) << LEG_BITS)


@cuda.jit
def judge(
    nodes: Any,
    forth: Any,
    back: Any,
    route: Any,
    first: Any,
    trips: Any,
    penalty: int,
    cut: int,
    label: Any,
    share: Any,
) -> None:
    """Judge one route set per block.

    Parameters
    ----------
    nodes, forth, back, route, first
        Route sets as `gpu` packs them.
    trips
        Demand, shape (n, n), int64.
    penalty, cut
        Minutes of a transfer; the longest way that counts as served.
    label
        Shape (sets, n, n), int32, written: fastest ways with the penalty of the first boarding.
    share
        Shape (sets, threads, 6), int64, written: each thread's sums of minutes and of trips with 0, 1, 2, more
        transfers and unserved.
    """
    one = cuda.blockIdx.x
    thread = cuda.threadIdx.x
    threads = cuda.blockDim.x
    n = trips.shape[0]
    table = label[one]
    # A thread owns whole rows, so that no two write the same place.
    for i in range(thread, n, threads):
        for j in range(n):
            table[i, j] = FAR
        table[i, i] = 0
    for r in range(first[one], first[one + 1]):
        for a in range(route[r], route[r + 1]):
            here = nodes[a]
            if here % threads != thread:
                continue
            for b in range(route[r], route[r + 1]):
                there = nodes[b]
                ride = forth[b] - forth[a] if b > a else back[a] - back[b]
                way = ((ride + penalty) << LEG_BITS) + 1
                if here != there and way < table[here, there]:
                    table[here, there] = way
    for k in range(n):
        # Row and column k do not change while k is the node between, so the places may be done in any order.
        cuda.syncthreads()
        for place in range(thread, n * n, threads):
            i = place // n
            j = place - i * n
            to = table[i, k]
            if to < FAR:
                way = to + table[k, j]
                table[i, j] = min(table[i, j], way)
    cuda.syncthreads()
    minutes = 0
    d0 = 0
    d1 = 0
    d2 = 0
    more = 0
    unserved = 0
    for place in range(thread, n * n, threads):
        i = place // n
        j = place - i * n
        asked = trips[i, j]
        if asked == 0 or i == j:
            continue
        found = table[i, j]
        rides = found & _LEGS
        way = (found >> LEG_BITS) - penalty
        if found >= FAR or way > cut:
            unserved += asked
            continue
        minutes += asked * way
        if rides == 1:
            d0 += asked
        elif rides == 2:
            d1 += asked
        elif rides == 3:
            d2 += asked
        else:
            more += asked
    share[one, thread, 0] = minutes
    share[one, thread, 1] = d0
    share[one, thread, 2] = d1
    share[one, thread, 3] = d2
    share[one, thread, 4] = more
    share[one, thread, 5] = unserved
