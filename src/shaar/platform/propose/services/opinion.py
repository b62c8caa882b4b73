"""Questions, statements and votes on them; and drawing the map of opinions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.engine.participation.opinions import Memory, Opinions, opinion_groups
from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, limits
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.folding import fold_forgiving
from shaar.platform.kernel.once import once
from shaar.platform.places.models import Territory

from ..checking import check
from ..models import Conversation, Measure, Opinion, OpinionMap, OpinionVote, Process
from ..policies import opinion as policy

VALUES = (-1, 0, 1)
#: Least people in a group whose share is shown, so that nobody's vote can be read off.
LEAST_SHOWN = 5


def open_conversation(
    *,
    acting: Person,
    slug: str,
    names: dict[str, str],
    since: datetime,
    until: datetime | None,
    about: dict[str, str] | None = None,
    process: Process | None = None,
    territory: Territory | None = None,
    measure: Measure | None = None,
    example: bool = False,
) -> Conversation:
    """Ask a question."""
    if not policy.may_open(acting, territory):
        raise Forbidden("opinion.open", _("Officers of the place open questions."))
    one = Conversation(
        slug=slug, names=names, about=about or {}, process=process, territory=territory, measure=measure, since=since,
        until=until, example=example,
    )  # fmt: skip
    with transaction.atomic():
        check(one)
        one.save()
        events.record("opinion.opened", one, acting=acting, public=True, names=names)
    return one


def _require_open(person: Person, conversation: Conversation) -> None:
    if not policy.may_take_part(person, conversation):
        raise Forbidden("opinion.level", _("Please confirm your phone or e-mail first."))
    if not conversation.is_open:
        raise Conflict("opinion.closed", _("This question is closed; the votes stand as they are."))


def say(*, acting: Person, conversation: Conversation, text: str, once_key: UUID | str | None = None) -> Opinion:
    """Put a statement in; a moderator lets it in. Those of the hosts themselves are shown at once.

    Raises
    ------
    Invalid
        The same words are there already.
    """
    _require_open(acting, conversation)

    def make() -> Opinion:
        limits.count("comment", str(acting.pk))
        with transaction.atomic():
            Conversation.objects.select_for_update().get(pk=conversation.pk)
            folded = fold_forgiving(text)
            if any(fold_forgiving(one.text) == folded for one in conversation.opinions.exclude(status="refused")):
                raise Invalid("opinion.same", _("Somebody has said the same; please vote on it."), field="text")
            shown = policy.may_moderate(acting, conversation)
            row = Opinion(
                conversation=conversation, text=text.strip(), author=acting, number=conversation.opinions.count() + 1,
                status=Opinion.Status.SHOWN if shown else Opinion.Status.WAITING,
            )  # fmt: skip
            check(row)
            row.save()
            events.record("opinion.said", conversation, acting=acting, number=row.number)
        return row

    return once(once_key, acting, Opinion, make)


def moderate(*, acting: Person, opinion: Opinion, show: bool, why: str = "") -> Opinion:
    """Let a statement in, or not, with a reason that everybody can read."""
    with transaction.atomic():
        row = Opinion.objects.select_for_update().select_related("conversation").get(pk=opinion.pk)
        if not policy.may_moderate(acting, row.conversation):
            raise Forbidden("opinion.moderate", _("Officers of the place moderate statements."))
        if row.status != Opinion.Status.WAITING:
            raise Conflict("opinion.decided", _("Somebody else has decided on this statement meanwhile."))
        if not show and len(why.strip()) < 5:
            raise Invalid("opinion.why", _("Please say why it is not shown."), field="why")
        row.status, row.why = (Opinion.Status.SHOWN if show else Opinion.Status.REFUSED), why.strip()
        row.save()
        verb = "opinion.shown" if show else "opinion.refused"
        events.record(verb, row.conversation, acting=acting, public=True, number=row.number, why=row.why)
    return row


def change_words(*, acting: Person, opinion: Opinion, text: str) -> Opinion:
    """Change a statement's words: its author, before the first vote."""
    with transaction.atomic():
        row = Opinion.objects.select_for_update().get(pk=opinion.pk)
        if row.author_id != acting.pk:
            raise Forbidden("opinion.author", _("Only who wrote it may change it."))
        if row.votes.exists():
            raise Conflict("opinion.voted", _("People have voted on these words; they cannot change any more."))
        row.text = text.strip()
        check(row)
        row.save()
        events.record("opinion.changed", row.conversation, acting=acting, number=row.number)
    return row


