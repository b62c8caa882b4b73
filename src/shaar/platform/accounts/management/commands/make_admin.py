"""Name the first administrators: ``python -m django make_admin 0555123456``; they name others on the site."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shaar.platform.accounts.services.persons import person_for_sign_in
from shaar.platform.accounts.services.roles import name_first_administrator
from shaar.platform.kernel.errors import Refusal


class Command(BaseCommand):
    """Name an administrator while there are fewer than two."""

    help = "Name one of the first two administrators, by phone or e-mail; she signs in by code."

    def add_arguments(self, parser: CommandParser) -> None:
        """Arguments."""
        parser.add_argument("address", help="phone or e-mail")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        try:
            person, _kind, address = person_for_sign_in(options["address"])
            role = name_first_administrator(person)
        except Refusal as refusal:
            raise CommandError(str(refusal.message)) from refusal
        self.stdout.write(
            f"{address} is an administrator until {role.until}; sign in by code, then set up a second step"
        )
