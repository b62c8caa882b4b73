"""Sums of a lot and of a grant, exact."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ..models import Application, Lot
from ..states import FUNDED


def total(sums: Iterable[Decimal | None]) -> Decimal:
    """Add sums up; databases add decimals as floats, so this is done here."""
    return sum((one for one in sums if one is not None), Decimal(0)).quantize(Decimal("0.01"))


def awarded_in(lot: Lot) -> Decimal:
    """Grants given from a lot; money that came back is not given out again."""
    return total(Application.objects.filter(lot=lot, status__in=FUNDED).values_list("awarded", flat=True))


def left_in(lot: Lot) -> Decimal:
    """Money of a lot that is not given yet."""
    return lot.money - awarded_in(lot)


def planned(application: Application) -> Decimal:
    """All parts of a grant together."""
    return total(application.tranches.values_list("amount", flat=True))


def paid(application: Application) -> Decimal:
    """Parts of a grant that were paid."""
    return total(application.tranches.filter(paid_on__isnull=False).values_list("amount", flat=True))
