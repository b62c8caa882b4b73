"""Nested logit cell by cell: shares and sums without arrays of every nest. Twins of ``nested_logit`` on flat arrays."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _cell(u, lacking, theta, parent, home, worth, best, inside, p):  # type: ignore[no-untyped-def]
    """Fill shares ``p`` of the modes and ``inside`` of the nests for one cell; return the logsum."""
    m, n = len(home), len(theta)
    for k in range(n):
        best[k] = -np.inf
    for j in range(m):
        if not lacking[j] and u[j] > best[home[j]]:
            best[home[j]] = u[j]
    for k in range(n - 1, -1, -1):
        if best[k] == -np.inf:
            worth[k] = -np.inf
            continue
        total = 0.0
        for j in range(m):
            if home[j] == k and not lacking[j]:
                p[j] = np.exp((u[j] - best[k]) / theta[k])
                total += p[j]
        for c in range(k + 1, n):
            if parent[c] == k and worth[c] > -np.inf:
                inside[c] = np.exp((worth[c] - best[k]) / theta[k])
                total += inside[c]
        for j in range(m):
            if home[j] == k and not lacking[j]:
                p[j] /= total
        for c in range(k + 1, n):
            if parent[c] == k and worth[c] > -np.inf:
                inside[c] /= total
        worth[k] = best[k] + theta[k] * np.log(total)
        if k > 0 and worth[k] > best[parent[k]]:
            best[parent[k]] = worth[k]
    inside[0] = 1.0 if worth[0] > -np.inf else 0.0
    for k in range(1, n):
        inside[k] = inside[k] * inside[parent[k]] if worth[k] > -np.inf else 0.0
    for j in range(m):
        p[j] = 0.0 if lacking[j] or worth[home[j]] == -np.inf else p[j] * inside[home[j]]
    return worth[0]


@njit(cache=True, nogil=True)
def nested_shares(utilities, lacking, kinds, theta, parent, home, shares, logsum, closed):  # type: ignore[no-untyped-def]
    """Mean shares of several kinds of people who differ by what they lack.

    Parameters
    ----------
    utilities
        float64[cells, m].
    lacking
        bool[kinds, m]; ``kinds`` their weights, float64[kinds], summing to one.
    theta, parent, home
        The tree: float64[n], int64[n], int64[m].
    shares, logsum, closed
        Out: float64[m, cells], float64[cells] (weighted mean), float64[cells] (weight of the kinds with no mode).
    """
    m, n = len(home), len(theta)
    worth, best, inside = np.empty(n), np.empty(n), np.empty(n)
    p = np.empty(m)
    for w in range(utilities.shape[0]):
        for j in range(m):
            shares[j, w] = 0.0
        logsum[w] = 0.0
        closed[w] = 0.0
        for q in range(len(kinds)):
            value = _cell(utilities[w], lacking[q], theta, parent, home, worth, best, inside, p)
            logsum[w] += kinds[q] * value
            if value == -np.inf:
                closed[w] += kinds[q]
            for j in range(m):
                shares[j, w] += kinds[q] * p[j]


@njit(cache=True, nogil=True)
def nested_sums(utilities, weights, constants, lacking, kinds, theta, parent, home, under, modelled, slope):  # type: ignore[no-untyped-def]
    """Add trips by mode and their derivatives by the constants to ``modelled`` and ``slope``; return trips x logsum.

    Parameters
    ----------
    utilities, weights
        float64[cells, m] and trips float64[cells], all positive and with some mode.
    constants
        float64[m], ``-inf`` for a mode that is shut.
    under
        bool[n, m]: the mode stands in the nest or deeper.
    """
    m, n = len(home), len(theta)
    worth, best, inside = np.empty(n), np.empty(n), np.empty(n)
    p, u, scaled = np.empty(m), np.empty(m), np.empty(m)
    value = 0.0
    for w in range(utilities.shape[0]):
        for j in range(m):
            u[j] = utilities[w, j] + constants[j]
        for q in range(len(kinds)):
            trips = weights[w] * kinds[q]
            if trips == 0.0:
                continue
            value += trips * _cell(u, lacking[q], theta, parent, home, worth, best, inside, p)
            for j in range(m):
                modelled[j] += trips * p[j]
                slope[j, j] += trips * p[j] / theta[home[j]]
            for k in range(n):
                factor = (0.0 if k == 0 else 1.0 / theta[parent[k]]) - 1.0 / theta[k]
                if factor == 0.0 or inside[k] == 0.0:
                    continue
                factor *= trips / inside[k]
                for j in range(m):
                    scaled[j] = p[j] if under[k, j] else 0.0
                for j in range(m):
                    if scaled[j] == 0.0:
                        continue
                    for i in range(m):
                        slope[j, i] += factor * scaled[j] * scaled[i]
    return value
