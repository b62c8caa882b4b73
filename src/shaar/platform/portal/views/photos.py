"""Screens for photos alone, after all that is typed: no map and no other field can lose what was chosen there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from shaar.platform.kernel import attachments
from shaar.platform.kernel.errors import Forbidden, Refusal
from shaar.platform.kernel.gate import signed_in
from shaar.platform.propose.forms.photos import PhotosForm
from shaar.platform.propose.policies.hazard import may_add_photos
from shaar.platform.propose.policies.measure import may_edit
from shaar.platform.propose.selectors import hazard as hazards
from shaar.platform.propose.selectors import measure as measures


@signed_in
def of_proposal(request: HttpRequest, ref: str) -> HttpResponse:
    """Photos of one's own proposal."""
    measure = measures.measure_by_ref(ref, viewer=request.user)
    if not may_edit(request.user, measure):
        raise Forbidden("measure.not_editable", _("This can be changed by its author only, and before it is answered."))
    return _screen(request, measure, measure.title, public=True)


@signed_in
def of_risk(request: HttpRequest, ref: str) -> HttpResponse:
    """Photos of the danger that one has reported."""
    hazard = hazards.hazard(viewer=request.user, ref=ref)
    if not may_add_photos(request.user, hazard):
        raise Forbidden("hazard.photos", _("Who reported it adds photos, until an officer has looked at it."))
    return _screen(request, hazard, hazard.title, public=False)


def _screen(request: HttpRequest, thing: Any, title: str, *, public: bool) -> HttpResponse:
    """Show the photos there are; add some, or take one away. The caller has asked whether she may."""
    form, status = PhotosForm(request.POST, request.FILES) if request.method == "POST" else PhotosForm(), 200
    if request.method == "POST":
        try:
            if "drop" in request.POST:
                _drop(thing, request.POST["drop"], request.user)
                return redirect(request.path)
            if form.is_valid():
                ready = attachments.prepare_all(form.cleaned_data["photos"], thing=thing)
                attachments.attach_all(thing, ready, acting=request.user, public=public)
                if ready:
                    messages.success(request, _("The photos are added."))
                return redirect(request.path if "more" in request.POST else thing.get_absolute_url())
            status = 422
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
            status = refusal.status
    facts = {"form": form, "thing": thing, "title": title, "photos": attachments.photos_of(thing)}
    return render(request, "ui/photo_screen.html", facts, status=status)


def _drop(thing: Any, number: str, person: Any) -> None:
    try:
        found = attachments.photos_of(thing).filter(pk=UUID(number)).first()
    except ValueError:
        found = None
    if found is not None:
        attachments.remove(found, acting=person)


urlpatterns = [
    path("proposals/<slug:ref>/photos/", of_proposal, name="proposal_photos"),
    path("risks/<str:ref>/photos/", of_risk, name="risk_photos"),
]
