"""Addresses of the public pages; each room lists its own in ``views/<subject>.py`` as ``urlpatterns``."""

from __future__ import annotations

from .views import (
    about,
    applications,
    ballots,
    design,
    events,
    files,
    grants,
    home,
    maps,
    me,
    meetings,
    moderation,
    opinions,
    places,
    processes,
    proposal_words,
    proposals,
    proposing,
    risks,
    telegram,
)

urlpatterns = [
    *home.urlpatterns,
    *design.urlpatterns,
    *events.urlpatterns,
    *files.urlpatterns,
    *maps.urlpatterns,
    *places.urlpatterns,
    *about.urlpatterns,
    *me.urlpatterns,
    *meetings.urlpatterns,
    *opinions.urlpatterns,
    *risks.urlpatterns,
    *telegram.urlpatterns,
    *proposing.urlpatterns,
    *proposals.urlpatterns,
    *proposal_words.urlpatterns,
    *moderation.urlpatterns,
    *processes.urlpatterns,
    *applications.urlpatterns,
    *grants.urlpatterns,
    *ballots.urlpatterns,
]
