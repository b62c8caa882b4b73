"""Runs of the model: ask for one, cancel it, ask for the same again; and what the worker tells of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.engine.measures.effects import Appraisal
from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict
from shaar.platform.kernel.jobs import enqueue

from ..models import Alternative, EffectRow, Run
from ..models.run import SILENCE
from ..scenarios import city_stamp
from ..states import RUN
from .study import locked, require_editor

FIGURES = ("before", "after", "change", "low", "high")


def start_run(
    *, acting: Person, alternative: Alternative, seed: int = 0, expected_version: int | None = None
) -> Run:  # fmt: skip
    """Have an alternative computed, as it is now; the answer comes later (`Run.state`).

    Raises
    ------
    Forbidden, Conflict
        Not an appraiser; closed, saved by somebody else meanwhile, being computed already, or the city has no model.
    """
    stamp = city_stamp()
    with transaction.atomic():
        row = _alternative(acting, alternative)
        if expected_version is not None and row.version != expected_version:
            raise Conflict("alternative.stale", _("This alternative was saved anew meanwhile. Look at it first."))
        against = row.base
        return _ask(
            acting, row, seed=seed, version=row.version, changes=row.changes, city=stamp,
            against=None if against is None else against.changes, against_name="" if against is None else against.name,
        )  # fmt: skip


def repeat_run(*, acting: Person, run: Run) -> Run:
    """Compute once more what a run computed: the same scenario and seed. Its figures are compared with the first's."""
    stamp = city_stamp()
    with transaction.atomic():
        row = _alternative(acting, run.alternative)
        run.refresh_from_db()
        if run.state != Run.State.DONE:
            raise Conflict("run.not_done", _("This has not been computed yet."))
        return _ask(
            acting, row, seed=run.seed, version=run.version, changes=run.changes, against=run.against,
            against_name=run.against_name, city=stamp, repeats=run,
        )  # fmt: skip


def _alternative(acting: Person, alternative: Alternative) -> Alternative:
    require_editor(acting, locked(alternative.study))
    return Alternative.objects.select_for_update(of=("self",)).select_related("base", "study").get(pk=alternative.pk)


def _ask(acting: Person, alternative: Alternative, **facts: Any) -> Run:
    from ..tasks import run_alternative

    under_way = alternative.runs.filter(state__in=(Run.State.QUEUED, Run.State.RUNNING)).first()
    if under_way is not None and under_way.lost:
        _end(under_way, Run.State.FAILED, code="lost")
    elif under_way is not None:
        raise Conflict("run.under_way", _("This alternative is being computed already."))
    run = Run.objects.create(alternative=alternative, by=acting, **facts)
    events.record("run.asked", alternative.study, acting=acting, name=alternative.name, version=run.version)
    enqueue(run_alternative, number=str(run.pk))
    return run


def cancel_run(*, acting: Person, run: Run) -> Run:
    """Stop a run; nothing of it is kept. One that has ended stays as it is (`Conflict`)."""
    with transaction.atomic():
        _alternative(acting, run.alternative)
        row = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        RUN.check(row.state, Run.State.CANCELLED)
        _end(row, Run.State.CANCELLED)
        events.record("run.cancelled", row.alternative.study, acting=acting, name=row.alternative.name)
    return row


# What the worker tells. None of these acts for a person: they write down what became of her run.


def begin(number: UUID | str) -> Run | None:
    """Take a run for this worker; None where there is nothing to do any more, or another worker is at it."""
    now = timezone.now()
    with transaction.atomic():
        row = Run.objects.select_for_update(of=("self",)).filter(pk=number).first()
        if row is None or not row.open or (row.state == Run.State.RUNNING and not row.lost):
            return None
        row.state, row.started_at, row.heard_at = Run.State.RUNNING, now, now
        row.stage, row.done, row.total, row.note = "", 0, None, ""
        row.save(update_fields=["state", "started_at", "heard_at", "stage", "done", "total", "note"])
    return Run.objects.select_related("alternative__study", "by", "repeats").get(pk=row.pk)


