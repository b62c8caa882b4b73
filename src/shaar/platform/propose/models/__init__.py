"""Tables of the room, one file an aggregate."""

from __future__ import annotations

from .answer import Answer, Appeal
from .comment import Comment, Flag
from .hazard import Hazard, HazardAssessment
from .measure import Credit, Draft, Measure, MeasureVersion, Support
from .meeting import AgendaItem, Attendance, Decision, Meeting, Statement
from .moderation import Moderation
from .opinion import Conversation, Opinion, OpinionMap, OpinionVote
from .plan import Plan, PlanItem
from .process import Feature, Phase, Process, Threshold

__all__ = [
    "AgendaItem",
    "Answer",
    "Appeal",
    "Attendance",
    "Comment",
    "Conversation",
    "Credit",
    "Decision",
    "Draft",
    "Feature",
    "Flag",
    "Hazard",
    "HazardAssessment",
    "Measure",
    "MeasureVersion",
    "Meeting",
    "Moderation",
    "Opinion",
    "OpinionMap",
    "OpinionVote",
    "Phase",
    "Plan",
    "PlanItem",
    "Process",
    "Statement",
    "Support",
    "Threshold",
]
