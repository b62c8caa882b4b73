"""Stops of an edited timetable: which are as they were, and numbers of their own for those that are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.routing.events import I32, I64
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable

#: Longest walk that can be compared, seconds.
LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Stops:
    """Stops with their walks.

    Parameters
    ----------
    ids
        Number of each stop id.
    number
        int32[stops of the timetable]: the number of each; -1 where a stop of the timetable has none.
    n
        Numbers in use.
    access, transfers, egress, near
        Walks by number; ``near`` is zone -> stop timed as egress.
    """

    ids: dict[str, int]
    number: I32
    n: int
    access: WalkLinks
    transfers: WalkLinks
    egress: WalkLinks
    near: WalkLinks

    @staticmethod
    def of(day: DayTimetable, access: WalkLinks, transfers: WalkLinks, egress: WalkLinks) -> Stops:
        """Stops of a base, numbered as in its timetable."""
        _check(day, access, transfers, egress)
        ids = {s: k for k, s in enumerate(day.stop_ids)}
        number = np.arange(day.n_stops, dtype=np.int32)
        return Stops(ids, number, day.n_stops, access, transfers, egress, egress.transposed())

    def zones_of(self, stops: npt.NDArray[np.integer]) -> I64:
        """Zones that can be walked to from some stops, rising."""
        part = [self.egress.to[self.egress.ptr[s] : self.egress.ptr[s + 1]] for s in stops]
        return np.unique(np.concatenate(part)).astype(np.int64) if part else np.zeros(0, np.int64)


def edited_stops(
    base: Stops,
    day: DayTimetable,
    access: WalkLinks | None,
    transfers: WalkLinks | None,
    egress: WalkLinks | None,
) -> Stops:
    """Number the stops of an edited timetable: as in the base where their walks are the same, else anew.

    A stop is another one when its walks from or to zones differ, or a walk to a stop that is as it was.

    Raises
    ------
    ValueError
        No walks are given for a stop that the base does not have, or they do not fit the timetable.
    """
    known = np.array([base.ids.get(s, -1) for s in day.stop_ids], np.int32)
    if access is None or transfers is None or egress is None:
        if not (access is transfers is egress is None):
            raise ValueError("give access, transfers and egress, or none of them")
        if (known[day.pattern_stops] < 0).any():
            name = day.stop_ids[int(day.pattern_stops[np.argmax(known[day.pattern_stops] < 0)])]
            raise ValueError(f'stop "{name}" is new: its walks are needed')
        return Stops(base.ids, known, base.n, base.access, base.transfers, base.egress, base.near)
    _check(day, access, transfers, egress)
    if access.n != base.access.n:
        raise ValueError("access must speak of the zones of the base")
    other = np.zeros(base.n + 1, bool)  # the last stands for -1
    other[_columns(_codes(base.access, base.n), _codes(access, base.n, to=known), base.n)[1]] = True
    n_z = access.n
    other[_columns(_codes(base.egress, n_z), _codes(egress, n_z, row=known), n_z)[0]] = True
    a, b = _columns(_codes(base.transfers, base.n), _codes(transfers, base.n, row=known, to=known), base.n)
    other[a[~(other[a] | other[b])]] = True
    own = known.copy()
    own[(known < 0) | other[known]] = -1
    anew = np.flatnonzero(own < 0)
    own[anew] = base.n + np.arange(len(anew))
    n = base.n + len(anew)
    egress = _renumbered(egress, row=own, n_row=n)
    return Stops(
        ids={s: int(k) for s, k in zip(day.stop_ids, own, strict=True)},
        number=own,
        n=n,
        access=_renumbered(access, to=own, n_to=n),
        transfers=_renumbered(transfers, row=own, to=own, n_row=n, n_to=n),
        egress=egress,
        near=egress.transposed(),
    )


def _check(day: DayTimetable, access: WalkLinks, transfers: WalkLinks, egress: WalkLinks) -> None:
    if access.n_to != day.n_stops or egress.n != day.n_stops or transfers.n != day.n_stops:
        raise ValueError("access, egress and transfers must speak of the timetable's stops")


def _triples(walks: WalkLinks) -> tuple[I64, I64, I64]:
    row = np.repeat(np.arange(walks.n, dtype=np.int64), np.diff(walks.ptr))
    return row, walks.to.astype(np.int64), walks.seconds.astype(np.int64)


def _codes(walks: WalkLinks, n_to: int, *, row: I32 | None = None, to: I32 | None = None) -> I64:
    """One number a walk; walks of stops numbered -1 are left out."""
    a, b, s = _triples(walks)
    a = a if row is None else row[a].astype(np.int64)
    b = b if to is None else to[b].astype(np.int64)
    use = (a >= 0) & (b >= 0)
    return (((a * n_to + b) * LONGEST) + s)[use]


def _columns(before: I64, after: I64, n_to: int) -> tuple[I64, I64]:
    """Both ends of the walks that are in one only."""
    pair = np.setxor1d(before, after) // LONGEST
    return pair // n_to, pair % n_to


def _renumbered(
    walks: WalkLinks,
    *,
    row: I32 | None = None,
    to: I32 | None = None,
    n_row: int | None = None,
    n_to: int | None = None,
) -> WalkLinks:
    a, b, _ = _triples(walks)
    a = a if row is None else row[a].astype(np.int64)
    b = b if to is None else to[b].astype(np.int64)
    order = np.lexsort((b, a))
    ptr = np.searchsorted(a[order], np.arange((walks.n if n_row is None else n_row) + 1)).astype(np.int64)
    seconds, metres = walks.seconds[order], walks.metres[order]
    return WalkLinks(ptr, b[order].astype(np.int32), metres, seconds, walks.n_to if n_to is None else n_to)
