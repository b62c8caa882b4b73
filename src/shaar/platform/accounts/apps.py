"""Accounts as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Persons, organisations and roles."""

    name = "shaar.platform.accounts"
    label = "accounts"
