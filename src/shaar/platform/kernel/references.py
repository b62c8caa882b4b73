"""Short numbers that can be said on the phone, as P-26-0412."""

from __future__ import annotations

from django.utils import timezone

from .models import Counter


def next_reference(letter: str) -> str:
    """The next number of a series in this year; call it inside the transaction that uses it.

    ``letter`` names the kind: P proposal, M meeting, G grant application, H hazard, ...
    """
    year = timezone.localdate().year % 100
    series = f"{letter}-{year:02d}"
    Counter.objects.get_or_create(pk=series)
    counter = Counter.objects.select_for_update().get(pk=series)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{series}-{counter.last:04d}"
