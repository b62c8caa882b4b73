"""One run of the Method of Equal Shares with a given share for each voter: exact, and quick by asking floats first.

Balances are integers over one common denominator. Beside them stand the nearest floats, which only ever rule a project
out when its price is higher by more than any rounding; whatever decides is computed with integers.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, inf

import numpy as np
import numpy.typing as npt

from shaar.engine.participation.tally import Tally

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Allowance for rounding: relative to a price, and for each term of a sum.
_SLACK = 1e-12
_PER_TERM = 1e-15


@dataclass(frozen=True, slots=True)
class Purchase:
    """One project bought: ``rho`` per unit of satisfaction, the most one voter pays, who paid how, who was tied."""

    project: int
    rho: Fraction
    price: Fraction
    in_full: int
    all_left: int
    tied: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One project dropped in round ``round`` (from 1): its supporters held ``money`` together."""

    project: int
    round: int
    money: Fraction


@dataclass(frozen=True)
class Run:
    """What a run bought, in order; what it dropped; and how much more each voter could hold with no change at all.

    ``unchanged_for``: for every larger share up to ``share + unchanged_for`` the same projects are bought in the same
    order (a bound that holds, not the largest one).
    """

    purchases: tuple[Purchase, ...]
    shortfalls: tuple[Shortfall, ...]
    unchanged_for: float
    left: tuple[Fraction, ...]


@dataclass(slots=True)
class _Look:
    """A float look at one project: supporters by what they can pay per unit, and where the ones who run out end."""

    order: I64
    keys: F64
    k: int
    m: float
    error: float
    units: int
    drop: float


class Purse:
    """What each group of voters holds: an exact numerator over ``denominator``, and the nearest float.

    A numerator is brought to the newest denominator only when it is looked at (``level`` says which one it has).
    """

    def __init__(self, share: Fraction, groups: int) -> None:
        self.denominator = share.denominator
        self.numerator = np.full(groups, share.numerator, dtype=object)
        self.value = np.full(groups, float(share))
        self.level = np.zeros(groups, dtype=np.int64)
        self._up: list[int] = [1]

    def exact(self, groups: I64) -> npt.NDArray[np.object_]:
        """Return the numerators of some groups over the newest denominator."""
        level = self.level[groups]
        stale = level != len(self._up) - 1
        if stale.any():
            old = groups[stale]
            self.numerator[old] *= np.array(self._up, dtype=object)[level[stale]]
            self.level[old] = len(self._up) - 1
        return self.numerator[groups]

    def pay(self, full: I64, units: I64, all_left: I64, num: int, den: int) -> None:
        """Take ``num / (denominator * den)`` per unit from ``full`` and everything from ``all_left``."""
        common = gcd(num, den)
        num, factor = num // common, den // common
        have = self.exact(full)
        if factor > 1:
            self._up = [f * factor for f in self._up] + [1]
            self.denominator *= factor
        now = len(self._up) - 1
        self.numerator[full] = have * factor - units.astype(object) * num
        self.numerator[all_left] = 0
        self.level[full] = now
        self.level[all_left] = now
        self.value[full] = (self.numerator[full] / self.denominator).astype(np.float64)
        self.value[all_left] = 0.0

    def left(self) -> tuple[Fraction, ...]:
        """Return what every group's voter holds."""
        numerators = self.exact(np.arange(len(self.level)))
        return tuple(Fraction(int(x), self.denominator) for x in numerators)


