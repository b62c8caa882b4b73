"""Runs: progress, cancel, a job killed half-way, memory, stale data; the same again to the last digit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.platform.appraise.conftest import CHANGE, appraisal

from shaar.platform.appraise import tasks
from shaar.platform.appraise.failures import why
from shaar.platform.appraise.models import EffectRow, Run
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services import run as running
from shaar.platform.appraise.services.alternative import save_alternative
from shaar.platform.kernel.errors import Conflict, Forbidden, Missing
from shaar.platform.kernel.models import Message


def test_a_run_keeps_every_effect_whole_and_what_it_was_made_from(officer, alternative, compute):
    run = compute(alternative)
    assert (run.state, run.code, run.version) == (Run.State.DONE, "", 1)
    given = appraisal()
    kept = list(run.effects.order_by("order"))
    assert [row.indicator for row in kept] == [one.indicator for one in given.effects]
    for row, one in zip(kept, given.effects, strict=True):
        assert (row.before, row.after, row.change, row.low, row.high) == (
            one.before, one.after, one.change, one.low, one.high
        )  # fmt: skip
        assert (row.unit, row.badge, row.better, row.place, row.not_modelled, row.clear) == (
            one.unit, one.badge, one.better, one.place, one.not_modelled, one.clear
        )  # fmt: skip
    assert run.provenance["scenario"] == "s" * 64
    assert (tasks.appraisals() / run.folder / "zones.parquet").is_file()
    assert Message.objects.filter(person=officer, event__verb="run.done").count() == 1


@pytest.mark.parametrize(
    ("program_name", "code", "words"),
    [
        ("killed", "memory", "not enough memory"),
        ("memory", "memory", "not enough memory"),
        ("ended", "killed", "SIGTERM"),
        ("refused", "scenario", "there is no line 7"),
        ("half", "broken", "boom"),
        ("liar", "broken", "appraisal"),
    ],
)
def test_a_job_that_does_not_end_well_says_why_and_leaves_nothing(alternative, compute, program_name, code, words):
    run = compute(alternative, program_name)
    assert (run.state, run.code, run.folder) == (Run.State.FAILED, code, "")
    assert words in why(run)
    assert EffectRow.objects.count() == 0
    assert not (tasks.appraisals() / str(run.pk)).exists()
    assert compute(alternative).state == Run.State.DONE  # and the next one is not in its way


def test_a_run_that_is_cancelled_stops_at_once_and_leaves_nothing(officer, alternative, program, monkeypatch):
    program("slow")
    run, hear = running.start_run(acting=officer, alternative=alternative), running.hear

    def heard(*given):
        going = hear(*given)
        if Run.objects.get(pk=run.pk).state == Run.State.RUNNING:
            running.cancel_run(acting=officer, run=run)
        return going

    monkeypatch.setattr(running, "hear", heard)
    tasks.run_alternative.call(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.folder) == (Run.State.CANCELLED, "")
    assert not (tasks.appraisals() / str(run.pk)).exists()
    with pytest.raises(Conflict):
        running.cancel_run(acting=officer, run=run)


def test_progress_is_written_as_it_goes(officer, alternative, program, monkeypatch):
    program("slow")
    run, seen, hear = running.start_run(acting=officer, alternative=alternative), [], running.hear

    def heard(*given):
        going = hear(*given)
        row = Run.objects.get(pk=run.pk)
        seen.append((row.stage, row.done, row.total, row.share))
        return going and len(seen) < 4

    monkeypatch.setattr(running, "hear", heard)
    tasks.run_alternative.call(str(run.pk))
    assert ("journeys", 1.0, 100.0, 1) in seen


def test_a_run_is_done_once_however_often_the_job_comes(officer, alternative, compute, program):
    run = compute(alternative)
    before = list(run.effects.values_list("pk", flat=True))
    program("killed")
    tasks.run_alternative.call(str(run.pk))
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    assert list(run.effects.values_list("pk", flat=True)) == before


def test_a_worker_that_died_is_noticed_and_its_run_can_be_started_again(officer, alternative, program):
    program("done")
    run = running.start_run(acting=officer, alternative=alternative)
    assert running.begin(run.pk) is not None
    assert running.begin(run.pk) is None  # another worker leaves it alone
    with pytest.raises(Conflict) as refused:
        running.start_run(acting=officer, alternative=alternative)
    assert refused.value.code == "run.under_way"
    Run.objects.filter(pk=run.pk).update(heard_at=timezone.now() - timedelta(minutes=10))
    run.refresh_from_db()
    assert run.lost
    assert "not been heard of" in why(run)
    again = running.start_run(acting=officer, alternative=alternative)
    run.refresh_from_db()
    assert (run.state, run.code) == (Run.State.FAILED, "lost")
    tasks.run_alternative.call(str(again.pk))
    again.refresh_from_db()
    assert again.state == Run.State.DONE


def test_the_timer_gives_up_lost_runs(officer, alternative, program):
    program("done")
    run = running.start_run(acting=officer, alternative=alternative)
    running.begin(run.pk)
    assert running.give_up_lost() == 0
    Run.objects.filter(pk=run.pk).update(heard_at=timezone.now() - timedelta(minutes=10))
    assert running.give_up_lost() == 1
    run.refresh_from_db()
    assert run.state == Run.State.FAILED


def test_stale_city_data_are_said_before_and_after(officer, alternative, program, compute, monkeypatch):
    done = compute(alternative)
    assert not selectors.is_stale(done)
    asked = running.start_run(acting=officer, alternative=alternative)
    for place in (tasks, selectors, running):
        monkeypatch.setattr(place, "city_stamp", lambda: "another")
    tasks.run_alternative.call(str(asked.pk))
    asked.refresh_from_db()
    assert (asked.state, asked.code) == (Run.State.FAILED, "stale")
    assert "data of the city changed" in why(asked)
    assert selectors.is_stale(done)
    [standing] = selectors.standings(alternative.study, viewer=officer)
    assert standing.stale
    assert standing.done == done  # the figures are kept, and said to be old


def test_the_same_again_is_compared_to_the_last_digit(officer, alternative, compute, program):
    first = compute(alternative)
    second = running.repeat_run(acting=officer, run=first)
    tasks.run_alternative.call(str(second.pk))
    second.refresh_from_db()
    assert (second.same, second.repeats) == (True, first)
    assert running.figures(first) == running.figures(second)
    program("done", appraisal(clinic=7400.0000000001))
    third = running.repeat_run(acting=officer, run=first)
    tasks.run_alternative.call(str(third.pk))
    third.refresh_from_db()
    assert third.same is False


def test_a_run_is_of_the_alternative_as_it_was(officer, study, alternative, compute):
    first = compute(alternative)
    save_alternative(
        acting=officer, study=study, alternative=alternative, changes=[], name="Новый маршрут", expected_version=1
    )
    [standing] = selectors.standings(study, viewer=officer)
    assert standing.behind
    assert first.changes == [CHANGE]
    again = running.repeat_run(acting=officer, run=first)
    assert (again.changes, again.version, again.seed) == ([CHANGE], 1, 0)


def test_only_appraisers_start_cancel_and_see_runs(officer, resident, person, alternative, program):
    program("done")
    auditor = person("Аудитор", auditor=None)
    for who in (resident, auditor):
        with pytest.raises(Forbidden):
            running.start_run(acting=who, alternative=alternative)
    assert Run.objects.count() == 0
    run = running.start_run(acting=officer, alternative=alternative)
    with pytest.raises(Forbidden):
        running.cancel_run(acting=resident, run=run)
    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    with pytest.raises(Missing):
        selectors.run_by(run.pk, viewer=resident)
    assert selectors.run_by(run.pk, viewer=auditor) == run


def test_a_worker_that_is_stopped_says_so_and_ends_what_it_started(officer, alternative, program, monkeypatch):
    program("slow")
    run = running.start_run(acting=officer, alternative=alternative)

    def stop(*given):
        raise SystemExit(1)

    monkeypatch.setattr(running, "hear", stop)
    with pytest.raises(SystemExit):
        tasks.run_alternative.call(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.code) == (Run.State.FAILED, "lost")
    assert not (tasks.appraisals() / str(run.pk)).exists()
