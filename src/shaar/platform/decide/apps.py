"""Decide as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class DecideConfig(AppConfig):
    """Grants scored and ballots counted, with reasons and a human signer."""

    name = "shaar.platform.decide"
    label = "decide"

    def ready(self) -> None:
        """Tell the kernel how events of this room read and who may see its objects."""
        from . import personal, stories

        stories.register()
        personal.register()
