"""The effect card on the page of a proposal: what was modelled of it, what it shows, how far the study is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shaar.platform.appraise import geometry, words
from shaar.platform.appraise.models import Run, Study
from shaar.platform.appraise.sayings import sentence_of
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.portal.maps.things import Thing
from shaar.platform.propose.models import Measure


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the page of a proposal says of the model.

    ``study`` and ``said`` only where it is published; ``computing``: figures are still to come; ``things``: the change
    on the map.
    """

    sentence: str
    things: list[Thing]
    study: Study | None
    run: Run | None
    said: list[words.Said]
    computing: bool
    contested: int


def estimate_of(measure: Measure) -> Estimate | None:
    """What there is for everybody to see; None where nobody has put the proposal before the model."""
    study = next(iter(selectors.published_for(measure)), None)
    if measure.change is None and study is None:
        return None
    run = None
    if study is not None:
        first = study.alternatives.filter(shown__isnull=False).select_related("shown").order_by("number").first()
        run = first.shown if first is not None else None
    change: dict[str, Any] = measure.change or {}
    shapes = geometry.shapes_of([change]) if change else []
    computing = Run.objects.filter(
        alternative__study__measure=measure, state__in=(Run.State.QUEUED, Run.State.RUNNING)
    ).exists()
    return Estimate(
        sentence=sentence_of(change) if change else "", things=[Thing("", shape) for shape in shapes], study=study,
        run=run, said=words.card(run, most=5) if run is not None else [], computing=computing,
        contested=study.contests.filter(state="open").count() if study else 0,
    )  # fmt: skip
