"""Studies for everybody: what was estimated, how, for whom, and what people say against it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shaar.platform.accounts.models import Person
from shaar.platform.appraise import comparing, exports, policies, words
from shaar.platform.appraise.forms.public import ContestForm
from shaar.platform.appraise.models import Alternative, Contest, EffectRow, Run, Study
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services import contest as contesting
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Missing, Refusal
from shaar.platform.kernel.gate import public, signed_in
from shaar.platform.kernel.once import once
from shaar.platform.portal import panels
from shaar.platform.portal.run_facts import run_facts

PAGE = 20
LOOKS = {"draft": "plain", "published": "good", "closed": "plain"}


@public
def studies(request: HttpRequest) -> HttpResponse:
    """Every published study, the newest first, with what each shows in a line."""
    found = selectors.studies(request.user, words=request.GET.get("q", "")).exclude(state=Study.State.DRAFT)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [{"study": one, "look": LOOKS[one.state], "said": _line(one)} for one in page.object_list]
    facts = {"page": page, "rows": rows, "q": request.GET.get("q", "")[:100], "count": page.paginator.count}
    return render(request, "studies/list.html", facts)


def _line(study: Study) -> list[words.Said]:
    first = study.alternatives.filter(shown__isnull=False).select_related("shown").order_by("number").first()
    return words.card(first.shown, most=3) if first is not None and first.shown is not None else []


def _chosen(request: HttpRequest, study: Study) -> tuple[list[Alternative], Alternative | None]:
    """Alternatives that the public sees, and the one that the address asks for."""
    shown = [one for one in selectors.alternatives(study, viewer=None) if one.shown is not None]
    asked = request.GET.get("alternative", "")
    return shown, next((one for one in shown if str(one.number) == asked), shown[0] if shown else None)


def page_facts(request: HttpRequest, study: Study) -> dict[str, Any]:
    """The page of a study."""
    shown, chosen = _chosen(request, study)
    facts: dict[str, Any] = {
        "study": study, "look": LOOKS[study.state], "alternatives": shown,
        "contests": list(selectors.contests_of(study)), "events": events.story(study),
        "may_contest": policies.may_contest(request.user, study), "works": policies.may_appraise(request.user),
        "open_contests": study.contests.filter(state=Contest.State.OPEN).count(),
    }  # fmt: skip
    if chosen is not None and chosen.shown is not None:
        facts |= run_facts(chosen, chosen.shown)
        facts["form"] = ContestForm(figures=_contestable(facts["sections"]))
    return facts


def _contestable(parts: list[tuple[str, list[words.Figure]]]) -> list[tuple[str, str]]:
    return [(str(one.row.pk), f"{one.name}: {one.change} {one.unit}") for _name, rows in parts for one in rows]


@public
def study(request: HttpRequest, ref: str) -> HttpResponse:
    """What was estimated: the card, the map of winners and losers, the figures, how, and objections."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    if one.ref != ref:
        return redirect(one.get_absolute_url(), permanent=True)
    return render(request, "studies/study.html", page_facts(request, one))


@public
def as_csv(request: HttpRequest, ref: str) -> HttpResponse:
    """The published figures of all alternatives, whole."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    pairs = [(row, row.shown) for row in selectors.alternatives(one, viewer=None) if row.shown is not None]
    answer = StreamingHttpResponse(exports.effects_csv(pairs), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{one.ref}.csv"'
    return answer  # type: ignore[return-value]


@public
def as_toml(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """The scenario of a published alternative, as a file from which anybody can compute the same."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    found = next((row for row in selectors.alternatives(one, viewer=None) if row.number == number), None)
    if found is None or found.shown is None:
        raise Missing("alternative.missing", _("There is no such alternative."))
    answer = HttpResponse(exports.scenario_toml(found, found.shown), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{one.ref}-{number}.toml"'
    return answer


@public
def compare(request: HttpRequest) -> HttpResponse:
    """Any two published alternatives, of one study or of two, side by side."""
    offered = [
        (str(one.shown_id), f"{one.study.ref} {one.name}")
        for one in Alternative.objects.filter(study__in=policies.studies_visible_to(None), shown__isnull=False)
        .select_related("study").order_by("study__ref", "number")
    ]  # fmt: skip
    given = [_run(request, name) for name in ("a", "b")]
    facts: dict[str, Any] = {"offered": offered, "a": request.GET.get("a", ""), "b": request.GET.get("b", "")}
    if given[0] is not None and given[1] is not None:
        pair = comparing.compare(given[0], given[1])
        facts |= {"pair": pair, "cards": [(run, words.card(run)) for run in given if run is not None]}
    return render(request, "studies/compare.html", facts)


def _run(request: HttpRequest, name: str) -> Run | None:
    try:
        number = UUID(request.GET.get(name, ""))
    except ValueError:
        return None
    run = selectors.run_by(number, viewer=request.user)
    return run if run.state == Run.State.DONE else None


@signed_in
@require_POST
def contest(request: HttpRequest, ref: str) -> HttpResponse:
    """Object to a published estimate; what cannot be taken comes back with its words."""
    person = request.user
    assert isinstance(person, Person)
    one = selectors.study_by_ref(ref, viewer=person)
    facts = page_facts(request, one)
    form, refusal = ContestForm(request.POST, figures=_contestable(facts.get("sections", []))), None
    if form.is_valid():
        number = form.cleaned_data["effect_row"]
        about = EffectRow.objects.filter(pk=number).first() if number else None
        try:
            once(
                request.POST.get("once_key"), person, Contest,
                lambda: contesting.contest(acting=person, study=one, text=form.cleaned_data["text"], effect_row=about),
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Your objection is public now. The office has to answer it."))
            return redirect(f"{one.get_absolute_url()}#contests")
    facts |= {"form": form, "refusal": refusal}
    return render(request, "studies/study.html", facts, status=refusal.status if refusal else 422)


def _panel(request: HttpRequest) -> dict[str, Any] | None:
    newest = list(selectors.studies(None).exclude(state=Study.State.DRAFT)[:3])
    return {"rows": [{"study": one, "said": _line(one)} for one in newest]} if newest else None


panels.register(panels.HOME, "studies", order=50, template="studies/panel.html", fill=_panel)
urlpatterns = [
    path("studies/", studies, name="studies"),
    path("studies/compare/", compare, name="studies_compare"),
    path("studies/<slug:ref>/", study, name="study"),
    path("studies/<slug:ref>/effects.csv", as_csv, name="study_csv"),
    path("studies/<slug:ref>/scenario-<int:number>.toml", as_toml, name="study_toml"),
    path("studies/<slug:ref>/contest/", contest, name="study_contest"),
]