def vote(*, acting: Person, opinion: Opinion, value: int) -> OpinionVote:
    """Agree (1), disagree (-1) or pass (0); a second vote of the same person replaces the first.

    No event is written: how somebody votes is nobody's business but hers.
    """
    if value not in VALUES:
        raise Invalid("opinion.value", _("A vote is: agree, disagree or pass."))
    _require_open(acting, opinion.conversation)
    limits.count("opinion", str(acting.pk))
    if opinion.status != Opinion.Status.SHOWN:
        raise Conflict("opinion.hidden", _("This statement is not shown (any more)."))
    with transaction.atomic():
        row, _new = OpinionVote.objects.update_or_create(
            opinion=opinion, person=acting, defaults={"value": value, "at": timezone.now()}
        )
    return row


def draw_map(*, conversation: Conversation) -> OpinionMap:
    """Group people by their votes and keep the map; may be called again at any time."""
    shown = list(conversation.opinions.filter(status=Opinion.Status.SHOWN).order_by("number"))
    rows = list(
        OpinionVote.objects.filter(opinion__in=shown)
        .order_by("person_id", "opinion__number")
        .values_list("person_id", "opinion_id", "value")
    )
    people = sorted({str(person) for person, _opinion, _value in rows})
    line = {name: k for k, name in enumerate(people)}
    column = {one.pk: k for k, one in enumerate(shown)}
    votes = np.full((len(people), len(shown)), np.nan)
    for person, opinion, value in rows:
        votes[line[str(person)], column[opinion]] = value
    before = OpinionMap.objects.filter(pk=conversation.pk).first()
    memory = Memory(**before.memory) if before is not None and before.memory else None
    found = opinion_groups(votes, names=people, memory=memory)
    kept = found.memory
    with transaction.atomic():
        drawn, _new = OpinionMap.objects.update_or_create(
            conversation=conversation,
            defaults={
                "at": timezone.now(), "votes": len(rows), "shown": _public(found, [one.number for one in shown], votes),
                "memory": None if kept is None else {
                    "k": kept.k, "challenger": kept.challenger, "wins": kept.wins, "group": dict(kept.group),
                },
            },
        )  # fmt: skip
    return drawn


def _public(found: Opinions, numbers: list[int], votes: np.ndarray) -> dict[str, Any]:
    """What everybody may see: points in a mixed order without names, and counts by statement and group."""
    placed = found.group >= 0
    points = [
        [round(float(x), 3), round(float(y), 3), int(g)]
        for (x, y), g in zip(found.coordinates[placed], found.group[placed])
    ]
    points.sort()  # the order of people is not kept
    table = []
    for k, number in enumerate(numbers):
        groups = []
        for g in range(found.k):
            mine = votes[found.group == g, k]
            cast = mine[~np.isnan(mine)]
            few = len(cast) < LEAST_SHOWN
            groups.append(None if few else [int((cast == v).sum()) for v in (1, -1, 0)])
        cast = votes[:, k][~np.isnan(votes[:, k])]
        table.append({"number": number, "all": [int((cast == v).sum()) for v in (1, -1, 0)], "groups": groups})
    return {
        "reason": found.reason.value if found.reason else "", "people": int(found.people),
        "min_people": found.min_people, "min_votes": found.min_votes, "k": found.k, "sizes": list(found.sizes),
        "structure": found.structure, "points": points, "table": table,
        "agreed": [numbers[one.statement] for one in found.agreed],
        "rejected": [numbers[one.statement] for one in found.rejected],
        "typical": [
            [[numbers[one.statement], int(one.agrees), int(one.clear)] for one in group] for group in found.typical
        ],
    }  # fmt: skip
