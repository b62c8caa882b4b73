"""Writing a proposal down for a caller: one page, by keyboard alone, in the order in which people tell it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.services import file_on_behalf
from shaar.platform.desk import queues
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.kernel.once import once, taken
from shaar.platform.places import selectors as places
from shaar.platform.propose.forms.office import IntakeForm
from shaar.platform.propose.models import Feature, Measure
from shaar.platform.propose.policies.measure import may_enter_for_others
from shaar.platform.propose.selectors.measure import measure_by_ref, open_processes
from shaar.platform.propose.selectors.near import near
from shaar.platform.propose.services import measure as writing
from shaar.platform.propose.services.support import support


@opens_to(may_enter_for_others, "operators")
def intake(request: HttpRequest) -> HttpResponse:
    """Take a proposal by phone; near ones are shown first, and the caller may support one of them instead."""
    operator = request.user
    assert isinstance(operator, Person)
    processes = open_processes(operator, Feature.PROPOSE)
    initial = {"language": (get_language() or "ru").split("-")[0], "process": processes[0].slug if processes else ""}
    form = IntakeForm(request.POST or None, processes=processes, initial=initial)
    refusal, alike = None, []
    if request.method == "POST" and request.POST.get("support"):
        try:
            caller = _caller(operator, request.POST)
            measure = measure_by_ref(request.POST["support"], viewer=operator)
            measure = support(acting=operator, measure=measure, on_behalf_of=caller)
        except Refusal as error:
            refusal = error
        else:
            said = _("The caller supports %(ref)s; %(n)d people do.") % {
                "ref": measure.ref,
                "n": measure.supports_count,
            }
            messages.success(request, said)
            return redirect("desk_intake")
    elif request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if not taken(request.POST.get("once_key"), operator):
            alike = near(operator, title=given["title"], text=given["text"], kind=given["kind"])
        if not alike or "anyway" in request.POST:
            try:
                measure = once(
                    request.POST.get("once_key"), operator, Measure, lambda: _take(operator, given, processes)
                )
            except Refusal as error:
                refusal = error
            else:
                said = _("Taken. Tell the caller the number: %(ref)s.") % {"ref": measure.ref}
                messages.success(request, said)
                return redirect("desk_intake")
    status = refusal.status if refusal else 422 if request.method == "POST" and form.errors else 200
    facts = {"form": form, "refusal": refusal, "alike": alike, "processes": processes}
    return render(request, "desk/proposals/intake.html", facts, status=status)


def _caller(operator: Person, given: Any) -> Person:
    try:
        return file_on_behalf(given.get("phone", ""), acting=operator, name=given.get("name", ""))
    except Refusal as error:
        error.field = "phone"
        raise


def _take(operator: Person, given: dict[str, Any], processes: list[Any]) -> Measure:
    return writing.propose(
        acting=operator, on_behalf_of=_caller(operator, given),
        process=next(p for p in processes if p.slug == given["process"]), kind=given["kind"], title=given["title"],
        text=given["text"], language=given["language"], address=given["address"],
        territory=places.find(given["territory"]), channel=Measure.Channel.PHONE,
    )  # fmt: skip


queues.register("/desk/intake/", gettext_lazy("Write down for a caller"), order=5, opens_to=may_enter_for_others)

urlpatterns = [path("intake/", intake, name="desk_intake")]
