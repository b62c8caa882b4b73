"""Addresses of the desk; each subject lists its own in ``views/<subject>.py`` as ``urlpatterns``."""

from __future__ import annotations

from typing import Any

from .views import home, intake, meetings, moderation, opinions, people, proposals, risks

urlpatterns: list[Any] = [
    *home.urlpatterns,
    *people.urlpatterns,
    *meetings.urlpatterns,
    *opinions.urlpatterns,
    *risks.urlpatterns,
    *intake.urlpatterns,
    *proposals.urlpatterns,
    *moderation.urlpatterns,
]
