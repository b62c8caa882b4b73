"""Portal as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Public pages: views and templates only."""

    name = "shaar.platform.portal"
    label = "portal"
