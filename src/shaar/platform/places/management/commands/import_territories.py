"""``import_territories``: take the tree of the profile of this city, and its days off, into the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from shaar.platform.places.services.days import import_days_off
from shaar.platform.places.services.importing import import_territories


class Command(BaseCommand):
    """Can be called again at any time: what people have changed since is kept."""

    help = "Import territories and public holidays of the city's profile."

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and say what was done."""
        done = import_territories(settings.PROFILE)
        days = import_days_off(settings.PROFILE.country)
        self.stdout.write(
            f"territories: {done.made} new, {done.changed} changed, {done.kept} as before; days off: {days}"
        )
