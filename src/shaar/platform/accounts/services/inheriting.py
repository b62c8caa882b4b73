"""Roles at a place that is split or merged: they hold at what became of it, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.kernel import events, notify
from shaar.platform.places.models import Territory

from ..models import Role
from ..policies import ABOVE_OFFICER, forget


def pass_on_roles(territory: Territory, successors: Sequence[Territory], *, acting: Any) -> None:
    """Give everybody who holds a role at an ended territory the same role at each of its successors.

    The new role has the days, the giver and the approval of the old one (one that waits still waits). The old one
    stays: what was written at the ended place is still hers to see to. Call it inside the transaction of the reform.
    """
    held = Role.objects.select_for_update(of=("self",)).filter(
        territory=territory, ended_at__isnull=True, until__gte=timezone.localdate()
    )
    for role in held.select_related("person", "organisation").order_by("pk"):
        for place in successors:
            _pass_on(role, territory, place, acting)
        forget(role.person)


def _pass_on(role: Role, before: Territory, place: Territory, acting: Any) -> None:
    same = Role.objects.filter(
        person=role.person, kind=role.kind, territory=place, organisation=role.organisation, ended_at__isnull=True
    )
    if role.kind in ABOVE_OFFICER:  # one that waits stands for none that holds
        same = same.filter(approved_by__isnull=role.approved_by_id is None)
    there = same.select_for_update(of=("self",)).first()
    if there is not None:  # she held it in two places that were merged: the longer one counts
        if there.until < role.until:
            there.until = role.until
            there.save(update_fields=["until"])
        return
    made = Role(
        person=role.person, kind=role.kind, territory=place, organisation=role.organisation, since=role.since,
        until=role.until, granted_by=role.granted_by, approved_by=role.approved_by, reason=role.reason,
    )  # fmt: skip
    made.full_clean()
    made.save(force_insert=True)
    event = events.record(
        "role.passed_on", made, acting=acting, kind=role.kind, territory=place.code, place=place.names,
        before=before.code, before_names=before.names, until=role.until,
    )  # fmt: skip
    word = role.get_kind_display
    notify.tell(
        event, [role.person],
        subject=lambda: _("Your role “%(role)s” holds for %(place)s now.") % {"role": word(), "place": place},
        link="/me/",
    )  # fmt: skip
