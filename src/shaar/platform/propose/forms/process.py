"""Forms of the desk for processes, their phases and thresholds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import LANGUAGES

from ..models import Feature, Measure, Phase, Process
from .proposal import LANGUAGE_NAMES, territory_choices


class MomentInput(forms.DateTimeInput):
    """A day and an hour, as the browser asks for them."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class _InLanguages(forms.Form):
    """A form with a name in each language; the first language of the installation is needed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from django.conf import settings

        name = _("Name")
        for code in LANGUAGES:
            field = forms.CharField(
                label=f"{name} · {LANGUAGE_NAMES[code]}", max_length=150, required=code == settings.LANGUAGE_CODE
            )
            self.fields[f"name_{code}"] = field
        self.order_fields([*(f"name_{code}" for code in LANGUAGES), *self.fields])

    def names(self) -> dict[str, str]:
        """Names by language, without empty ones."""
        return {code: text for code in LANGUAGES if (text := self.cleaned_data[f"name_{code}"].strip())}

    def languages(self, prefix: str) -> dict[str, str]:
        """Texts by language, without empty ones."""
        return {code: text for code in LANGUAGES if (text := self.cleaned_data[f"{prefix}_{code}"].strip())}

    @property
    def name_fields(self) -> list[Any]:
        """The bound fields of the names, for templates."""
        return [self[f"name_{code}"] for code in LANGUAGES]


class ProcessForm(_InLanguages):
    """What a process is about and asks for."""

    slug = forms.SlugField(label=_("Word in the address"), max_length=60, help_text=_("Latin letters, as ideas-2027"))
    territory = forms.ChoiceField(label=_("Where"), required=False)
    kinds = forms.MultipleChoiceField(
        label=_("What may be proposed"), required=False, choices=Measure.Kind.choices,
        widget=forms.CheckboxSelectMultiple, help_text=_("Nothing chosen: anything."),
    )  # fmt: skip
    threshold = forms.IntegerField(
        label=_("Supporters that oblige the city to answer"), min_value=1, max_value=1_000_000
    )
    answer_days = forms.IntegerField(label=_("Days of work for an answer"), min_value=1, max_value=250)
    appeal_days = forms.IntegerField(label=_("Days of work for an appeal"), min_value=1, max_value=250)
    published = forms.BooleanField(label=_("Published"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about = _("About")
        for code in LANGUAGES:
            self.fields[f"about_{code}"] = forms.CharField(
                label=f"{about} · {LANGUAGE_NAMES[code]}", max_length=3000, required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )  # fmt: skip
        self.fields["territory"].choices = [("", _("the whole city")), *territory_choices()[1:]]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(process: Process | None) -> dict[str, Any]:
        """What a form shows of a process that exists."""
        if process is None:
            return {"threshold": 30, "answer_days": 14, "appeal_days": 10, "published": False}
        return {
            "slug": process.slug, "territory": process.territory.code if process.territory else "",
            "kinds": process.kinds, "threshold": process.threshold, "answer_days": process.answer_days,
            "appeal_days": process.appeal_days, "published": process.published,
            **{f"name_{code}": text for code, text in process.names.items()},
            **{f"about_{code}": text for code, text in process.about.items()},
        }  # fmt: skip


class PhaseForm(_InLanguages):
    """From when to when, and what may be done."""

    since = forms.DateTimeField(label=_("From"), widget=MomentInput())
    until = forms.DateTimeField(
        label=_("Until"), widget=MomentInput(), required=False, help_text=_("Empty: until further notice.")
    )
    features = forms.MultipleChoiceField(
        label=_("People may:"), choices=Feature.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    def clean(self) -> dict[str, Any]:
        """Check that it ends after it begins."""
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] <= given["since"]:
            self.add_error("until", _("It has to end after it begins."))
        return given

    @staticmethod
    def initial_of(phase: Phase | None) -> dict[str, Any]:
        """What a form shows of a phase that exists."""
        if phase is None:
            return {}
        return {
            "since": timezone.localtime(phase.since), "until": timezone.localtime(phase.until) if phase.until else None,
            "features": phase.features, **{f"name_{code}": text for code, text in phase.names.items()},
        }  # fmt: skip


class ThresholdForm(forms.Form):
    """Another number of supporters in a territory."""

    territory = forms.ChoiceField(label=_("Settlement or district"))
    needed = forms.IntegerField(label=_("Supporters needed"), min_value=1, max_value=1_000_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["territory"].choices = territory_choices()  # type: ignore[attr-defined]
