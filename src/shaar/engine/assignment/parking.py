"""Parking supply: places to park in zones, of three kinds, each with spaces, price, time limit and hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import Badge
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
#: At the kerb; open to the public off the street; belonging to houses or firms.
KINDS = ("street", "lot", "yard")


@dataclass(frozen=True, slots=True)
class Lots:
    """Places to park; one row may stand for many (all kerbs of a zone).

    Parameters
    ----------
    zone, kind
        Shape (s,): row of the zone table, index into :data:`KINDS`.
    spaces, low, high
        Shape (s,): cars that fit, and the range in which that number plausibly lies.
    price
        Shape (s,): currency of the city per hour, while a charge is made.
    limit
        Shape (s,): longest stay allowed, hours; inf where any.
    paid_from, paid_to
        Shape (s,): hours of the day between which a charge is made and the limit holds.
    badge, source
        One text a row: where the number of spaces comes from.
    """

    zone: I32
    kind: I32
    spaces: F64
    low: F64
    high: F64
    price: F64
    limit: F64
    paid_from: F64
    paid_to: F64
    badge: tuple[Badge, ...]
    source: tuple[str, ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.zone)

    def by_zone(self, n_zones: int) -> F64:
        """Spaces by zone and kind, shape (n_zones, 3)."""
        out = np.zeros((n_zones, len(KINDS)))
        np.add.at(out, (self.zone, self.kind), self.spaces)
        return out

    def rows(self, keep: npt.NDArray[np.bool_]) -> Lots:
        """Return only the rows that ``keep`` (shape (s,)) marks."""
        at = np.flatnonzero(keep)
        numbers = {n: getattr(self, n)[at] for n in _NUMBERS}
        return Lots(badge=tuple(self.badge[i] for i in at), source=tuple(self.source[i] for i in at), **numbers)


_NUMBERS = ("zone", "kind", "spaces", "low", "high", "price", "limit", "paid_from", "paid_to")


def lots(
    zone: npt.ArrayLike,
    kind: Sequence[str],
    spaces: npt.ArrayLike,
    *,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
    price: npt.ArrayLike = 0.0,
    limit: npt.ArrayLike = np.inf,
    paid_from: npt.ArrayLike = 0.0,
    paid_to: npt.ArrayLike = 24.0,
    badge: Badge | Sequence[Badge] = "assumed",
    source: str | Sequence[str] = "",
) -> Lots:
    """Make places to park from columns; a single value stands for all rows.

    Raises
    ------
    InputError
        A kind is unknown, a number is negative or not a number, or hours do not lie between 0 and 24.
    """
    z = np.asarray(zone, np.int32)
    n = len(z)
    for row, k in enumerate(kind):
        if k not in KINDS:
            raise InputError(f"the kind of parking is one of {', '.join(KINDS)}, not {k!r}", row=row + 1, field="kind")

    def column(value: npt.ArrayLike) -> F64:
        return np.broadcast_to(np.asarray(value, np.float64), (n,)).copy()

    room = column(spaces)
    made = Lots(
        zone=z,
        kind=np.array([KINDS.index(k) for k in kind], np.int32),
        spaces=room,
        low=room.copy() if low is None else column(low),
        high=room.copy() if high is None else column(high),
        price=column(price),
        limit=column(limit),
        paid_from=column(paid_from),
        paid_to=column(paid_to),
        badge=(badge,) * n if isinstance(badge, str) else tuple(badge),
        source=(source,) * n if isinstance(source, str) else tuple(source),
    )
    return checked(made)


def checked(given: Lots) -> Lots:
    """Return the places to park as they are if they can be used.

    Raises
    ------
    InputError
        As :func:`lots`.
    """
    for name in ("spaces", "low", "high", "price"):
        bad = np.flatnonzero(~(np.isfinite(getattr(given, name)) & (getattr(given, name) >= 0)))
        if len(bad):
            raise InputError("the number is negative or missing", row=int(bad[0]) + 1, field=name)
    bad = np.flatnonzero(~(given.limit > 0))
    if len(bad):
        raise InputError("the longest stay is not above zero", row=int(bad[0]) + 1, field="limit")
    span = (given.paid_from >= 0) & (given.paid_from <= given.paid_to) & (given.paid_to <= 24)
    bad = np.flatnonzero(~span)
    if len(bad):
        raise InputError("hours are not a span of one day", row=int(bad[0]) + 1, field="paid_from")
    return given


def join(parts: Sequence[Lots]) -> Lots:
    """Put several sets of places to park one after another."""
    if not parts:
        return lots([], [], [])
    numbers = {n: np.concatenate([getattr(p, n) for p in parts]) for n in _NUMBERS}
    return Lots(
        badge=tuple(b for p in parts for b in p.badge), source=tuple(s for p in parts for s in p.source), **numbers
    )


def change(
    given: Lots,
    *,
    zones: npt.ArrayLike | None = None,
    kind: str | None = None,
    price: float | None = None,
    limit: float | None = None,
    paid: tuple[float, float] | None = None,
    spaces_factor: float = 1.0,
) -> Lots:
    """Change price, limit, hours or the number of spaces of some places to park.

    Parameters
    ----------
    zones
        Rows of the zone table; None: everywhere.
    kind
        One of :data:`KINDS`; None: all.
    price, limit, paid
        The new values, as in :class:`Lots`; None leaves them.
    spaces_factor
        Multiplies the spaces and their range.

    Raises
    ------
    InputError
        The kind is unknown or a new value cannot be used (see :func:`lots`).
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"the kind of parking is one of {', '.join(KINDS)}, not {kind!r}", field="kind")
    hit = np.ones(len(given), bool) if zones is None else np.isin(given.zone, np.asarray(zones))
    if kind is not None:
        hit &= given.kind == KINDS.index(kind)

    def put(column: F64, value: float | None) -> F64:
        return column if value is None else np.where(hit, value, column)

    factor = np.where(hit, spaces_factor, 1.0)
    return checked(
        replace(
            given,
            spaces=given.spaces * factor,
            low=given.low * factor,
            high=given.high * factor,
            price=put(given.price, price),
            limit=put(given.limit, limit),
            paid_from=put(given.paid_from, None if paid is None else paid[0]),
            paid_to=put(given.paid_to, None if paid is None else paid[1]),
        )
    )
