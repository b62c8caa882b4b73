"""The page that shows every component in every state."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.kernel.gate import public
from shaar.platform.places.forms import PlaceField
from shaar.platform.places.selectors import current


class PlaceForm(forms.Form):
    """Only a place."""

    place = PlaceField(label=gettext_lazy("Where is it?"))


class ExampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(
        label=gettext_lazy("What should change?"),
        help_text=gettext_lazy("One sentence, in plain words."),
        max_length=120,
    )
    text = forms.CharField(label=gettext_lazy("Why, and for whom?"), widget=forms.Textarea, required=False)
    cost = forms.DecimalField(label=gettext_lazy("About how much may it cost?"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=[("park", gettext_lazy("Parks and yards")), ("road", gettext_lazy("Streets and footways"))],
        widget=forms.RadioSelect,
    )
    who = forms.MultipleChoiceField(
        label=gettext_lazy("Who benefits?"),
        choices=[("children", gettext_lazy("Children")), ("old", gettext_lazy("Older people"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    when = forms.DateField(
        label=gettext_lazy("By which day?"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    photo = forms.FileField(label=gettext_lazy("Photo"), required=False)
    agree = forms.BooleanField(label=gettext_lazy("I have read the rules of talk"))


def _story() -> list[Any]:
    who = SimpleNamespace(public_name="Айгуль")
    facts = [("example.made", 12, {}), ("example.returned", 5, {"reason": _("Please mark the place.")})]
    now = timezone.now()
    return [
        SimpleNamespace(at=now - dt.timedelta(days=days), verb=verb, actor=who, on_behalf_of=None, data=data)
        for verb, days, data in facts
    ]


@public
def design(request: HttpRequest) -> HttpResponse:
    """Every component in every state; the forms on it go nowhere, but the map of the form can be moved."""
    now = timezone.now()
    return render(
        request,
        "design/page.html",
        {
            "form": ExampleForm(),
            "bad_form": ExampleForm({"cost": "x"}),
            "place_form": PlaceForm(request.POST if request.method == "POST" else None),
            "settlements": current().filter(kind="settlement"),
            "sum": Decimal("1250000.50"),
            "story": _story(),
            "page": Paginator(range(30), 10).page(2),
            "today": timezone.localdate(),
            "times": [now - dt.timedelta(minutes=m) for m in (0, 7, 200, 1500, 10000, 60000)],
            "swatches": ("ink", "muted", "paper", "mist", "line", "control", "primary", "focus", "good", "warn", "bad"),
        },
    )


urlpatterns = [path("design/", design, name="design")]
