"""People at the desk: find one, see who holds which role, give, approve and end roles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shaar.platform.accounts import forms, selectors, services
from shaar.platform.accounts.models import Person, Role
from shaar.platform.accounts.phones import shown
from shaar.platform.accounts.policies import (
    ABOVE_OFFICER,
    may_approve_role,
    may_end_role,
    may_grant_role,
    may_manage_people,
)
from shaar.platform.desk import queues
from shaar.platform.kernel import events, limits
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import opens_to

_people = opens_to(may_manage_people, "manages people")
queues.register("/desk/people/", gettext_lazy("People and roles"), order=90, opens_to=may_manage_people)
queues.register(
    "/desk/people/waiting/", gettext_lazy("Roles to approve"), order=91, opens_to=may_manage_people,
    waiting=lambda person: selectors.roles_waiting(viewer=person).exclude(granted_by=person).count(),
)  # fmt: skip


def _acting(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


@_people
def find(request: HttpRequest) -> HttpResponse:
    """Find a person; below, everybody with a role."""
    words = request.GET.get("q", "")
    if words:
        limits.count("search", str(_acting(request).pk))
    found = selectors.find_people(words, viewer=request.user)[:50]
    page = Paginator(selectors.staff_of(viewer=request.user), 50).get_page(request.GET.get("page"))
    return render(request, "desk/people/find.html", {"words": words, "found": found, "page": page})


@_people
def waiting(request: HttpRequest) -> HttpResponse:
    """Roles that wait for a second person."""
    rows = [(role, may_approve_role(request.user, role)) for role in selectors.roles_waiting(viewer=request.user)]
    return render(request, "desk/people/waiting.html", {"rows": rows})


@_people
def one(request: HttpRequest, number: UUID) -> HttpResponse:
    """One person: what is proven, her roles, and giving a further one."""
    acting = _acting(request)
    person = get_object_or_404(Person, pk=number)
    form = forms.GrantForm(request.POST or None, acting=acting)
    if request.method == "POST" and form.is_valid():
        try:
            role = services.grant_role(person, acting=acting, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
        else:
            waits = role.kind in ABOVE_OFFICER
            messages.success(request, _("Given; it waits for a second person.") if waits else _("Given."))
            return redirect("desk_person", number=number)
    roles = [
        (role, may_end_role(acting, role) and role.ended_at is None)
        for role in person.roles.select_related("territory", "organisation", "granted_by", "approved_by").order_by(
            "-since"
        )
    ]
    facts: dict[str, Any] = {
        "person": person, "phone": shown(person.phone), "roles": roles, "form": form,
        "may_grant": bool(form.fields["kind"].choices) and person.pk != acting.pk,  # type: ignore[attr-defined]
        "story": events.story(person, public_only=False).select_related("actor", "on_behalf_of"),
        "may_reset": may_grant_role(acting, "admin", None) and person.pk != acting.pk,
    }  # fmt: skip
    return render(request, "desk/people/one.html", facts, status=422 if request.method == "POST" else 200)


def _decide(request: HttpRequest, number: UUID, act: Any, done: str) -> HttpResponse:
    role = get_object_or_404(Role, pk=number)
    try:
        act(role)
        messages.success(request, done)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    return redirect("desk_person", number=role.person_id)


@_people
@require_POST
def approve(request: HttpRequest, number: UUID) -> HttpResponse:
    """Bring a role into force."""
    return _decide(request, number, lambda role: services.approve_role(role, acting=_acting(request)), _("Approved."))


@_people
@require_POST
def end(request: HttpRequest, number: UUID) -> HttpResponse:
    """End a role, or refuse one that waits."""
    why = request.POST.get("reason", "")
    return _decide(
        request, number, lambda role: services.end_role(role, acting=_acting(request), reason=why), _("Ended.")
    )


@_people
@require_POST
def reset(request: HttpRequest, number: UUID) -> HttpResponse:
    """Take away a lost second factor."""
    person = get_object_or_404(Person, pk=number)
    try:
        services.reset_second_factor(person, acting=_acting(request), reason=request.POST.get("reason", ""))
        messages.success(request, _("Reset."))
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    return redirect("desk_person", number=number)


urlpatterns = [
    path("people/", find, name="desk_people"),
    path("people/waiting/", waiting, name="desk_roles_waiting"),
    path("people/<uuid:number>/", one, name="desk_person"),
    path("people/<uuid:number>/reset/", reset, name="desk_person_reset"),
    path("people/roles/<uuid:number>/approve/", approve, name="desk_role_approve"),
    path("people/roles/<uuid:number>/end/", end, name="desk_role_end"),
]
