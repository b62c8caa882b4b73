"""From wish to change in three steps: choose, fill in, check; then it is kept with the proposal and computed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from shaar.engine.measures import registry
from shaar.platform.accounts.models import Person
from shaar.platform.appraise import choices, geometry, policies, suggesting
from shaar.platform.appraise.forms.change import ChangeForm
from shaar.platform.appraise.models import Alternative
from shaar.platform.appraise.sayings import sentence_of
from shaar.platform.appraise.scenarios import canonical, check_on_city, model_folder, scenario_of
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services.alternative import save_alternative
from shaar.platform.appraise.services.change import change_for_measure
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from shaar.platform.kernel.fields import in_language
from shaar.platform.kernel.gate import opens_to
from shaar.platform.kernel.once import once
from shaar.platform.propose.models import Measure
from shaar.platform.propose.policies import measure as measure_policy
from shaar.platform.propose.selectors import measure as measures
from shaar.platform.propose.selectors.near import middle


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _entry(kind: str) -> dict[str, Any]:
    found = next((one for one in registry.catalogue() if one["type"] == kind), None)
    if found is None:
        raise Invalid("change.kind", _("Choose a kind from the list."), field="type")
    return found


def _kinds(first: tuple[str, ...] = ()) -> list[tuple[str, list[tuple[str, str]]]]:
    """Kinds of changes by subject, likely ones on top."""
    catalogue = registry.catalogue()
    groups: dict[str, list[tuple[str, str]]] = {}
    likely = [(one["type"], in_language(one["label"])) for kind in first for one in catalogue if one["type"] == kind]
    if likely:
        groups[_("Likely what is meant")] = likely
    for one in catalogue:
        if one["type"] not in first:
            name = in_language(one.get("group_label") or {}) or _("Other")
            groups.setdefault(name, []).append((one["type"], in_language(one["label"])))
    return list(groups.items())


def _checked(change: dict[str, Any]) -> tuple[dict[str, Any], str, list[dict[str, Any]]]:
    """The change as it will be kept, its sentence, and what of it the map shows.

    Raises
    ------
    Invalid
        It cannot be made in this city.
    """
    scenario = scenario_of("-", [change])
    check_on_city(scenario)
    [plain] = canonical(scenario)
    words = sentence_of(plain)
    things = [{"type": "Feature", "geometry": shape, "properties": {}} for shape in geometry.shapes_of([plain])]
    return plain, words, things


def _given(text: str) -> dict[str, Any]:
    """A change that a form of ours carried along; it is checked anew, whatever it says."""
    try:
        change = json.loads(text)
    except ValueError:
        change = None
    if not isinstance(change, dict):
        raise Invalid("change.damaged", _("This form is damaged. Open it anew."))
    return change


def _seen(text: str) -> dict[str, Any] | None:
    return _given(text) if text and text != "null" else None


def _step(request: HttpRequest, facts: dict[str, Any], point: choices.Point | None) -> tuple[str, dict[str, Any], int]:
    """Which step to show, with what: 1 choose, 2 fill in, 3 check."""
    kind, refusal = request.POST.get("type") or request.GET.get("type", ""), None
    if request.method == "POST" and "change" in request.POST:
        try:
            plain, words, things = _checked(_given(request.POST["change"]))
        except Refusal as error:
            refusal = error
        else:
            return "check", {**facts, "change": json.dumps(plain), "words": words, "things": things, "kind": kind}, 200
    if kind:
        entry = _entry(kind)
        sent = request.method == "POST" and "change" not in request.POST
        form = ChangeForm(request.POST if sent else None, entry=entry, point=point)
        if sent and form.is_valid():
            try:
                plain, words, things = _checked(form.change())
            except Refusal as error:
                refusal = error
            else:
                return (
                    "check",
                    {**facts, "change": json.dumps(plain), "words": words, "things": things, "kind": kind},
                    200,
                )
        status = refusal.status if refusal else 422 if form.errors else 200
        return "fill", {**facts, "form": form, "entry": entry, "label": in_language(entry["label"]), "kind": kind,
                        "refusal": refusal}, status  # fmt: skip
    return "choose", {**facts, "refusal": refusal}, refusal.status if refusal else 200


@opens_to(policies.may_appraise, "officers")
def proposal_change(request: HttpRequest, ref: str) -> HttpResponse:
    """What a proposal means for the model of the city."""
    measure, person = measures.measure_by_ref(ref, viewer=request.user), _person(request)
    if not measure_policy.works_here(person, measure, *measure_policy.OFFICERS):
        raise Forbidden("desk.elsewhere", _("This proposal belongs to another territory."))
    model_folder()  # without a model there is nothing to ask, and its refusal says so
    point = middle(measure.geometry) or (middle(measure.territory.geometry) if measure.territory else None)
    facts: dict[str, Any] = {
        "measure": measure, "seen": json.dumps(measure.change), "now": sentence_of(measure.change or {}),
        "back": f"/desk/proposals/{measure.ref}/",
    }  # fmt: skip
    if request.method == "POST" and "save" in request.POST:
        try:
            change, seen = _given(request.POST.get("change", "")), _seen(request.POST.get("seen", ""))
            row = once(
                request.POST.get("once_key"), person, Alternative,
                lambda: change_for_measure(acting=person, measure=measure, change=change, seen=seen),
            )  # fmt: skip
        except Conflict as refusal:
            now = measures.measure_by_ref(ref, viewer=person)
            again = {**facts, "refusal": refusal, "seen": json.dumps(now.change), "now": sentence_of(now.change or {})}
            name, shown, _status = _step(request, again, point)
            return render(request, f"desk/change/{name}.html", {**shown, "refusal": refusal}, status=409)
        except Refusal as refusal:
            name, shown, _status = _step(request, facts, point)
            return render(request, f"desk/change/{name}.html", {**shown, "refusal": refusal}, status=refusal.status)
        messages.success(request, _("Kept with the proposal and given to the model; its author is told."))
        return redirect("desk_study", ref=row.study.ref)
    name, shown, status = _step(request, facts, point)
    if name == "choose":
        likely = choices.TYPES.get(measure.kind, ())
        shown |= {"groups": _kinds(likely), "suggestions": _suggested(measure, point)}
    return render(request, f"desk/change/{name}.html", shown, status=status)


def _suggested(measure: Measure, point: choices.Point | None) -> list[dict[str, Any]]:
    """Suggestions with their words and what the form sends on."""
    return [
        {"change": json.dumps(one.change), "words": one.words, "why": one.why}
        for one in suggesting.suggestions(measure.kind, point)
    ]


@opens_to(policies.may_appraise, "appraisers")
def change(request: HttpRequest, ref: str, number: UUID) -> HttpResponse:
    """Add a change to an alternative, by the same steps."""
    study, person = selectors.study_by_ref(ref, viewer=request.user), _person(request)
    row = selectors.alternative_by(number, study=study, viewer=person)
    place = study.measure.geometry if study.measure else None
    point = middle(place)
    facts: dict[str, Any] = {
        "study": study, "row": row, "back": f"/desk/studies/{study.ref}/alternatives/{row.pk}/",
        "version": request.POST.get("expected_version") or row.version,
    }  # fmt: skip
    if request.method == "POST" and "save" in request.POST:
        try:
            one = _given(request.POST.get("change", ""))
            version = request.POST.get("expected_version", "")
            save_alternative(
                acting=person, study=study, alternative=row, name=row.name, note=row.note, base=row.base,
                changes=[*row.changes, one], expected_version=int(version) if version.isdigit() else None,
            )  # fmt: skip
        except Refusal as refusal:
            again = {**facts, "version": selectors.alternative_by(number, study=study, viewer=person).version}
            name, shown, _status = _step(request, again, point)
            return render(request, f"desk/change/{name}.html", {**shown, "refusal": refusal}, status=refusal.status)
        return redirect("desk_alternative", ref=study.ref, number=row.pk)
    name, shown, status = _step(request, facts, point)
    if name == "choose":
        shown |= {"groups": _kinds(), "suggestions": []}
    return render(request, f"desk/change/{name}.html", shown, status=status)


urlpatterns = [
    path("proposals/<slug:ref>/change/", proposal_change, name="desk_proposal_change"),
    path("studies/<slug:ref>/alternatives/<uuid:number>/change/", change, name="desk_change"),
]
