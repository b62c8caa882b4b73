"""A binary heap in two arrays, for compiled searches of every room: least key first, with what it belongs to."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, inline="always")
def push(keys, items, size, key, item):  # type: ignore[no-untyped-def]
    """Put an entry in; returns the new size."""
    i = size
    while i > 0:
        p = (i - 1) >> 1
        if keys[p] <= key:
            break
        keys[i] = keys[p]
        items[i] = items[p]
        i = p
    keys[i] = key
    items[i] = item
    return size + 1


@njit(cache=True, nogil=True, inline="always")
def sift(keys, items, size):  # type: ignore[no-untyped-def]
    """Put the last entry in the place of the first, which was taken; returns the new size."""
    size -= 1
    key = keys[size]
    item = items[size]
    i = 0
    while True:
        c = 2 * i + 1
        if c >= size:
            break
        if c + 1 < size and keys[c + 1] < keys[c]:
            c += 1
        if keys[c] >= key:
            break
        keys[i] = keys[c]
        items[i] = items[c]
        i = c
    keys[i] = key
    items[i] = item
    return size
