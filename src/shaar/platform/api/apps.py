"""Api as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The interface for programs: one OpenAPI document over all rooms."""

    name = "shaar.platform.api"
    label = "api"
