"""The tree from the profile of the city, once and again: what people have changed since stays."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from shaar.engine.errors import InputError
from shaar.platform.kernel import events
from shaar.platform.kernel.models import Event

from ..models import Territory
from ..profile import Profile, TerritoryRow, read_territories


@dataclass(frozen=True, slots=True)
class Imported:
    """How many territories were made, changed, or found as they were."""

    made: int
    changed: int
    kept: int


def import_territories(profile: Profile) -> Imported:
    """Bring the territories of a profile into the tree, by code; all of them or none.

    Names and parents that people have changed (renamed, moved, split, merged) are left alone; outlines, sources and
    notes follow the profile. Territories that the profile no longer has stay: things may point to them.

    Raises
    ------
    InputError
        A row's parent is not in the profile.
    """
    rows = read_territories(profile)
    with transaction.atomic():
        known = {one.code: one for one in Territory.objects.select_for_update()}
        touched = set(
            Event.objects.filter(
                object_type=events.type_of(Territory),
                verb__in=("territory.renamed", "territory.moved", "territory.split", "territory.merged"),
            ).values_list("verb", "object_id")
        )
        made = changed = kept = 0
        for row in rows:
            parent = known.get(row.parent) if row.parent else None
            if row.parent and parent is None:
                raise InputError(f"the parent {row.parent!r} of {row.code!r} is missing", field="parent")
            one = known.get(row.code)
            if one is None:
                one = Territory(code=row.code)
                _take(one, row, parent, touched)
                one.full_clean(exclude=["successors"])
                one.save(force_insert=True)
                known[row.code] = one
                events.record("territory.made", one, acting=None, public=True, name=one.names)
                made += 1
            elif one.until is None and _take(one, row, parent, touched):
                one.full_clean(exclude=["successors"])
                one.save()
                changed += 1
            else:
                kept += 1
    return Imported(made, changed, kept)


def _take(one: Territory, row: TerritoryRow, parent: Territory | None, touched: set[tuple[str, UUID]]) -> bool:
    """Set what the profile says; whether anything is new."""
    facts: dict[str, object] = {
        "kind": row.kind, "geometry": row.geometry, "approximate": row.approximate, "outlying": row.outlying,
        "source": row.source[:300],
    }  # fmt: skip
    if ("territory.renamed", one.pk) not in touched:
        facts["names"] = row.names
    if ("territory.moved", one.pk) not in touched:
        facts |= {"parent": parent, "path": f"{parent.path if parent else ''}{row.code}/"}
    import json

    def plain(value: object) -> object:
        return json.loads(json.dumps(value)) if isinstance(value, dict) else value

    new = {name: plain(value) for name, value in facts.items()}
    different = any(plain(getattr(one, name)) != value for name, value in new.items())
    for name, value in new.items():
        setattr(one, name, value)
    return different
