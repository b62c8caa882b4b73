"""Addresses of the public pages; each room lists its own in ``views/<subject>.py`` as ``urlpatterns``."""

from __future__ import annotations

from .views import design, events, files, home, maps, me, telegram

urlpatterns = [
    *home.urlpatterns,
    *design.urlpatterns,
    *events.urlpatterns,
    *files.urlpatterns,
    *maps.urlpatterns,
    *me.urlpatterns,
    *telegram.urlpatterns,
]
