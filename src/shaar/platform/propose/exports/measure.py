"""Open data of the room: which fields leave the house, as CSV and GeoJSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone

from ..models import Measure, Moderation
from ..reasons import reason_words

#: What anybody may have of a measure. Nobody's name stands here; words of hidden measures are left out with their row.
PUBLIC_FIELDS = (
    "ref", "kind", "title", "text", "language", "status", "status_at", "process", "territory", "territory_name",
    "address", "lon", "lat", "benefits", "cost_guess", "currency", "cost_source", "supports", "comments", "version",
    "published_at", "due", "office", "merged_into", "channel", "url",
)  # fmt: skip
#: What anybody may have of an act of moderation.
LOG_FIELDS = ("id", "at", "act", "what", "proposal", "reason", "reason_words", "words", "appeal", "overturned_at")
#: A cell that begins so is run as a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def public_fields(measure: Measure) -> dict[str, Any]:
    """A measure as open data."""
    from ..selectors.near import middle

    point = middle(measure.geometry)
    return {
        "ref": measure.ref,
        "kind": measure.kind,
        "title": measure.title,
        "text": measure.text,
        "language": measure.language,
        "status": measure.status,
        "status_at": _moment(measure.status_at),
        "process": measure.process.slug if measure.process else None,
        "territory": measure.territory.code if measure.territory else None,
        "territory_name": str(measure.territory) if measure.territory else None,
        "address": measure.address,
        "lon": round(point[0], 6) if point else None,
        "lat": round(point[1], 6) if point else None,
        "benefits": measure.benefits,
        "cost_guess": measure.cost_guess,
        "currency": settings.PROFILE.currency if measure.cost_guess is not None else None,
        "cost_source": "guess of the author" if measure.cost_guess is not None else None,
        "supports": measure.supports_count,
        "comments": measure.comments_count,
        "version": measure.version,
        "published_at": _moment(measure.published_at),
        "due": measure.due.isoformat() if measure.due else None,
        "office": str(measure.office) if measure.office else None,
        "merged_into": measure.merged_into.ref if measure.merged_into else None,
        "channel": measure.channel,
        "url": f"{settings.SITE_URL}{measure.get_absolute_url()}",
    }


def _moment(value: Any) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds")


def measures_csv(found: Iterable[Measure]) -> Iterator[str]:
    """Rows of a CSV file with `PUBLIC_FIELDS`."""
    return _csv(PUBLIC_FIELDS, (public_fields(measure) for measure in found))


def measures_geojson(found: Iterable[Measure]) -> dict[str, Any]:
    """A GeoJSON feature collection; measures without a place have no geometry (RFC 7946 allows null)."""
    features = [{"type": "Feature", "id": m.ref, "geometry": m.geometry, "properties": public_fields(m)} for m in found]
    return {"type": "FeatureCollection", "features": features}


def log_csv(acts: Iterable[Moderation]) -> Iterator[str]:
    """Rows of the moderation log as CSV."""
    return _csv(LOG_FIELDS, (log_fields(act) for act in acts))


def log_fields(act: Moderation) -> dict[str, Any]:
    """An act of moderation as open data: neither the words that were hidden nor who wrote or hid them."""
    appeal = getattr(act, "appeal", None)
    return {
        "id": str(act.pk),
        "at": _moment(act.at),
        "act": act.act,
        "what": "comment" if act.comment_id else "proposal",
        "proposal": act.about.ref,
        "reason": act.reason,
        "reason_words": reason_words("moderation", act.reason),
        "words": act.words,
        "appeal": (appeal.outcome or "waiting") if appeal else "",
        "overturned_at": _moment(act.overturned_at) if act.overturned_at else "",
    }


def _csv(fields: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "\ufeff" + _line(fields)
    for row in rows:
        yield _line([_cell(row[name]) for name in fields])


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"'{text}" if text.startswith(_FORMULA) and not number else text


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
