"""Which state of a study, of a run and of an objection may follow which."""

from __future__ import annotations

from shaar.platform.kernel.states import Moves

from .models import Contest, Run, Study

S, R, C = Study.State, Run.State, Contest.State

#: A published study may be published anew, with newer runs.
STUDY = Moves({S.DRAFT: (S.PUBLISHED,), S.PUBLISHED: (S.PUBLISHED, S.CLOSED), S.CLOSED: (S.PUBLISHED,)})
RUN = Moves(
    {
        R.QUEUED: (R.RUNNING, R.CANCELLED, R.FAILED),
        R.RUNNING: (R.DONE, R.FAILED, R.CANCELLED),
        # A worker that died gives its run to the next one.
        R.DONE: (),
        R.FAILED: (),
        R.CANCELLED: (),
    }
)
CONTEST = Moves({C.OPEN: (C.ANSWERED,), C.ANSWERED: ()})
