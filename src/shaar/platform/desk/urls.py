"""Addresses of the desk; each subject lists its own in ``views/<subject>.py`` as ``urlpatterns``."""

from __future__ import annotations

from typing import Any

from .views import home, people

urlpatterns: list[Any] = [
    *home.urlpatterns,
    *people.urlpatterns,
]
