"""Desk as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Staff pages: views and templates only."""

    name = "shaar.platform.desk"
    label = "desk"
