"""What has to be done once a night: call it from a timer, ``shaar manage nightly``."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from shaar.platform.appraise.services.run import give_up_lost
from shaar.platform.kernel.events import verify
from shaar.platform.propose.services.draft import drop_old_drafts


class Command(BaseCommand):
    """Tidy up and check."""

    help = "Drop old drafts and people who never proved themselves, send what waits, check the log of decisions."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the parts one after the other; each is safe to run again."""
        self.stdout.write(f"old drafts dropped: {drop_old_drafts()}")
        self.stdout.write(f"runs of the model given up: {give_up_lost()}")
        call_command("purge_unproven", stdout=self.stdout)
        call_command("send_messages", stdout=self.stdout)
        call_command("clearsessions")
        broken = verify()
        if broken is not None:
            raise CommandError(f"the log of decisions does not fit at line {broken}")
        self.stdout.write("the log of decisions is whole")
