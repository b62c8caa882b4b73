"""Putting a measure forward, changing its words, withdrawing it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.kernel import events, limits
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.folding import fold_forgiving
from shaar.platform.kernel.references import next_reference
from shaar.platform.places.calendar import add_work_days
from shaar.platform.places.models import Territory

from ..checking import check
from ..models import Feature, Measure, MeasureVersion, Process, Support
from ..policies.measure import may_answer, may_edit, may_enter_for_others, may_put_down, may_withdraw, takes_part
from ..policies.process import require_feature
from ..selectors.measure import needed, office_for
from ..states import MEASURE
from ..whereabouts import territory_of

#: What an edit may change, and a version keeps.
WORDS = ("kind", "title", "text", "language", "address", "geometry", "benefits", "cost_guess")


def propose(
    *,
    acting: Person,
    process: Process | None,
    kind: str,
    title: str,
    text: str,
    language: str = "ru",
    geometry: dict[str, Any] | None = None,
    address: str = "",
    territory: Territory | None = None,
    benefits: str = "",
    cost_guess: Decimal | None = None,
    on_behalf_of: Person | None = None,
    organisation: Organisation | None = None,
    channel: str = Measure.Channel.WEB,
    author_supports: bool = True,
) -> Measure:
    """Publish a new measure.

    Parameters
    ----------
    on_behalf_of
        The caller for whom an operator types it in; she becomes the author.
    organisation
        The organisation that the author speaks for.
    author_supports
        Whether the author counts as its first supporter; not for what a meeting or an office puts down.

    Raises
    ------
    Forbidden, Conflict, Invalid, TooMany
        Not open to this person or kind; closed today; words that cannot be taken; too many in a day.
    """
    author = on_behalf_of or acting
    helping = author.pk != acting.pk
    if helping and not may_enter_for_others(acting):
        raise Forbidden("measure.not_operator", _("Only an operator may write in for somebody else."))
    if not helping and not takes_part(acting, process):
        raise Forbidden("measure.level", _("Confirm your phone or e-mail first: proposals come from people."))
    if process is not None:
        require_feature(process, Feature.PROPOSE)
        if process.kinds and kind not in process.kinds:
            raise Invalid("measure.kind", _("This is not asked for here. Choose another kind."), field="kind")
    elif channel != Measure.Channel.MEETING and not may_put_down(acting):
        raise Forbidden("measure.process", _("Choose what your proposal is for."))
    if not helping and not may_put_down(acting):
        limits.count("proposal", str(acting.pk))
    with transaction.atomic():
        measure = Measure(
            process=process, kind=kind, title=title.strip(), text=text.strip(), language=language, geometry=geometry,
            address=address.strip(), author=author, entered_by=acting if helping else None,
            on_behalf_of=organisation, channel=channel, benefits=benefits.strip(), cost_guess=cost_guess,
        )  # fmt: skip
        measure.ref = next_reference("P")
        _place(measure, territory)
        check(measure)
        _check_inside(measure)
        measure.save(force_insert=True)
        _keep_version(measure, by=acting, why="")
        if author_supports:
            Support.objects.create(measure=measure, person=author)
            measure.supports_count = 1
            measure.save(update_fields=["supports_count"])
        events.record(
            "measure.proposed", measure, acting=acting, on_behalf_of=author if helping else None, public=True,
            ref=measure.ref, title=measure.title, kind=kind, channel=channel,
        )  # fmt: skip
        reach(measure)
    return measure


def edit(*, acting: Person, measure: Measure, seen_version: int, why: str = "", **words: Any) -> Measure:
    """Change the words of a measure; the version before stays readable. A refused one is looked at anew.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers, or answered; somebody has edited since ``seen_version``; words that cannot be taken.
    """
    unknown = set(words) - {*WORDS, "territory"}
    if unknown:
        raise TypeError(f"a measure has no {', '.join(sorted(unknown))} to edit")
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=measure.pk)
        if not may_edit(acting, measure):
            raise Forbidden(
                "measure.not_editable", _("This can be changed by its author only, and before it is answered.")
            )
        if measure.version != seen_version:
            raise Conflict(
                "measure.edited", _("This was changed meanwhile. Look at the new words before you change them.")
            )
        before = {name: getattr(measure, name) for name in WORDS}
        for name, value in words.items():
            if name in WORDS:
                setattr(measure, name, value.strip() if isinstance(value, str) else value)
        after = {name: getattr(measure, name) for name in WORDS}
        if before == after:
            return measure
        if measure.process is not None and measure.process.kinds and measure.kind not in measure.process.kinds:
            raise Invalid("measure.kind", _("This is not asked for here. Choose another kind."), field="kind")
        _place(measure, words.get("territory", measure.territory))
        measure.version += 1
        check(measure)
        _check_inside(measure)
        if measure.status == Measure.Status.REFUSED:
            move(measure, Measure.Status.REVIEW)
            measure.due = add_work_days(timezone.localdate(), measure.process.answer_days if measure.process else 14)
        measure.save()
        _keep_version(measure, by=acting, why=why)
        helping = acting.pk != measure.author_id
        events.record(
            "measure.edited", measure, acting=acting, on_behalf_of=measure.author if helping else None, public=True,
            version=measure.version, changed=sorted(name for name in WORDS if before[name] != after[name]),
        )  # fmt: skip
    return measure


def withdraw(*, acting: Person, measure: Measure) -> Measure:
    """Take one's measure back; it stays readable and says so."""
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=measure.pk)
        if not may_withdraw(acting, measure):
            raise Forbidden(
                "measure.not_withdrawable", _("This can be withdrawn by its author only, before an answer.")
            )
        move(measure, Measure.Status.WITHDRAWN)
        measure.due = None
        measure.save(update_fields=["status", "status_at", "due"])
        events.record("measure.withdrawn", measure, acting=acting, public=True)
    return measure


