"""Parts of a list: which rows, and how many there are in all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from ninja import Field, Schema


class Span(Schema):
    """Which rows of a list."""

    limit: int = Field(100, ge=1, le=500)
    offset: int = Field(0, ge=0)


class Placed(Span):
    """Which rows of a list, and of which place."""

    territory: str = ""


def rows(found: QuerySet[Any], span: Span, row: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Some rows of ``found`` as the answer ``{"count", "items"}``."""
    return {"count": found.count(), "items": [row(one) for one in found[span.offset : span.offset + span.limit]]}
