"""The kernel as a Django app; at each new SQLite connection it brings folding and collations of its languages."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class KernelConfig(AppConfig):
    """The kernel."""

    name = "shaar.platform.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Teach SQLite to compare Cyrillic, which it otherwise folds for ASCII only."""
        from .sqlite import teach

        connection_created.connect(teach, dispatch_uid="shaar.kernel.sqlite")
