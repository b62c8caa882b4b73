"""What a person may take with her, and how she is forgotten while the public record stays whole."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden
from shaar.platform.kernel.models import Attachment, Event, Message, Submission

from ..models import Person, Role, RoleKind, new_handle
from ..policies import forget, has_role
from ..registry import erase_in_rooms, exports_of
from .roles import _administrators


def erase_person(person: Person, *, acting: Person) -> Person:
    """Forget a person: name, e-mail, phone, contacts, sessions, messages, consents and vouches go; her roles end.

    What she proposed in public stays, under "a resident". Events stay as they are: they hold her number, not her name,
    so the chain of hashes still fits.

    Raises
    ------
    Forbidden, Conflict
        Only herself, or an administrator at her written request; erased already; the last administrator.
    """
    if acting.pk != person.pk and not has_role(acting, RoleKind.ADMIN):
        raise Forbidden("person.not_you", _("Only the person concerned may change this."))
    keys = list(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        if person.erased_at is not None:
            raise Conflict("person.erased", _("These data were erased already."))
        if _administrators() == {person.pk}:
            raise Conflict("role.last", _("This is the last administrator; name another first."))
        erase_in_rooms(person)
        now = timezone.now()
        Role.objects.filter(person=person, ended_at__isnull=True).update(ended_at=now)
        for table in (person.contacts, person.consents, person.vouches):
            table.all().delete()
        Message.objects.filter(person=person).delete()
        Submission.objects.filter(person=person).update(person=None)
        for model in (EmailAddress, SocialAccount, Authenticator, UserSession):
            model.objects.filter(user=person).delete()
        Attachment.objects.filter(by=person).update(by=None)
        person.name, person.email, person.phone, person.phone_verified = "", None, None, False
        person.home, person.level, person.is_active = None, 0, False
        person.erased_at, person.handle, person.last_login = now, new_handle(), None
        person.set_unusable_password()
        person.save()
        events.record("person.erased", person, acting=acting)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store(session_key=key).delete()
    forget(person)
    return person


def export_person(person: Person, *, acting: Person) -> dict[str, Any]:
    """Everything that is kept about a person, as JSON: for her alone.

    Raises
    ------
    Forbidden
        Somebody else's.
    """
    if acting.pk != person.pk:
        raise Forbidden("person.not_you", _("Only the person concerned may take this."))
    with transaction.atomic():
        events.record("person.exported", person, acting=acting)
    sessions = UserSession.objects.filter(user=person).order_by("created_at")
    done = Event.objects.filter(actor=person) | Event.objects.filter(on_behalf_of=person)
    files = Attachment.objects.filter(by=person, removed_at__isnull=True)
    return {
        "made": timezone.now().isoformat(),
        "person": {
            "number": str(person.pk), "name": person.name, "email": person.email, "phone": person.phone,
            "phone_verified": person.phone_verified, "language": person.language, "level": person.level,
            "home": person.home.code if person.home else None, "joined": person.joined_at.isoformat(),
        },
        "contacts": [{"channel": c.channel, "address": c.address, "wanted": c.wanted} for c in person.contacts.all()],
        "consents": [
            {"purpose": c.purpose, "version": c.version, "at": c.at.isoformat(),
             "withdrawn": c.withdrawn_at.isoformat() if c.withdrawn_at else None}
            for c in person.consents.order_by("at")
        ],
        "roles": [
            {"role": r.kind, "place": r.territory.code if r.territory else None, "since": r.since.isoformat(),
             "until": r.until.isoformat(), "reason": r.reason, "ended": r.ended_at.isoformat() if r.ended_at else None}
            for r in person.roles.select_related("territory").order_by("since")
        ],
        "vouches": [
            {"place": v.territory.code, "at": v.at.isoformat(), "holds": v.withdrawn_at is None}
            for v in person.vouches.select_related("territory").order_by("at")
        ],
        "messages": [
            {"channel": m.channel, "subject": m.subject, "body": m.body, "link": m.link,
             "sent": m.sent_at.isoformat() if m.sent_at else None}
            for m in Message.objects.filter(person=person).order_by("event_id", "channel")
        ],
        "sessions": [{"since": s.created_at.isoformat(), "ip": s.ip, "browser": s.user_agent} for s in sessions],
        "events": [
            {"number": e.seq, "at": e.at.isoformat(), "what": e.verb, "about": f"{e.object_type}:{e.object_id}"}
            for e in done.order_by("seq").distinct()
        ],
        "files": [{"file": str(f.pk), "name": f.name, "caption": f.caption, "at": f.at.isoformat()} for f in files],
        **exports_of(person),
    }  # fmt: skip