def finish(*, acting: Person, measure: Measure, done: bool = True) -> Measure:
    """Say that it is done (or, ``done=False``, that work goes on after all)."""
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=measure.pk)
        if not may_answer(acting, measure):
            raise Forbidden("measure.not_office", _("Only the office of the place may say this."))
        move(measure, Measure.Status.DONE if done else Measure.Status.IN_WORK)
        measure.due = None
        measure.save(update_fields=["status", "status_at", "due"])
        events.record("measure.done" if done else "measure.reopened", measure, acting=acting, public=True)
    return measure


def move(measure: Measure, status: str) -> None:
    """Change the status of a locked row by the table of moves; the caller saves."""
    MEASURE.check(measure.status, status)
    measure.status, measure.status_at = status, timezone.now()


def reach(measure: Measure) -> bool:
    """Hand a locked measure to its office if it has the supports it needs; the caller holds the transaction."""
    wanted = needed(measure)
    if measure.status != Measure.Status.OPEN or wanted is None or measure.supports_count < wanted:
        return False
    assert measure.process is not None
    move(measure, Measure.Status.REVIEW)
    measure.due = add_work_days(timezone.localdate(), measure.process.answer_days)
    measure.save(update_fields=["status", "status_at", "due"])
    events.record(
        "measure.reached", measure, acting=None, public=True, supports=measure.supports_count, needed=wanted,
        due=measure.due, office=measure.office.names if measure.office else {},
    )  # fmt: skip
    return True


def index(measure: Measure) -> None:
    """Renew what a search looks through; the caller saves."""
    measure.search_text = fold_forgiving(f"{measure.ref} {measure.title} {measure.text} {measure.address}")


def _place(measure: Measure, chosen: Territory | None) -> None:
    measure.territory = territory_of(measure.geometry, chosen)
    measure.office = office_for(measure.territory)
    index(measure)


def _check_inside(measure: Measure) -> None:
    where = measure.process.territory if measure.process else None
    if where is not None and not where.contains(measure.territory):
        raise Invalid(
            "measure.outside", _("This place lies outside %(place)s, which is asked about here.") % {"place": where},
            field="place",
        )  # fmt: skip


def _keep_version(measure: Measure, *, by: Person, why: str) -> None:
    MeasureVersion.objects.create(
        measure=measure, number=measure.version, by=by, why=why.strip()[:300],
        **{name: getattr(measure, name) for name in WORDS},
    )  # fmt: skip
