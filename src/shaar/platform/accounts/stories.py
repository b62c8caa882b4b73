"""How events of persons and roles read; none of them is public, the desk and the person herself see them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel import story
from shaar.platform.kernel.models import Event
from shaar.platform.kernel.story import name

from .models import RoleKind


def _granted(event: Event) -> str:
    facts = {"who": name(event.actor), "role": RoleKind(event.data["kind"]).label}
    if event.data.get("waits"):
        return str(_("%(who)s gave the role “%(role)s”; a second person has to approve it.")) % facts
    return str(_("%(who)s gave the role “%(role)s”.")) % facts


def _role(sentence: str) -> object:
    return lambda event: str(sentence) % {"who": name(event.actor), "role": RoleKind(event.data["kind"]).label}


def _passed_on(event: Event) -> str:
    facts = {**story.facts(event), "role": RoleKind(event.data["kind"]).label}
    return str(_("The role “%(role)s” of %(before_names)s holds for %(place)s, which came after it.")) % facts


SENTENCES = {
    "person.joined": _("Joined."),
    "person.address_proven": _("Proved a phone or an e-mail."),
    "person.renamed": _("Changed the name."),
    "person.moved": _("Changed the place of living."),
    "person.language_set": _("Changed the language."),
    "person.channels_set": _("Chose how messages come."),
    "person.channel_tied": _("Tied a channel for messages."),
    "person.written_down": _("%(who)s wrote this person down by phone."),
    "person.proven_by_state": _("Signed in with the state."),
    "person.vouched_for": _("%(who)s confirmed where this person lives."),
    "person.vouch_withdrawn": _("%(who)s took back the confirmation of where this person lives."),
    "person.second_factor_reset": _("%(who)s reset the second sign-in step."),
    "person.exported": _("Took a copy of all data."),
    "person.erased": _("Personal data were erased."),
    "consent.given": _("Agreed to the use of data."),
    "consent.withdrawn": _("Withdrew a consent."),
    "role.granted": _granted,
    "role.approved": _role(_("%(who)s approved the role “%(role)s”.")),  # type: ignore[arg-type]
    "role.passed_on": _passed_on,
    "role.ended": _role(_("%(who)s ended the role “%(role)s”.")),  # type: ignore[arg-type]
}
