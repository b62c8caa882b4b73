"""Places as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Territories and calendars."""

    name = "shaar.platform.places"
    label = "places"
