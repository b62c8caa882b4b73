"""From wish to change: what an officer makes of a proposal is kept with it, studied and computed at once."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.errors import Forbidden
from shaar.platform.propose.models import Measure
from shaar.platform.propose.services.change import set_change

from ..models import Alternative, Run, Study
from ..policies import may_model
from ..sayings import sentences
from ..scenarios import canonical, check_on_city, scenario_of
from .alternative import save_alternative
from .run import start_run
from .study import make_study


def change_for_measure(
    *, acting: Person, measure: Measure, change: dict[str, Any], seen: dict[str, Any] | None = None, run: bool = True
) -> Alternative:
    """Keep a typed change of a measure, make it the alternative of its study, and have it computed.

    The study is begun where there is none; its alternative of the measure's name is saved anew where there is one.

    Parameters
    ----------
    change
        Plain data of one typed change.
    seen
        The change of the measure that the officer had before her (None: there was none).
    run
        Whether to ask the model at once.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not an officer of the place; somebody was first; the change cannot be made in this city.
    """
    if not may_model(acting, measure):
        raise Forbidden("change.not_office", _("Only officers of the place say what a proposal means."))
    scenario = scenario_of(measure.title, [change])
    check_on_city(scenario)
    [plain] = canonical(scenario)
    with transaction.atomic():
        measure = set_change(acting=acting, measure=measure, change=plain, seen=seen, said=sentences(plain))
        study = study_for(acting, measure)
        row = study.alternatives.filter(number=1).first()
        row = save_alternative(
            acting=acting, study=study, changes=[plain], name=row.name if row else measure.title, alternative=row,
            expected_version=row.version if row else None, note=row.note if row else "", base=row.base if row else None,
        )  # fmt: skip
        if run:
            # What is still computed of the old change would only be in the way.
            for old in row.runs.filter(state__in=(Run.State.QUEUED, Run.State.RUNNING)).exclude(version=row.version):
                _stop(acting, old)
            if not row.runs.filter(state__in=(Run.State.QUEUED, Run.State.RUNNING)).exists():
                start_run(acting=acting, alternative=row)
    return row


def study_for(acting: Person, measure: Measure) -> Study:
    """The study of a measure that is still open, or a new one."""
    known = measure.studies.exclude(state=Study.State.CLOSED).order_by("made_at").first()
    return known or make_study(acting=acting, title=measure.title, measure=measure)


def _stop(acting: Person, run: Run) -> None:
    from .run import cancel_run

    cancel_run(acting=acting, run=run)
