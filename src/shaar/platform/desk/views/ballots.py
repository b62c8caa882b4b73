"""Votes at the desk: prepare, divide the money, projects, paper ballots, close, count, confirm."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.phones import normalise
from shaar.platform.accounts.policies import has_role
from shaar.platform.decide.forms.answering import answered
from shaar.platform.decide.forms.preparing import BOX, BoxForm, DivideForm, GiveForm, NamedForm, ProjectForm, SheetForm
from shaar.platform.decide.models import BallotBox, PaperSheet
from shaar.platform.decide.policies import ballot as policies
from shaar.platform.decide.selectors import ballot as selectors
from shaar.platform.decide.services import ballot as services
from shaar.platform.decide.services import closing
from shaar.platform.decide.services import vote as voting
from shaar.platform.decide.states import S
from shaar.platform.desk import queues
from shaar.platform.kernel.errors import Forbidden, Invalid, Missing
from shaar.platform.kernel.gate import opens_to

_BUTTONS: dict[str, Callable[..., object]] = {
    "publish": services.publish_box, "seal": closing.seal, "again": closing.count_again, "confirm": closing.confirm,
}  # fmt: skip
_PARTS = ("words", "divide", "project", "eligible", "publish", "seal", "again", "confirm")


@opens_to(policies.may_manage_boxes, "prepares votes")
def boxes(request: HttpRequest) -> HttpResponse:
    """All votes."""
    return render(request, "desk/ballots/boxes.html", {"boxes": selectors.boxes(viewer=request.user)})


@opens_to(policies.may_manage_boxes, "prepares votes")
def make(request: HttpRequest) -> HttpResponse:
    """Prepare a new vote."""
    form = BoxForm(request.POST or None)
    made: list[BallotBox] = []
    status = 200
    if request.method == "POST":
        status = answered(
            form,
            lambda: made.append(services.make_box(acting=request.user, **form.cleaned_data)),  # type: ignore[arg-type]
        )
        if not status:
            return redirect("desk_ballot", slug=made[0].slug)
    return render(request, "desk/ballots/make.html", {"form": form}, status=status)


@opens_to(policies.may_manage_boxes, "prepares votes")
def box(request: HttpRequest, slug: str) -> HttpResponse:
    """One vote: rules, money, projects, announcing, closing, confirming; told apart by ``part``."""
    one = selectors.box(viewer=request.user, slug=slug)
    part = request.POST.get("part", "")
    given = {name: request.POST if part == name else None for name in _PARTS}
    made: dict[str, Any] = {name: forms.Form(given[name]) for name in _PARTS}
    made["words"] = BoxForm(given["words"], made=True, initial=NamedForm.first(one, *BOX))
    made["divide"], made["project"] = DivideForm(given["divide"]), ProjectForm(given["project"])
    eligible = one.call.applications.filter(status=S.ELIGIBLE) if one.call else []
    status = 200
    if part in made:
        status = answered(made[part], lambda: _write(request.user, one, part, made[part]))
        if not status:
            messages.success(request, _("Written down."))
            return redirect("desk_ballot", slug=one.slug)
        one.refresh_from_db()
    facts = {
        "box": one, "forms": made, "used": made.get(part), "projects": selectors.projects(one), "eligible": eligible,
        "envelopes": one.envelopes.select_related("territory"), "count": selectors.count_of(one),
        "turnout": selectors.turnout(one), "waiting": one.sheets.exclude(status=PaperSheet.Status.AGREED).count(),
    }  # fmt: skip
    return render(request, "desk/ballots/box.html", facts, status=status)


def _write(person: Any, one: BallotBox, part: str, form: Any) -> None:
    if part == "words":
        services.change_box(acting=person, box=one, **form.cleaned_data)
    elif part == "divide":
        top_up = form.cleaned_data["top_up"] / Decimal(100)
        services.divide_money(acting=person, box=one, districts=form.districts(), top_up=top_up)
    elif part == "project":
        services.add_project(acting=person, box=one, **form.cleaned_data)
    elif part == "eligible":
        services.add_eligible(acting=person, box=one)
    else:
        _BUTTONS[part](acting=person, box=one)


def enters(person: Any) -> bool:
    """Whether the person enters paper ballots somewhere."""
    return has_role(person, *policies.OPERATORS)


@opens_to(enters, "operator")
def paper(request: HttpRequest) -> HttpResponse:
    """Votes whose paper ballots may be entered."""
    return render(request, "desk/ballots/paper.html", {"boxes": selectors.boxes_to_enter(request.user)})


@opens_to(enters, "operator")
def sheets(request: HttpRequest, slug: str) -> HttpResponse:
    """Enter a paper ballot; those read once or differently are listed by number only."""
    one = selectors.box(viewer=request.user, slug=slug)
    person: Any = request.user
    if not policies.may_enter_paper(person, one):
        raise Forbidden("sheet.closed", _("Operators and officers of this place enter paper ballots."))
    gives = request.POST.get("part") == "give"
    give = GiveForm(request.POST if gives else None)
    form = SheetForm(request.POST if request.POST and not gives else None, box=one)
    status = 200

    def hand_out() -> None:
        found = Person.objects.filter(phone=normalise(give.cleaned_data["phone"]), is_active=True).first()
        if found is None:
            raise Invalid(
                "sheet.nobody", _("Nobody is known here by this phone; the paper list is enough."), field="phone"
            )
        voting.give_sheet(acting=person, box=one, person=found)

    def write() -> None:
        district = form.cleaned_data.get("district")
        if "settle" in request.POST:
            number = form.cleaned_data["number"].strip().upper()
            sheet = PaperSheet.objects.filter(box=one, number=number).first()
            if sheet is None:
                raise Missing("sheet.missing", _("There is no such sheet."))
            voting.settle_sheet(acting=person, sheet=sheet, choices=form.choices(), district=district)
            return
        voting.enter_sheet(
            acting=person, box=one, number=form.cleaned_data["number"], choices=form.choices(), district=district
        )

    if request.method == "POST":
        status = answered(give, hand_out) if gives else answered(form, write)
        if not status:
            messages.success(request, _("This person votes on paper.") if gives else _("The sheet is entered."))
            return redirect("desk_sheets", slug=one.slug)
    facts = {"box": one, "form": form, "give": give, "sheets": selectors.sheets(one)}
    return render(request, "desk/ballots/sheets.html", facts, status=status)


urlpatterns = [
    path("ballots/", boxes, name="desk_ballots"),
    path("ballots/new/", make, name="desk_ballot_new"),
    path("ballots/<slug:slug>/", box, name="desk_ballot"),
    path("paper/", paper, name="desk_paper"),
    path("paper/<slug:slug>/", sheets, name="desk_sheets"),
]
queues.register("/desk/ballots/", gettext_lazy("Votes"), order=54, opens_to=policies.may_manage_boxes)
queues.register("/desk/paper/", gettext_lazy("Paper ballots"), order=55, opens_to=enters)