def hear(run: Run, stage: str, done: float, total: float | None, note: str) -> bool:
    """Write the progress down; False when the run was cancelled or given to another worker."""
    rows = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, started_at=run.started_at)
    told = rows.update(stage=stage[:60], done=done, total=total, note=note[:200], heard_at=timezone.now())
    return bool(told)


def finish(run: Run, appraisal: Appraisal, folder: str) -> bool:
    """Keep the effects of a run, all in one transaction; False when it was cancelled meanwhile."""
    with transaction.atomic():
        row = _mine(run)
        if row is None:
            return False
        EffectRow.objects.bulk_create(_rows(row, appraisal))
        given = appraisal.provenance
        row.provenance = {
            "city": given.city, "scenario": given.scenario, "compared_with": given.compared_with,
            "parameters": given.parameters, "engine": given.engine, "seed": given.seed, "options": dict(given.options),
        }  # fmt: skip
        row.folder = folder
        if row.repeats is not None:
            row.same = figures(row.repeats) == figures(row)
        _end(row, Run.State.DONE)
        study, name, ref = row.alternative.study, row.alternative.name, row.alternative.study.ref
        event = events.record("run.done", study, acting=None, name=name, version=row.version, same=row.same)
        notify.tell(
            event, [row.by], subject=lambda: _("%(ref)s: “%(name)s” is computed.") % {"ref": ref, "name": name},
            link=f"/desk/studies/{ref}/",
        )  # fmt: skip
    return True


def fail(run: Run, code: str, message: str = "") -> None:
    """Say that a run failed, and why; nothing of it is kept."""
    with transaction.atomic():
        row = _mine(run)
        if row is None:
            return
        _end(row, Run.State.FAILED, code=code, message=message)
        study, name, ref = row.alternative.study, row.alternative.name, row.alternative.study.ref
        event = events.record("run.failed", study, acting=None, name=name, code=code)
        notify.tell(
            event, [row.by],
            subject=lambda: _("%(ref)s: “%(name)s” could not be computed.") % {"ref": ref, "name": name},
            link=f"/desk/studies/{ref}/",
        )  # fmt: skip


def give_up_lost(now: datetime | None = None) -> int:
    """Say of runs whose worker has died that they failed; how many. For workers and the nightly timer."""
    silent = (now or timezone.now()) - SILENCE
    count = 0
    for run in Run.objects.filter(state=Run.State.RUNNING, heard_at__lt=silent):
        fail(run, "lost")
        count += 1
    return count


def figures(run: Run) -> list[tuple[Any, ...]]:
    """Every figure of a run in a fixed order: equal lists are equal results, to the last digit."""
    rows = run.effects.order_by("indicator", "group", "place")
    return list(rows.values_list("indicator", "group", "place", "unit", *FIGURES))


def _mine(run: Run) -> Run | None:
    rows = Run.objects.select_for_update(of=("self",)).select_related("alternative__study", "by", "repeats")
    return rows.filter(pk=run.pk, state=Run.State.RUNNING, started_at=run.started_at).first()


def _end(row: Run, state: str, *, code: str = "", message: str = "") -> None:
    RUN.check(row.state, state)
    row.state, row.code, row.message = state, code, message[:500]
    row.finished_at = timezone.now()
    row.seconds = (row.finished_at - row.started_at).total_seconds() if row.started_at else None
    row.save()


def _rows(run: Run, appraisal: Appraisal) -> list[EffectRow]:
    return [
        EffectRow(
            run=run, order=order, indicator=one.indicator, unit=one.unit, before=one.before, after=one.after,
            change=one.change, low=one.low, high=one.high, badge=one.badge, better=one.better, group=one.group,
            place=one.place, method=one.method, source=one.source[:1000], not_modelled=one.not_modelled,
        )
        for order, one in enumerate(appraisal.effects)
    ]  # fmt: skip
