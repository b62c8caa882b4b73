"""Tables of the room, one file an aggregate."""

from __future__ import annotations

from .application import Application, Contribution
from .ballot import BallotBox, BallotProject, CastBallot, Envelope, PaperSheet, Participation
from .commission import Decision, Session
from .count import Count
from .delivery import Agreement, Refund, Report, Tranche
from .programme import Call, Criterion, Lot, Programme
from .review import Disclosure, Mark, Score

__all__ = [
    "Agreement",
    "Application",
    "BallotBox",
    "BallotProject",
    "Call",
    "CastBallot",
    "Contribution",
    "Count",
    "Criterion",
    "Decision",
    "Disclosure",
    "Envelope",
    "Lot",
    "Mark",
    "PaperSheet",
    "Participation",
    "Programme",
    "Refund",
    "Report",
    "Score",
    "Session",
    "Tranche",
]
