"""Forms of questions and statements."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shaar.platform.places.models import Territory

from ..models import Conversation
from ..policies.opinion import may_open, places_to_ask


class SayForm(forms.Form):
    """A statement."""

    text = forms.CharField(
        label=_("Say it in one sentence"), min_length=10, max_length=280, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One thought, so that others can agree or disagree. Not a question, no names."),
    )  # fmt: skip


class ConversationForm(forms.Form):
    """Ask a question."""

    slug = forms.SlugField(label=_("Address, in Latin letters"), max_length=60)
    name_ru = forms.CharField(label=_("Question in Russian"), min_length=5, max_length=150)
    name_ky = forms.CharField(label=_("Question in Kyrgyz"), max_length=150, required=False)
    name_kk = forms.CharField(label=_("Question in Kazakh"), max_length=150, required=False)
    name_en = forms.CharField(label=_("Question in English"), max_length=150, required=False)
    territory = forms.ChoiceField(label=_("Who is asked?"), required=False)
    until = forms.DateField(label=_("Open until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        city = [("", _("the whole city"))] if may_open(person, None) else []
        inside = [(place.code, "\u2003" * (depth - 1) + str(place)) for place, depth in places_to_ask(person)]
        self.fields["territory"].choices = [*city, *inside]  # type: ignore[attr-defined]
        self.fields["territory"].required = not city

    def clean_territory(self) -> Territory | None:
        """The place, or None for the whole city."""
        return Territory.objects.filter(code=self.cleaned_data["territory"]).first()

    def clean_slug(self) -> str:
        """Refuse an address that is taken."""
        slug = str(self.cleaned_data["slug"])
        if Conversation.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("This address is taken."))
        return slug

    def names(self) -> dict[str, str]:
        """The question by language."""
        return {
            code: self.cleaned_data[f"name_{code}"]
            for code in ("ru", "ky", "kk", "en")
            if self.cleaned_data[f"name_{code}"]
        }
