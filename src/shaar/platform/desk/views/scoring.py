"""Scoring at the desk: the declaration first, then the sheet with marks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.accounts.policies import has_role
from shaar.platform.decide.forms.answering import answered
from shaar.platform.decide.forms.office import DisclosureForm, ScoreForm
from shaar.platform.decide.models import Disclosure
from shaar.platform.decide.policies import grant as policies
from shaar.platform.decide.selectors import grant as selectors
from shaar.platform.decide.services import review
from shaar.platform.desk import queues
from shaar.platform.kernel import attachments
from shaar.platform.kernel.gate import opens_to


def scorers(person: Any) -> bool:
    """Whether the person scores somewhere."""
    return has_role(person, *policies.SCORERS)


@opens_to(scorers, "scorer")
def queue(request: HttpRequest) -> HttpResponse:
    """Applications to score, the most urgent first."""
    return render(request, "desk/scoring/queue.html", {"rows": selectors.to_score(request.user)})


@opens_to(scorers, "scorer")
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """Declare whether one is close to it; then read the file and give marks."""
    row = selectors.application(viewer=request.user, ref=ref)
    person: Any = request.user
    said = Disclosure.objects.filter(application=row, person=person).first()
    asks = said is None
    form: Any = DisclosureForm(request.POST or None) if asks else ScoreForm(request.POST or None, call=row.call)
    status = 200

    def write() -> None:
        if asks:
            review.disclose(acting=person, application=row, **form.cleaned_data)
        else:
            review.score(acting=person, application=row, marks=form.marks(), words=form.cleaned_data["words"])

    if request.method == "POST":
        status = answered(form, write)
        if not status:
            messages.success(request, _("Written down."))
            stays = asks and not form.cleaned_data["conflict"]
            return redirect("desk_score", ref=ref) if stays else redirect("desk_scoring")
    whole = policies.may_score(person, row)
    own = row.scores.filter(by=person).first()
    facts = {
        "application": row, "form": form, "asks": asks, "whole": whole, "said": said,
        "given": own if own is not None and own.version >= row.version else None,
        "contributions": row.contributions.all() if whole else (),
        "photos": attachments.photos_of(row) if whole else (),
    }  # fmt: skip
    return render(request, "desk/scoring/sheet.html", facts, status=status)


urlpatterns = [
    path("scoring/", queue, name="desk_scoring"),
    path("scoring/<str:ref>/", sheet, name="desk_score"),
]
queues.register(
    "/desk/scoring/", gettext_lazy("Grants to score"), order=52, opens_to=scorers,
    waiting=lambda person: selectors.to_score(person).count(),
)  # fmt: skip
