"""Compiled skims: what journeys by optimal strategies consist of."""

from __future__ import annotations

import numpy as np
from numba import njit

from shaar.engine.assignment.kernels import labels


@njit(cache=True, nogil=True)
def skim_block(  # type: ignore[no-untyped-def]
    first, step, dests, origins, in_ptr, in_link, out_ptr, out_link, tail, head, cost, freq, waits, wait, parts,
    minutes, found,
):  # fmt: skip
    """Serve destinations ``first, first + step, ...``: labels, then every part of the way there in settling order.

    Every node that a strategy leads to is settled before the node it leads from, so one pass suffices.

    Parameters
    ----------
    parts
        Amounts on links, shape (k, m).
    minutes, found
        Filled: expected minutes, shape (d, o), and expected amounts, shape (k + 1, d, o), waiting last; inf and nan
        where no line leads.
    """
    n = len(in_ptr) - 1
    m = len(tail)
    kinds = parts.shape[0]
    u = np.empty(n)
    f = np.empty(n)
    via = np.empty(n, np.int64)
    chosen = np.full(m, -1, np.int64)
    settled = np.full(n, -1, np.int64)
    order = np.empty(n, np.int64)
    keys = np.empty(2 * m + n + 2)
    items = np.empty(2 * m + n + 2, np.int64)
    amount = np.zeros((n, kinds + 1))
    for k in range(first, len(dests), step):
        dest = dests[k]
        count = labels(
            dest, k, in_ptr, in_link, tail, cost, freq, waits, wait, u, f, via, chosen, settled, order, keys, items
        )
        for q in range(count):
            i = order[q]
            amount[i, :] = 0.0
            a = via[i]
            if i == dest:
                continue
            if a >= 0:
                amount[i, :] = amount[head[a], :]
                for p in range(kinds):
                    amount[i, p] += parts[p, a]
            elif f[i] > 0.0:
                for e in range(out_ptr[i], out_ptr[i + 1]):
                    a = out_link[e]
                    if chosen[a] == k:
                        share = freq[a] / f[i]
                        for p in range(kinds):
                            amount[i, p] += share * (amount[head[a], p] + parts[p, a])
                        amount[i, kinds] += share * amount[head[a], kinds]
                amount[i, kinds] += wait / f[i]
        for j in range(len(origins)):
            o = origins[j]
            minutes[k, j] = u[o]
            for p in range(kinds + 1):
                found[p, k, j] = amount[o, p] if settled[o] == k else np.nan