class _Runner:
    def __init__(self, cost: list[int], tally: Tally, share: Fraction, order: list[int], horizon: float) -> None:
        self.cost, self.tally, self.order, self.horizon = cost, tally, order, horizon
        self.purse = Purse(share, len(tally.weight))
        self.growth = np.ones(len(tally.weight))  # how much a balance can rise per unit of a larger share
        m = len(cost)
        self.unit = [float(u) for u in tally.unit]
        self.bound = np.full(m, inf)  # rho of a project is not below this
        self.drop = np.zeros(m)  # rho can fall by at most this per unit of a larger share
        self.unchanged = horizon

    def look(self, p: int) -> _Look | None:
        """Look at a project with floats; None when its supporters cannot pay it (exact)."""
        members, value = self.tally.members[p], self.tally.value[p]
        weight = self.tally.weight[members]
        have = self.purse.value[members]
        cost = self.cost[p]
        money = float((weight * have).sum())
        slack = len(members) * _PER_TERM
        if money < cost * (1 + slack) + slack * money and not self._affordable(p, money, slack):
            rise = float((weight * self.growth[members]).sum())
            if rise > 0:  # else all of them end with nothing, wherever the share stands within the horizon
                self.unchanged = min(self.unchanged, (cost - money * (1 + slack)) / rise)
            return None
        wu = weight * value
        total = int(wu.sum())
        keys = have / value
        error = cost * (len(members) + 8) * _PER_TERM
        if keys.min() > cost / total * (1 + _SLACK):  # everybody can pay in full: no need to sort
            return _Look(np.arange(len(members)), keys, 0, cost / total, error, total, 0.0)
        order = np.argsort(keys, kind="stable")
        keys, w, wu = keys[order], weight[order], wu[order]
        units = total - np.concatenate(([0], np.cumsum(wu)[:-1]))
        paid = np.concatenate(([0.0], np.cumsum(w * have[order])[:-1]))
        price = (cost - paid) / units
        enough = np.flatnonzero(price <= keys)
        k = int(enough[0]) if len(enough) else len(keys) - 1
        drop = float((w[:k] * self.growth[members][order[:k]]).sum()) / float(units[k])
        return _Look(order, keys, k, float(price[k]), error, int(units[k]), drop)

    def _affordable(self, p: int, money: float, slack: float) -> bool:
        cost = self.cost[p]
        if money * (1 + slack) < cost * (1 - slack):
            return False
        return bool(self.money(p) >= cost * self.purse.denominator)

    def money(self, p: int) -> int:
        """Return what the supporters of a project hold together, over the purse's denominator."""
        members = self.tally.members[p]
        return int((self.purse.exact(members) * self.tally.weight[members].astype(object)).sum())

    def exact(self, p: int, look: _Look) -> tuple[int, int]:
        """Return the exact price per unit of value as ``num / (denominator * den)``; sets ``look.k`` right."""
        members, value, weight = self.tally.members[p], self.tally.value[p], self.tally.weight
        goal = self.cost[p] * self.purse.denominator
        poor = members[look.order[: look.k]]
        num = goal - int((self.purse.exact(poor) * weight[poor].astype(object)).sum()) if look.k else goal
        den = look.units
        margin = 4 * look.error / den + _SLACK * abs(look.m)
        near = np.flatnonzero(np.abs(look.keys - look.m) <= margin)
        if len(near):
            at = look.order[near]
            have, want = self.purse.exact(members[at]) * den, value[at].astype(object) * num
            is_poor = near < look.k
            if not (np.all(have[is_poor] <= want[is_poor]) and np.all(have[~is_poor] >= want[~is_poor])):
                return self._exact_slowly(p, look)
        return num, den

    def _exact_slowly(self, p: int, look: _Look) -> tuple[int, int]:
        members, value, weight = self.tally.members[p], self.tally.value[p], self.tally.weight
        have = self.purse.exact(members)
        order = sorted(range(len(members)), key=lambda i: Fraction(int(have[i]), int(value[i])))
        num = self.cost[p] * self.purse.denominator
        den = int((weight[members] * value).sum())
        k = 0
        while int(have[order[k]]) * den < num * int(value[order[k]]):
            i = order[k]
            num -= int(have[i]) * int(weight[members[i]])
            den -= int(weight[members[i]] * value[i])
            k += 1
        look.order, look.k, look.units = np.array(order, dtype=np.int64), k, den
        return num, den

    def buy(self, p: int, look: _Look, num: int, den: int, tied: list[int]) -> Purchase:
        """Let the supporters of a project pay for it."""
        members, value, weight = self.tally.members[p], self.tally.value[p], self.tally.weight
        poor, rich = look.order[: look.k], look.order[look.k :]
        drop = float((weight[members[poor]] * self.growth[members[poor]]).sum()) / look.units
        grown = self.growth[members] + drop * value
        # who lacked so much that no share within the horizon fills it still ends with nothing
        lack = look.m * value[poor] - self.purse.value[members[poor]]
        grown[poor[lack > (self.horizon * grown[poor] + look.error) * (1 + 1e-6)]] = 0.0
        self.growth[members] = grown
        rho = Fraction(num, self.purse.denominator * den)
        price = rho * int(value[rich].max())
        if len(poor) and int(value[poor].max()) > int(value[rich].max()):
            price = max(price, Fraction(int(self.purse.exact(members[poor]).max()), self.purse.denominator))
        self.purse.pay(members[rich], value[rich], members[poor], num, den)
        return Purchase(
            project=p,
            rho=rho / self.tally.unit[p],
            price=price,
            in_full=int(weight[members[rich]].sum()),
            all_left=int(weight[members[poor]].sum()),
            tied=tuple(sorted(tied, key=lambda q: self.order[q])),
        )

    def round(self, heap: list[tuple[float, int]], dropped: list[int]) -> tuple[int, _Look, int, int, list[int]] | None:
        """Find the cheapest project per unit of satisfaction, looking only at those that may be."""
        best: tuple[int, _Look, int, int] | None = None
        best_rho, ceiling = Fraction(0), inf
        ties: list[int] = []
        seen: list[tuple[float, int]] = []
        while heap and heap[0][0] <= ceiling:
            _, p = heapq.heappop(heap)
            look = self.look(p)
            if look is None:
                dropped.append(p)
                self.bound[p] = inf
                continue
            low = (look.m * (1 - _SLACK) - 2 * look.error / look.units) / self.unit[p] * (1 - _SLACK)
            self.bound[p], self.drop[p] = low, look.drop / self.unit[p]
            seen.append((low, p))
            if low > ceiling:
                continue
            num, den = self.exact(p, look)
            rho = Fraction(num, self.purse.denominator * den) / self.tally.unit[p]
            if best is None or rho < best_rho:
                best, best_rho, ties = (p, look, num, den), rho, []
                ceiling = float(rho) * (1 + _SLACK)
            elif rho == best_rho:
                if self.order[p] < self.order[best[0]]:
                    ties.append(best[0])
                    best = (p, look, num, den)
                else:
                    ties.append(p)
        if best is None:
            return None
        for item in seen:
            if item[1] != best[0]:
                heapq.heappush(heap, item)
        self._bound_change(best[0], ceiling)
        return (*best, ties)

    def _bound_change(self, winner: int, ceiling: float) -> None:
        """Narrow the rise in share that changes nothing: no other project may come below the winner's price."""
        self.bound[winner] = inf
        moving = (self.drop > 0) & np.isfinite(self.bound)
        if moving.any():
            room = float(((self.bound[moving] - ceiling) / self.drop[moving]).min())
            self.unchanged = min(self.unchanged, room)


