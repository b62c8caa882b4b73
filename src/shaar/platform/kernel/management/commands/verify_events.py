"""Check that nobody has changed the log: ``python -m django verify_events``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shaar.platform.kernel import events
from shaar.platform.kernel.models import ChainHead


class Command(BaseCommand):
    """Walk the chain of events."""

    help = "Check the chain of events; says the number of the first event that does not fit."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        broken = events.verify()
        if broken is not None:
            raise CommandError(f"event {broken} does not fit the chain: it, or one near it, was changed or removed")
        head = ChainHead.objects.filter(pk=1).first()
        self.stdout.write(f"{head.last if head else 0} events fit; head {head.hash if head else '-'}")
