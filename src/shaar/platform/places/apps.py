"""Places as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Territories and calendars."""

    name = "shaar.platform.places"
    label = "places"

    def ready(self) -> None:
        """Tell the kernel how events of territories read, and that everybody may see them."""
        from shaar.platform.kernel import seeing, story

        from .stories import SENTENCES

        story.register(SENTENCES)
        seeing.register("places.territory", lambda viewer, thing: True)
