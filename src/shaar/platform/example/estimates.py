"""Three proposals of the example put before the model: officers say what they mean, the worker computes and publishes.

Nothing here is made up: the figures are the engine's, computed after the site has started.
"""

from __future__ import annotations

from typing import Any

from django_tasks import task

from shaar.engine.measures.models import Headway
from shaar.platform.accounts.models import Person
from shaar.platform.appraise.models import Run, Study
from shaar.platform.appraise.scenarios import city_modelled
from shaar.platform.appraise.services.change import change_for_measure
from shaar.platform.appraise.services.contest import answer_contest, contest
from shaar.platform.appraise.services.run import start_run
from shaar.platform.appraise.services.study import publish
from shaar.platform.appraise.streets import streets
from shaar.platform.appraise.tasks import run_alternative
from shaar.platform.kernel.jobs import enqueue
from shaar.platform.propose.models import Measure

from .people import Example


def fill_estimates(one: Example) -> None:
    """Say of proposals with ``model`` in the content what they mean, and ask for their figures."""
    rows = [row for row in one.content["proposal"] if "model" in row] if city_modelled() else []
    contests = one.content.get("contest", [])
    for number, row in enumerate(rows):
        measure: Measure = one.measures[row["key"]]
        measure.refresh_from_db()
        made = change_for_measure(acting=one.people["officer"], measure=measure, change=_change(row["model"]))
        # After each run its own publishing, so that the first estimate can be read while the next is computed.
        objection = contests[number] if number < len(contests) else {}
        enqueue(publish_estimate, ref=made.study.ref, objection=objection)


def _change(given: dict[str, Any]) -> dict[str, Any]:
    """The change as the content gives it; a line is laid through its places on the streets of the city."""
    if given["type"] != "add_line":
        return dict(given)
    from shaar.engine.study.line_drawing import draw_line, to_add_line

    spans = [Headway(start=start, end=end, minutes=minutes) for start, end, minutes in given["headways"]]
    drawn = draw_line(streets(), [(lon, lat) for lon, lat in given["places"]], vehicle_type=given["vehicle_type"])
    return to_add_line(drawn, given["name"], spans).model_dump(mode="json", exclude_none=True)


@task(queue_name="slow")
def publish_estimate(ref: str, objection: dict[str, Any]) -> None:
    """Publish what was computed, and let a neighbour object; safe to run again."""
    study = Study.objects.get(ref=ref)
    for run in Run.objects.filter(alternative__study=study, state=Run.State.QUEUED):
        run_alternative.call(str(run.pk))
    _once_more(study)
    done = Run.objects.filter(alternative__study=study, state=Run.State.DONE).exists()
    if study.state == Study.State.DRAFT and done:
        _contest(publish(acting=study.owner, study=study), objection)


def _once_more(study: Study) -> None:
    """Who ends the site while it computes finds the estimates the next time."""
    for alternative in study.alternatives.all():
        runs = alternative.runs.filter(state__in=(Run.State.QUEUED, Run.State.RUNNING, Run.State.DONE))
        if not runs.exists():
            run_alternative.call(str(start_run(acting=study.owner, alternative=alternative).pk))


def _contest(study: Study, given: dict[str, Any]) -> None:
    if not given:
        return
    neighbour = Person.objects.filter(email__startswith="neighbour").order_by("email")[given["by"]]
    row = study.alternatives.get(number=1).shown
    about = row.effects.filter(indicator=given["about"], place="", group="all").first() if row else None
    made = contest(acting=neighbour, study=study, text=given["text"], effect_row=about)
    if given.get("answer"):
        answer_contest(acting=study.owner, contest=made, answer=given["answer"])
