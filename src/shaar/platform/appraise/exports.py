"""Open data of the room: which fields leave the house."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import tomli_w
from django.conf import settings
from django.utils import timezone

from . import words
from .models import Alternative, Contest, EffectRow, Run, Study

#: What anybody may have of an effect.
EFFECT_FIELDS = (
    "study", "alternative", "indicator", "name", "group", "place", "unit", "before", "after", "change", "low", "high",
    "badge", "better", "method", "not_modelled", "source",
)  # fmt: skip


def effect_fields(row: EffectRow, alternative: Alternative) -> dict[str, Any]:
    """An effect as open data; figures whole, as the engine gave them."""
    return {
        "study": alternative.study.ref, "alternative": alternative.name, "indicator": row.indicator,
        "name": words.label(row.indicator), "group": row.group, "place": row.place, "unit": row.unit,
        "before": row.before, "after": row.after, "change": row.change, "low": row.low, "high": row.high,
        "badge": row.badge, "better": row.better, "method": row.method, "not_modelled": row.not_modelled,
        "source": row.source,
    }  # fmt: skip


def effects_csv(pairs: Iterable[tuple[Alternative, Run]]) -> Iterator[str]:
    """Rows of a CSV file with `EFFECT_FIELDS`; numbers as Python writes them, so that none loses a digit."""
    yield "\ufeff" + _line(EFFECT_FIELDS)
    for alternative, run in pairs:
        for row in run.effects.order_by("order"):
            facts = effect_fields(row, alternative)
            yield _line(_cell(facts[name]) for name in EFFECT_FIELDS)


def scenario_toml(alternative: Alternative, run: Run) -> str:
    """The scenario of a run as the file that ``shaar appraise`` reads."""
    return tomli_w.dumps({"name": alternative.name, "changes": run.changes})


def study_fields(study: Study) -> dict[str, Any]:
    """A study as open data; nobody's name stands here."""
    return {
        "ref": study.ref, "title": study.title, "about": study.about, "state": study.state,
        "proposal": study.measure.ref if study.measure else None, "published_at": _moment(study.published_at),
        "url": f"{settings.SITE_URL}{study.get_absolute_url()}",
    }  # fmt: skip


def run_fields(run: Run) -> dict[str, Any]:
    """A run as open data."""
    return {
        "id": run.pk, "alternative": run.alternative_id, "version": run.version, "seed": run.seed, "state": run.state,
        "asked_at": run.at, "finished_at": run.finished_at, "stage": run.stage, "done": run.done, "total": run.total,
        "note": run.note, "code": run.code, "message": run.message, "same": run.same, "provenance": run.provenance,
    }  # fmt: skip


def contest_fields(contest: Contest) -> dict[str, Any]:
    """An objection as open data, without who made and who answered it."""
    return {
        "id": contest.pk, "text": contest.text, "at": contest.at, "due": contest.due, "state": contest.state,
        "about": contest.was, "answer": contest.answer, "changed": contest.changed, "answered_at": contest.answered_at,
    }  # fmt: skip


def _moment(value: Any) -> str | None:
    return timezone.localtime(value).isoformat(timespec="seconds") if value else None


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
