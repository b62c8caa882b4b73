"""Which status of a measure may follow which."""

from __future__ import annotations

from shaar.platform.kernel.states import Moves

from .models import Measure

S = Measure.Status
_ANSWERS = (S.ACCEPTED, S.PARTLY, S.REFUSED, S.IN_WORK)

MEASURE = Moves(
    {
        S.OPEN: (S.REVIEW, *_ANSWERS, S.MERGED, S.WITHDRAWN),
        S.REVIEW: (*_ANSWERS, S.MERGED, S.WITHDRAWN),
        S.ACCEPTED: (S.PARTLY, S.REFUSED, S.IN_WORK, S.DONE, S.REVIEW),
        S.PARTLY: (S.ACCEPTED, S.REFUSED, S.IN_WORK, S.DONE, S.REVIEW),
        # After a refusal: an appeal was granted, or the author revised it.
        S.REFUSED: (S.REVIEW, S.WITHDRAWN),
        S.IN_WORK: (S.ACCEPTED, S.PARTLY, S.REFUSED, S.DONE, S.REVIEW),
        S.DONE: (S.IN_WORK,),
        S.MERGED: (S.OPEN, S.REVIEW),
        S.WITHDRAWN: (),
    }
)
#: A measure that still gathers support and may be edited by its author.
YOUNG = (S.OPEN, S.REVIEW)
#: Where people still talk and support.
LIVE = (S.OPEN, S.REVIEW, S.ACCEPTED, S.PARTLY, S.IN_WORK)
ANSWERED = _ANSWERS