def run(
    cost: list[int],
    tally: Tally,
    share: Fraction,
    order: list[int],
    *,
    record: bool = True,
    horizon: float = inf,
) -> Run:
    """Run the Method of Equal Shares once.

    Every voter holds ``share``. A project is affordable at ``rho`` when its supporters, each paying at most ``rho``
    times her satisfaction and at most what she has left, pay its cost together. Round by round the project affordable
    at the least ``rho`` is bought, until none is (Peters and Skowron 2020; Peters, Pierczynski and Skowron 2021).

    Parameters
    ----------
    cost
        Of each project, above zero.
    tally
        Supporters and satisfaction.
    share
        What each voter holds, in the unit of ``cost``.
    order
        Place of each project in a tie, the lower wins.
    record
        Compute the exact money of supporters of dropped projects and what voters have left.
    horizon
        How far above ``share`` to look for a change: the bound in the result is not above it, and is sharper below.
    """
    runner = _Runner(cost, tally, share, order, horizon)
    heap = []
    for p in range(len(cost)):
        if len(tally.members[p]):
            total = float((tally.weight[tally.members[p]] * tally.value[p]).sum())
            low = cost[p] / total / runner.unit[p] * (1 - 2 * _SLACK)
            runner.bound[p] = low
            heap.append((low, p))
    heapq.heapify(heap)
    purchases: list[Purchase] = []
    shortfalls: list[Shortfall] = []
    while True:
        dropped: list[int] = []
        found = runner.round(heap, dropped)
        if record:
            held = runner.purse.denominator
            shortfalls += [Shortfall(p, len(purchases) + 1, Fraction(runner.money(p), held)) for p in dropped]
        if found is None:
            break
        purchases.append(runner.buy(*found))
    return Run(
        tuple(purchases),
        tuple(shortfalls),
        max(runner.unchanged, 0.0) * (1 - 1e-3),
        runner.purse.left() if record else (),
    )
