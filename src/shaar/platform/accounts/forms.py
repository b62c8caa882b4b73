"""Forms about persons; what they mean the services check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.channels import open_channels

from .models import Organisation, Person, RoleKind
from .policies import may_grant_role
from .selectors import homes

_CODE = forms.TextInput(
    attrs={
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "maxlength": 12,
        "class": "control-short",
        "autofocus": True,
    }
)

_CODE_MISSING = {"required": _("Please write the six digits.")}


class EnterForm(forms.Form):
    """Phone or e-mail."""

    address = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        error_messages={"required": _("Please write your phone number or your e-mail.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "off", "spellcheck": "false"}),
    )
    brief = forms.BooleanField(
        label=_("Only this once: sign me out when I close the browser"), required=False,
        help_text=_("For a phone or computer that others use too."),
    )  # fmt: skip


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(label=_("Code"), max_length=20, widget=_CODE, error_messages=_CODE_MISSING)


class SelfForm(forms.Form):
    """Name, home, language."""

    name = forms.CharField(
        label=_("Name that others see"), max_length=100, required=False,
        help_text=_("Without a name your proposals say “a resident”."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    home = forms.ModelChoiceField(
        label=_("Where you live"), queryset=homes(), required=False, empty_label=_("not said"),
        help_text=_("Some votes and grants are for the people of a place only."),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language of pages and messages"), choices=settings.LANGUAGES)
    vouch = forms.BooleanField(
        label=_("Ask the leader of my settlement to confirm that I live there"), required=False,
        help_text=_("The leader then sees your name and the last four digits of your phone."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["home"].queryset = homes()  # type: ignore[attr-defined]
        self.fields["home"].label_from_instance = _indented  # type: ignore[attr-defined]


def _indented(territory: Any) -> str:
    return "\u2003" * (territory.path.count("/") - 1) + str(territory)


class ChannelsForm(forms.Form):
    """By which ways messages come."""

    channels = forms.MultipleChoiceField(
        label=_("Messages also come by"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("They are always on this site as well."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        have = {one.channel: one for one in person.contacts.all()}
        ready = [one for one in open_channels() if one.code in have]
        self.fields["channels"].choices = [(one.code, one.name) for one in ready]  # type: ignore[attr-defined]
        self.initial.setdefault("channels", [one.code for one in ready if have[one.code].wanted])


class EraseForm(forms.Form):
    """The last question before everything is gone."""

    sure = forms.BooleanField(label=_("Yes, erase my data; I know that it cannot be undone"))


class GrantForm(forms.Form):
    """A role for a person."""

    kind = forms.ChoiceField(label=_("Role"))
    territory = forms.ModelChoiceField(
        label=_("Where"), queryset=homes(), required=False, empty_label=_("in the whole city")
    )
    organisation = forms.ModelChoiceField(
        label=_("Of which organisation"), queryset=Organisation.objects.all(), required=False, empty_label=_("none")
    )
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("Why?"), max_length=300, error_messages={"required": _("Please say why.")})

    def __init__(self, *args: Any, acting: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = homes()
        self.fields["territory"].queryset = places  # type: ignore[attr-defined]
        self.fields["territory"].label_from_instance = _indented  # type: ignore[attr-defined]
        may = [
            kind for kind in RoleKind
            if may_grant_role(acting, kind, None) or any(may_grant_role(acting, kind, place) for place in _of(acting))
        ]  # fmt: skip
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in may]  # type: ignore[attr-defined]
        self.initial.setdefault("until", timezone.localdate() + timedelta(days=365))


def _of(acting: Person) -> list[Any]:
    return [role.territory for role in acting.roles.select_related("territory") if role.territory is not None]
