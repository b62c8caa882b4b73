"""Which state of an application may follow which."""

from __future__ import annotations

from shaar.platform.kernel.states import Moves

from .models import Application

S = Application.Status

APPLICATION = Moves(
    {
        S.DRAFT: (S.SUBMITTED, S.WITHDRAWN),
        S.SUBMITTED: (S.RETURNED, S.ELIGIBLE, S.INELIGIBLE, S.WITHDRAWN),
        S.RETURNED: (S.SUBMITTED, S.INELIGIBLE, S.WITHDRAWN),
        S.INELIGIBLE: (),
        S.ELIGIBLE: (S.IN_REVIEW, S.WITHDRAWN),
        S.IN_REVIEW: (S.APPROVED, S.REFUSED, S.RESERVE, S.REVISE, S.WITHDRAWN),
        # Sent back by the commission with a new day: comes back to be judged anew.
        S.REVISE: (S.IN_REVIEW, S.REFUSED, S.WITHDRAWN),
        S.RESERVE: (S.APPROVED, S.REFUSED, S.WITHDRAWN),
        S.REFUSED: (),
        S.APPROVED: (S.AGREEMENT, S.WITHDRAWN),
        S.AGREEMENT: (S.IN_PROGRESS, S.WITHDRAWN),
        S.IN_PROGRESS: (S.REPORTED, S.REFUND_DUE),
        S.REPORTED: (S.ACCEPTED, S.IN_PROGRESS, S.REFUND_DUE),
        S.ACCEPTED: (S.CLOSED,),
        S.REFUND_DUE: (S.REFUNDED,),
        S.REFUNDED: (S.CLOSED,),
        S.CLOSED: (),
        S.WITHDRAWN: (),
    }
)
#: While the applicant may change her words.
EDITABLE = (S.DRAFT, S.RETURNED, S.REVISE)
#: While others do not know of it.
PRIVATE = (S.DRAFT, S.SUBMITTED, S.RETURNED, S.WITHDRAWN)
#: Decided upon: the whole file may be read by everybody.
DECIDED = (
    S.INELIGIBLE, S.REFUSED, S.RESERVE, S.APPROVED, S.AGREEMENT, S.IN_PROGRESS, S.REPORTED, S.ACCEPTED, S.REFUND_DUE,
    S.REFUNDED, S.CLOSED,
)  # fmt: skip
#: Their award is taken from the lot.
FUNDED = (
    S.APPROVED, S.AGREEMENT, S.IN_PROGRESS, S.REPORTED, S.ACCEPTED, S.REFUND_DUE, S.REFUNDED, S.CLOSED,
)  # fmt: skip
#: What a commission may decide upon.
TO_DECIDE = (S.IN_REVIEW, S.RESERVE)
