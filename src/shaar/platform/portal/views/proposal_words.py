"""The words of a proposal: changing them, comparing versions, a sheet of paper with them."""

from __future__ import annotations

import base64
import io

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import attachments
from shaar.platform.kernel.errors import Forbidden, Refusal
from shaar.platform.kernel.gate import public, signed_in
from shaar.platform.places.forms import ChosenPlace
from shaar.platform.propose.forms.proposal import EditForm
from shaar.platform.propose.models import Measure
from shaar.platform.propose.policies import measure as policy
from shaar.platform.propose.selectors import measure as selectors
from shaar.platform.propose.selectors.steps import next_step
from shaar.platform.propose.selectors.versions import compare
from shaar.platform.propose.services import measure as writing


@signed_in
def edit(request: HttpRequest, ref: str) -> HttpResponse:
    """Change the words; the version before stays. Somebody else's change meanwhile is shown beside one's own words."""
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    person = request.user
    assert isinstance(person, Person)
    if not policy.may_edit(person, measure):
        raise Forbidden("measure.not_editable", _("This can be changed by its author only, and before it is answered."))
    place = ChosenPlace(measure.territory, measure.geometry, measure.address)
    initial = {
        **{name: getattr(measure, name) for name in ("title", "text", "language", "kind", "benefits", "cost_guess")},
        "place": place, "seen_version": measure.version,
    }  # fmt: skip
    form = EditForm(request.POST or None, process=measure.process, initial=initial)
    refusal, moving = None, False
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        chosen: ChosenPlace = given["place"]
        words = {name: given[name] for name in ("title", "text", "language", "kind", "benefits", "cost_guess")}
        try:
            writing.edit(
                acting=person, measure=measure, seen_version=given["seen_version"], why=given["why"], **words,
                geometry=chosen.geometry, address=chosen.address, territory=chosen.territory,
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Your changes are published."))
            return redirect("proposal_photos" if "photos" in request.POST else "proposal", ref=measure.ref)
    elif request.method == "POST":
        moving = any(error.code == "moving" for error in form.errors.as_data().get("place", ()))
    now = Measure.objects.get(pk=measure.pk)
    facts = {"measure": measure, "form": form, "refusal": refusal, "now": now if refusal else None}
    status = refusal.status if refusal else 422 if form.errors and not moving else 200
    return render(request, "proposals/edit.html", facts, status=status)


@public
def versions(request: HttpRequest, ref: str) -> HttpResponse:
    """All versions, and what changed between two of them."""
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    if not policy.may_see(request.user, measure):
        raise Forbidden("measure.hidden", _("The words of this proposal are hidden."))
    rows = list(measure.versions.select_related("by").order_by("-number"))
    by_number = {str(row.number): row for row in rows}
    new = by_number.get(request.GET.get("new", ""), rows[0])
    old = by_number.get(request.GET.get("old", ""), by_number.get(str(new.number - 1), rows[-1]))
    facts = {"measure": measure, "rows": rows, "new": new, "old": old, "changes": compare(old, new)}
    return render(request, "proposals/versions.html", facts)


@public
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """A page for an A4 printer, with a code that leads back here."""
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    if not policy.may_see(request.user, measure):
        raise Forbidden("measure.hidden", _("The words of this proposal are hidden."))
    link = f"{settings.SITE_URL}{measure.get_absolute_url()}"
    picture = io.BytesIO()
    segno.make(link, error="m").save(picture, kind="svg", scale=4, border=2, dark="#000", light="#fff", xmldecl=False)
    code = "data:image/svg+xml;base64," + base64.b64encode(picture.getvalue()).decode()
    facts = {
        "measure": measure, "link": link, "code": code, "step": next_step(measure),
        "photos": attachments.photos_of(measure)[:2], "needed": selectors.needed(measure),
        "authors": selectors.authors(measure),
    }  # fmt: skip
    return render(request, "proposals/sheet.html", facts)


urlpatterns = [
    path("proposals/<slug:ref>/edit/", edit, name="proposal_edit"),
    path("proposals/<slug:ref>/versions/", versions, name="proposal_versions"),
    path("proposals/<slug:ref>/print/", sheet, name="proposal_print"),
]
