"""Studies, their alternatives and their runs, as this viewer may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.folding import fold_forgiving
from shaar.platform.propose.models import Measure

from ..models import Alternative, Contest, EffectRow, Run, Study
from ..policies import may_read_drafts, may_see, studies_visible_to
from ..scenarios import city_modelled, city_stamp


def studies(viewer: Any, *, words: str = "", state: str = "", measure: Measure | None = None) -> QuerySet[Study]:
    """Studies, the newest first, with ``open_contests`` counted."""
    found = studies_visible_to(viewer).select_related("measure", "owner")
    for word in fold_forgiving(words[:100]).split()[:8]:
        found = found.filter(search_text__contains=word)
    if state:
        found = found.filter(state=state)
    if measure is not None:
        found = found.filter(measure=measure)
    waiting = Count("contests", filter=Q(contests__state=Contest.State.OPEN), distinct=True)
    return found.annotate(open_contests=waiting).order_by("-published_at", "-made_at")


def study_by_ref(ref: str, *, viewer: Any) -> Study:
    """One study; a draft exists for the offices only."""
    found = Study.objects.filter(ref=ref.upper()).select_related("measure__territory", "owner", "published_by").first()
    if found is None or not may_see(viewer, found):
        raise Missing("study.missing", _("There is no study with this number."))
    return found


def alternative_by(number: UUID | str, *, study: Study, viewer: Any) -> Alternative:
    """One alternative of a study; the public knows those that were computed and published."""
    rows = alternatives(study, viewer=viewer)
    found = next((one for one in rows if str(one.pk) == str(number)), None)
    if found is None:
        raise Missing("alternative.missing", _("There is no such alternative."))
    return found


def alternatives(study: Study, *, viewer: Any) -> list[Alternative]:
    """Alternatives in their order, each with its runs, the newest first."""
    runs = Run.objects.select_related("by", "repeats").order_by("-at")
    found = study.alternatives.select_related("base", "saved_by", "shown").prefetch_related(Prefetch("runs", runs))
    if not may_read_drafts(viewer):
        found = found.filter(shown__isnull=False)
    return list(found)


def run_by(number: UUID | str, *, viewer: Any) -> Run:
    """One run: the offices see each, everybody those that are published."""
    rows = Run.objects.select_related("alternative__study__measure", "by", "repeats")
    found = rows.filter(pk=number).first()
    shown = found is not None and (
        may_read_drafts(viewer) or (may_see(viewer, found.alternative.study) and found.alternative.shown_id == found.pk)
    )
    if found is None or not shown:
        raise Missing("run.missing", _("There is no such run."))
    return found


def effects_of(run: Run) -> list[EffectRow]:
    """Every effect of a run, in the order of the engine."""
    return list(run.effects.order_by("order"))


def newest(alternative: Alternative) -> Run | None:
    """The run asked for last, from the rows that `alternatives` has read."""
    return next(iter(alternative.runs.all()), None)


def newest_done(alternative: Alternative) -> Run | None:
    """The last one that is finished."""
    done = [run for run in alternative.runs.all() if run.state == Run.State.DONE]
    return max(done, key=lambda run: (run.finished_at, run.pk), default=None)


def is_stale(run: Run) -> bool:
    """Whether the city's data, the engine or its tables of parameters have changed since the run."""
    from shaar import __version__
    from shaar.engine.study.appraise_data import parameter_hash

    given = run.provenance
    if run.city and city_modelled() and run.city != city_stamp():
        return True
    return bool(given) and (given.get("parameters"), given.get("engine")) != (parameter_hash(), __version__)


@dataclass(frozen=True, slots=True)
class Standing:
    """An alternative with what there is of it: the newest run, the newest finished one, and what is odd about it.

    ``behind``: it was changed after its last run. ``stale``: the city's data were.
    """

    alternative: Alternative
    run: Run | None
    done: Run | None
    behind: bool
    stale: bool


def standings(study: Study, *, viewer: Any) -> list[Standing]:
    """Every alternative of a study as the desk shows it."""
    rows = []
    for one in alternatives(study, viewer=viewer):
        done = newest_done(one)
        rows.append(
            Standing(one, newest(one), done, done is not None and done.version != one.version,
                     done is not None and is_stale(done))
        )  # fmt: skip
    return rows


def published_for(measure: Measure) -> list[Study]:
    """Published studies of a measure, the newest first."""
    found = measure.studies.exclude(state=Study.State.DRAFT).select_related("measure")
    return list(found.order_by("-published_at"))


def contests_of(study: Study) -> QuerySet[Contest]:
    """Objections to a study: open ones first, then by day."""
    return study.contests.select_related("by", "answered_by").order_by("answered_at", "at")


def contests_waiting(viewer: Any) -> QuerySet[Contest]:
    """Objections that this person may answer, the most urgent first."""
    from ..policies import may_appraise

    if not may_appraise(viewer):
        return Contest.objects.none()
    waiting = Contest.objects.filter(state=Contest.State.OPEN).exclude(by=viewer)
    return waiting.select_related("study__measure", "by").order_by("due", "at")


def contest_by(number: UUID | str, *, viewer: Any) -> Contest:
    """One objection to a study that the viewer may see."""
    found = Contest.objects.filter(pk=number).select_related("study__measure", "by", "answered_by").first()
    if found is None or not may_see(viewer, found.study):
        raise Missing("contest.missing", _("There is no such objection."))
    return found


def runs_under_way(viewer: Any) -> QuerySet[Run]:
    """Runs that wait or work, for the desk."""
    if not may_read_drafts(viewer):
        return Run.objects.none()
    found = Run.objects.filter(state__in=(Run.State.QUEUED, Run.State.RUNNING))
    return found.select_related("alternative__study").order_by("at")
