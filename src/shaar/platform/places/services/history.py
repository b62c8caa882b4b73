"""What becomes of territories: renamed, moved, split, merged; nothing that points to one loses its place.

Rows are never deleted and codes never used again: a proposal of a settlement that is gone still names it, and
`selectors.became` and `selectors.within` lead from the old to the new and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid

from ..models import Territory, TerritoryName
from ..policies import may_change_places
from ..succession import succeed


@dataclass(frozen=True, slots=True)
class Part:
    """What a territory is split into: a new code, names, and an outline if it is known."""

    code: str
    names: dict[str, str]
    geometry: dict[str, Any] | None = None


def rename(
    territory: Territory, *, names: dict[str, str], acting: Any, reason: str, day: date | None = None
) -> Territory:
    """Give a territory new names; the old ones are kept with the day until which they held.

    Raises
    ------
    Forbidden, Conflict, Invalid
        The person may not, the territory is no more, or there is no name.
    """
    _guard(acting, reason)
    with transaction.atomic():
        one = _locked(territory)
        if not any(names.values()):
            raise Invalid("territory.name", _("A territory has a name in at least one language."), field="names")
        before = one.names
        TerritoryName.objects.create(territory=one, names=before, until=day or timezone.localdate())
        one.names = names
        one.full_clean(exclude=["successors"])
        one.save()
        events.record("territory.renamed", one, acting=acting, public=True, before=before, name=names, reason=reason)
    territory.refresh_from_db()
    return one


def move(territory: Territory, *, parent: Territory, acting: Any, reason: str, day: date | None = None) -> Territory:
    """Put a territory, with all that lies in it, under another one: the paths of the whole subtree change at once.

    Raises
    ------
    Forbidden, Conflict, Invalid
        The person may not, one of the two is no more, or it would come to lie inside itself.
    """
    _guard(acting, reason)
    with transaction.atomic():
        one, above = _locked(territory), _locked(parent)
        if one.parent_id is None:
            raise Invalid("territory.root", _("The city itself cannot be moved."))
        if above.path.startswith(one.path):
            raise Invalid("territory.inside", _("A territory cannot lie inside itself."), field="parent")
        if one.parent_id == above.pk:
            raise Conflict("territory.same", _("It lies there already."))
        before = one.parent
        _put(one, above)
        events.record(
            "territory.moved", one, acting=acting, public=True, name=one.names, reason=reason,
            before=before.names if before else {}, parent=above.names, day=(day or timezone.localdate()).isoformat(),
        )  # fmt: skip
    territory.refresh_from_db()
    return one


def split(
    territory: Territory, *, parts: Sequence[Part], acting: Any, reason: str, day: date | None = None,
    children: Mapping[str, str] | None = None,
) -> list[Territory]:  # fmt: skip
    """End a territory and make its parts; what lay inside it goes to the part whose outline holds it.

    Parameters
    ----------
    children
        For each territory inside, by code, the code of the part it goes to, where outlines do not say it.

    Raises
    ------
    Forbidden, Conflict, Invalid
        The person may not, the territory is no more, a code is used, or it is unclear where something inside goes.
    """  # fmt: skip
    _guard(acting, reason)
    if len(parts) < 2:
        raise Invalid("territory.parts", _("A territory is split into two parts or more."), field="parts")
    with transaction.atomic():
        one = _locked(territory)
        if one.parent is None:
            raise Invalid("territory.root", _("The city itself cannot be split."))
        made = [_make(part, like=one, parent=one.parent, day=day) for part in parts]
        by_code = {part.code: part for part in made}
        for child in one.children.filter(until__isnull=True):
            _put(child, by_code.get((children or {}).get(child.code, "")) or _holder(child, made))
        _end(one, made, day)
        facts = {"name": one.names, "parts": [part.names for part in made], "reason": reason}
        events.record("territory.split", one, acting=acting, public=True, **facts)
        succeed(one, made, acting=acting)
        for part in made:
            events.record("territory.made", part, acting=acting, public=True, name=part.names)
    territory.refresh_from_db()
    return made


def merge(
    territories: Sequence[Territory], *, into: Part, acting: Any, reason: str, day: date | None = None
) -> Territory:
    """End territories of one parent and make one of them; its outline is theirs together, unless one is given.

    Raises
    ------
    Forbidden, Conflict, Invalid
        The person may not, one is no more, they lie apart in the tree, or the code is used.
    """
    _guard(acting, reason)
    if len({one.pk for one in territories}) < 2:
        raise Invalid("territory.parts", _("Two territories or more are merged."), field="territories")
    with transaction.atomic():
        ended = [_locked(one) for one in territories]
        parent = ended[0].parent
        if parent is None or any(one.parent_id != parent.pk or one.kind != ended[0].kind for one in ended):
            raise Invalid("territory.apart", _("Only territories of one kind in one district can be merged."))
        part = Part(into.code, into.names, into.geometry or _union(ended))
        made = _make(part, like=ended[0], parent=parent, day=day)
        for one in ended:
            for child in one.children.filter(until__isnull=True):
                _put(child, made)
            _end(one, [made], day)
            events.record(
                "territory.merged", one, acting=acting, public=True, name=one.names, into=made.names, reason=reason
            )
            succeed(one, [made], acting=acting)
        events.record("territory.made", made, acting=acting, public=True, name=made.names)
    for given in territories:
        given.refresh_from_db()
    return made


def _guard(acting: Any, reason: str) -> None:
    if not may_change_places(acting):
        raise Forbidden(
            "territory.forbidden", _("Only the mayor's office and the city administrator change the territories.")
        )
    if not reason.strip():
        raise Invalid("territory.reason", _("Say by which decision."), field="reason")


def _locked(territory: Territory) -> Territory:
    one = Territory.objects.select_for_update().get(pk=territory.pk)
    if one.until is not None:
        raise Conflict("territory.ended", _("“%(name)s” was merged or split meanwhile.") % {"name": one})
    return one


def _put(one: Territory, parent: Territory) -> None:
    """Change the parent, and the beginning of all paths below in one statement, those of ended territories too."""
    before, after = one.path, f"{parent.path}{one.code}/"
    Territory.objects.filter(pk=one.pk).update(parent=parent)
    Territory.objects.filter(path__startswith=before).update(
        path=Concat(Value(after), Substr(F("path"), len(before) + 1))
    )
    one.parent, one.path = parent, after


def _make(part: Part, *, like: Territory, parent: Territory, day: date | None) -> Territory:
    if Territory.objects.filter(code=part.code).exists():
        raise Invalid("territory.code", _("The code “%(code)s” is used.") % {"code": part.code}, field="code")
    made = Territory(
        code=part.code, kind=like.kind, names=part.names, parent=parent, path=f"{parent.path}{part.code}/",
        geometry=part.geometry, outlying=like.outlying, approximate=like.approximate, source=like.source,
        since=day or timezone.localdate(),
    )  # fmt: skip
    made.full_clean(exclude=["successors"])
    made.save(force_insert=True)
    return made


def _end(one: Territory, successors: Sequence[Territory], day: date | None) -> None:
    one.refresh_from_db()
    one.until = day or timezone.localdate()
    one.save(update_fields=["until"])
    one.successors.set(successors)


def _holder(child: Territory, parts: Sequence[Territory]) -> Territory:
    """The one part whose outline holds the child."""
    from shapely.geometry import shape

    if child.geometry:
        middle = shape(child.geometry).representative_point()
        held = [part for part in parts if part.geometry and shape(part.geometry).covers(middle)]
        if len(held) == 1:
            return held[0]
    raise Invalid(
        "territory.child", _("Say to which part “%(name)s” goes.") % {"name": child}, field="children"
    )  # fmt: skip


def _union(territories: Sequence[Territory]) -> dict[str, Any] | None:
    """Their outlines as one; none where one of them has none."""
    import json

    import shapely
    from shapely.geometry import mapping, shape

    shapes = [shape(one.geometry) for one in territories if one.geometry]
    if len(shapes) < len(territories) or any(s.geom_type == "Point" for s in shapes):
        return None
    whole = shapely.union_all(shapes)
    return dict(json.loads(json.dumps(mapping(whole))))
