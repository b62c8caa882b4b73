"""Remove people who asked for a code a day ago and never entered it: for a daily timer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from shaar.platform.accounts.models import Person


class Command(BaseCommand):
    """Remove unproven people."""

    help = "Remove people at level 0 for whom nothing was written down and who never signed in, after a day."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        old = timezone.now() - timedelta(days=1)
        gone = 0
        rows = Person.objects.filter(level=0, joined_at__lt=old, last_login__isnull=True, erased_at__isnull=True)
        for person in rows.filter(roles__isnull=True):
            if _written_down(person):
                continue
            try:
                person.delete()
            except ProtectedError:  # something was filed for her by phone: she stays
                continue
            gone += 1
        self.stdout.write(f"{gone} removed")


def _written_down(person: Person) -> bool:
    """Whether an operator made her: events hold her number, so nothing else would keep it."""
    from shaar.platform.kernel import events

    return events.story(person, public_only=False).exists()
