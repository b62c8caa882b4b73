"""Tables of the room, one file an aggregate."""

from __future__ import annotations

from .answer import Answer, Appeal
from .comment import Comment, Flag
from .hazard import Hazard, HazardAssessment
from .measure import Credit, Draft, Measure, MeasureVersion, Support
from .moderation import Moderation
from .process import Feature, Phase, Process, Threshold

__all__ = [
    "Answer",
    "Appeal",
    "Comment",
    "Credit",
    "Draft",
    "Feature",
    "Flag",
    "Hazard",
    "HazardAssessment",
    "Measure",
    "MeasureVersion",
    "Moderation",
    "Phase",
    "Process",
    "Support",
    "Threshold",
]
