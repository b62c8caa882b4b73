"""Appraise as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class AppraiseConfig(AppConfig):
    """Measures get their effects from the model of the city."""

    name = "shaar.platform.appraise"
    label = "appraise"

    def ready(self) -> None:
        """Tell the kernel how events of this room read and who may see its objects."""
        from . import personal, stories

        stories.register()
        personal.register()
