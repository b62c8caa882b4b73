"""Send what the outbox holds and is due: for a timer beside the worker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from shaar.platform.kernel.tasks import send_due


class Command(BaseCommand):
    """Send due messages."""

    help = "Send messages of the outbox that are due."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        sent, tried = send_due()
        self.stdout.write(f"{sent} of {tried} sent")
