"""Compiled search over directed street edges: labels stand on edges, so that turn bans and U-turns are respected."""

from __future__ import annotations

import numpy as np
from numba import njit

from shaar.engine.heap import push, sift


@njit(cache=True, nogil=True)
def edge_tree(ptr, succ, cost, minutes, start, start_label, target, limit):  # type: ignore[no-untyped-def]
    """Least minutes to the end of every directed edge, from edges that already carry a label (Dijkstra 1959).

    Parameters
    ----------
    ptr, succ, cost
        After edge e come ``succ[ptr[e]:ptr[e+1]]`` at a turning cost ``cost`` (minutes), shape (m+1,), (k,), (k,).
    minutes
        Run time of each edge, shape (m,).
    start, start_label
        Edges to start on and the minutes at their ends, shape (s,).
    target
        Stop once every edge marked here is settled, shape (m,), bool; all False: settle everything within ``limit``.
    limit
        Edges farther than this stay at infinity.

    Returns
    -------
    label, pred
        Minutes at the end of each edge (inf if not reached) and the edge before it (-1 at the start), shape (m,).
    """
    m = len(minutes)
    label = np.full(m, np.inf)
    pred = np.full(m, -1, np.int64)
    done = np.zeros(m, np.bool_)
    heap_key = np.empty(len(succ) + len(start) + 1)
    heap_item = np.empty(len(succ) + len(start) + 1, np.int64)
    size = 0
    left = 0
    for e in range(m):
        if target[e]:
            left += 1
    stop_early = left > 0
    for k in range(len(start)):
        if start_label[k] < label[start[k]]:
            label[start[k]] = start_label[k]
            size = push(heap_key, heap_item, size, start_label[k], start[k])
    while size > 0:
        key, e = heap_key[0], heap_item[0]
        size = sift(heap_key, heap_item, size)
        if done[e]:
            continue
        done[e] = True
        if stop_early and target[e]:
            left -= 1
            if left == 0:
                break
        for k in range(ptr[e], ptr[e + 1]):
            f = succ[k]
            new = key + cost[k] + minutes[f]
            if new < label[f] and new <= limit:
                label[f] = new
                pred[f] = e
                size = push(heap_key, heap_item, size, new, f)
    return label, pred


@njit(cache=True, nogil=True)
def pass_through(label, pred, group, origin):  # type: ignore[no-untyped-def]
    """Mark edges whose path from the start ran over an edge of another group than ``origin`` before, shape (m,)."""
    m = len(label)
    through = np.zeros(m, np.bool_)
    order = np.argsort(label)
    for k in range(m):
        e = order[k]
        if label[e] == np.inf:
            break
        p = pred[e]
        if p >= 0:
            through[e] = through[p] or (group[p] >= 0 and group[p] != origin)
    return through


@njit(cache=True, nogil=True)
def layered_path(ptr, succ, cost, minutes, layer_ptr, layer_edge, layer_cost, layer_at, limit):  # type: ignore[no-untyped-def]
    """Least-minutes walk over one edge of each layer in order, every turn legal (dynamic programme over layers).

    Parameters
    ----------
    ptr, succ, cost, minutes
        As in :func:`edge_tree`.
    layer_ptr, layer_edge, layer_cost, layer_at
        Layer k may be passed on ``layer_edge[layer_ptr[k]:layer_ptr[k+1]]``, at an extra cost (minutes) and so far
        along the edge; a layer is not passed on the edge of the one before if that place lies behind it.
    limit
        Longest leg between two layers (minutes).

    Returns
    -------
    path, at
        Edges in order, and for each layer the position in ``path`` where it is passed; both empty if impossible.
    """
    n_layers = len(layer_ptr) - 1
    m = len(minutes)
    best_pred = np.full((n_layers, m), -1, np.int32)
    target = np.zeros(m, np.bool_)
    first = layer_edge[layer_ptr[0] : layer_ptr[1]]
    label_here = layer_cost[layer_ptr[0] : layer_ptr[1]].copy()
    edges_here = first.copy()
    place = np.full(m, -1.0)
    for q in range(layer_ptr[0], layer_ptr[1]):
        place[layer_edge[q]] = layer_at[q]
    empty = np.empty(0, np.int64)
    for k in range(1, n_layers):
        nxt = layer_edge[layer_ptr[k] : layer_ptr[k + 1]]
        target[:] = False
        for e in nxt:
            target[e] = True
        base = label_here.min()
        label, pred = edge_tree(ptr, succ, cost, minutes, edges_here, label_here - base, target, limit)
        for e in range(m):
            best_pred[k, e] = pred[e]
        kept = 0
        for q in range(len(nxt)):
            e = nxt[q]
            if pred[e] < 0 and layer_at[layer_ptr[k] + q] < place[e]:
                label[e] = np.inf
            if label[e] < np.inf:
                kept += 1
        if kept == 0:
            return empty, empty
        edges_here = np.empty(kept, np.int64)
        label_here = np.empty(kept)
        i = 0
        for q in range(len(nxt)):
            e = nxt[q]
            if label[e] < np.inf:
                edges_here[i] = e
                label_here[i] = label[e] + base + layer_cost[layer_ptr[k] + q]
                i += 1
        place[:] = -1.0
        for q in range(layer_ptr[k], layer_ptr[k + 1]):
            place[layer_edge[q]] = layer_at[q]
    e = edges_here[np.argmin(label_here)]
    backwards = [e]
    at = np.empty(n_layers, np.int64)
    for k in range(n_layers - 1, 0, -1):
        at[k] = len(backwards) - 1
        while best_pred[k, e] >= 0:
            e = best_pred[k, e]
            backwards.append(e)
    at[0] = len(backwards) - 1
    path = np.empty(len(backwards), np.int64)
    for i in range(len(backwards)):
        path[len(backwards) - 1 - i] = backwards[i]
    for k in range(n_layers):
        at[k] = len(backwards) - 1 - at[k]
    return path, at
