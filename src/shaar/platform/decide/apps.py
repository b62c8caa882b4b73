"""Decide as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class DecideConfig(AppConfig):
    """Grants scored and ballots counted, with reasons and a human signer."""

    name = "shaar.platform.decide"
    label = "decide"
