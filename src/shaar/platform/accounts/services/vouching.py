"""A settlement leader's word that somebody lives there: raises her to level 2 as long as it holds."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from shaar.platform.places.models import Territory

from ..models import Person, RoleKind, Vouch
from ..policies import has_role, may_vouch
from .persons import _level_after_vouches

#: Vouches by one leader in a day: a leader knows neighbours, nobody knows hundreds in a day (an assumption of ours).
A_DAY = 20


def vouch(person: Person, *, acting: Person, territory: Territory) -> Vouch:
    """Say that a person lives in the settlement.

    She must have proven a phone or e-mail, have said that she lives there, and have asked to be vouched for.

    Raises
    ------
    Forbidden, Invalid, TooMany, Conflict
        Not the leader there, or for herself; not asked for or not living there; too many in a day; done already.
    """
    if not may_vouch(acting, territory) or acting.pk == person.pk:
        raise Forbidden(
            "vouch.role", _("Only the leader of this settlement can confirm who lives there, and not for herself.")
        )
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        if not person.is_active or person.level < 1 or not territory.contains(person.home):
            raise Invalid("vouch.home", _("This person has not said that this settlement is home."))
        if not person.consents.filter(purpose="vouch", withdrawn_at__isnull=True).exists():
            raise Invalid("vouch.not_asked", _("This person has not asked for it."))
        day = timezone.now() - timedelta(days=1)
        if Vouch.objects.filter(by=acting, at__gte=day).count() >= A_DAY:
            raise TooMany(
                "vouch.many", _("You have confirmed %(n)d people today; please go on tomorrow.") % {"n": A_DAY}
            )
        if Vouch.objects.filter(person=person, territory=territory, withdrawn_at__isnull=True).exists():
            raise Conflict("vouch.done", _("This was already confirmed."))
        one = Vouch(person=person, by=acting, territory=territory)
        one.full_clean()
        try:
            with transaction.atomic():
                one.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("vouch.done", _("This was already confirmed.")) from error
        _level_after_vouches(person)
        event = events.record("person.vouched_for", person, acting=acting, territory=territory.code)
        notify.tell(
            event, [person], subject=lambda: _("Your settlement leader has confirmed where you live."), link="/me/"
        )
    return one


def withdraw(one: Vouch, *, acting: Person, reason: str) -> Vouch:
    """Take a word back: the leader who gave it, or an administrator.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; withdrawn already; no reason.
    """
    if one.by_id != acting.pk and not has_role(acting, RoleKind.ADMIN):
        raise Forbidden("vouch.not_yours", _("Only who confirmed it, or an administrator, may take it back."))
    if not reason.strip():
        raise Invalid("vouch.reason", _("Please say why."), field="reason")
    with transaction.atomic():
        one = Vouch.objects.select_for_update().get(pk=one.pk)
        if one.withdrawn_at is not None:
            raise Conflict("vouch.withdrawn", _("This was already taken back."))
        one.withdrawn_at = timezone.now()
        one.save(update_fields=["withdrawn_at"])
        person = Person.objects.select_for_update().get(pk=one.person_id)
        _level_after_vouches(person)
        events.record(
            "person.vouch_withdrawn", person, acting=acting, territory=one.territory.code, reason=reason.strip()[:200]
        )
    return one
