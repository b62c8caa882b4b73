"""Which database a table lies in: jobs, sessions and counters in their own file where the database is SQLite."""

from __future__ import annotations

from typing import Any

from django.conf import settings

_APART = {"django_tasks_database", "sessions", "django_cache"}
_APART_MODELS = {("kernel", "limitcount")}


class JobsRouter:
    """Sends hot tables to the second file, if there is one."""

    def _file(self, model: Any) -> str | None:
        meta = model._meta
        apart = meta.app_label in _APART or (meta.app_label, meta.model_name) in _APART_MODELS
        return "jobs" if "jobs" in settings.DATABASES and apart else None

    def db_for_read(self, model: Any, **_: Any) -> str | None:
        """Database to read ``model`` from."""
        return self._file(model)

    def db_for_write(self, model: Any, **_: Any) -> str | None:
        """Database to write ``model`` to."""
        return self._file(model)

    def allow_relation(self, one: Any, other: Any, **_: Any) -> bool | None:
        """Relations across the two files are by number only; Django need not forbid them."""
        return True if "jobs" in settings.DATABASES else None

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **_: Any) -> bool | None:
        """Each table in one file only."""
        if "jobs" not in settings.DATABASES:
            return None
        return (db == "jobs") == (app_label in _APART or (app_label, model_name) in _APART_MODELS)
