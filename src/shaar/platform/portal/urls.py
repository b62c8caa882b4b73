"""Addresses of the public pages; each room lists its own in ``views/<subject>.py`` as ``urlpatterns``."""

from __future__ import annotations

from .views import design, events, files, home

urlpatterns = [
    *home.urlpatterns,
    *design.urlpatterns,
    *events.urlpatterns,
    *files.urlpatterns,
]
