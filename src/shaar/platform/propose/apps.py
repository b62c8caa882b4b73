"""Propose as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ProposeConfig(AppConfig):
    """Measures put forward, talked over, met about and bound into plans."""

    name = "shaar.platform.propose"
    label = "propose"

    def ready(self) -> None:
        """Tell the kernel how events of this room read and who may see its objects."""
        from . import personal, stories

        stories.register()
        personal.register()
