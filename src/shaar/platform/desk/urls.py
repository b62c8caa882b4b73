"""Addresses of the desk; each subject lists its own in ``views/<subject>.py`` as ``urlpatterns``."""

from __future__ import annotations

from typing import Any

from .views import (
    applications,
    appraise,
    appraise_change,
    appraise_contests,
    ballots,
    commission,
    grants,
    home,
    intake,
    meetings,
    moderation,
    opinions,
    people,
    processes,
    proposals,
    risks,
    scoring,
)

urlpatterns: list[Any] = [
    *home.urlpatterns,
    *people.urlpatterns,
    *meetings.urlpatterns,
    *opinions.urlpatterns,
    *risks.urlpatterns,
    *intake.urlpatterns,
    *proposals.urlpatterns,
    *processes.urlpatterns,
    *moderation.urlpatterns,
    *grants.urlpatterns,
    *applications.urlpatterns,
    *scoring.urlpatterns,
    *commission.urlpatterns,
    *ballots.urlpatterns,
    *appraise.urlpatterns,
    *appraise_change.urlpatterns,
    *appraise_contests.urlpatterns,
]
