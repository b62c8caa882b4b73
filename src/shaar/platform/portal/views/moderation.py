"""The public log of moderation, and an act of it, which the writer may appeal against."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.errors import Forbidden, Refusal
from shaar.platform.kernel.gate import public
from shaar.platform.kernel.once import once
from shaar.platform.propose.exports import measure as exports
from shaar.platform.propose.forms.proposal import AppealForm
from shaar.platform.propose.models import Appeal
from shaar.platform.propose.policies.measure import may_appeal, may_moderate
from shaar.platform.propose.reasons import reason_words
from shaar.platform.propose.selectors import talk
from shaar.platform.propose.services import answer as answering


@public
def log(request: HttpRequest) -> HttpResponse:
    """Every act with its reason, newest first."""
    page = Paginator(talk.moderation_log(), 30).get_page(request.GET.get("page"))
    rows = [{"act": act, "reason": reason_words("moderation", act.reason)} for act in page.object_list]
    return render(request, "proposals/moderation_log.html", {"page": page, "rows": rows})


@public
def log_csv(request: HttpRequest) -> HttpResponse:
    """The log as a table, for anybody."""
    rows = exports.log_csv(talk.moderation_log().iterator(500))
    answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="moderation.csv"'
    return answer  # type: ignore[return-value]


@public
def act(request: HttpRequest, number: Any) -> HttpResponse:
    """One act; its writer may appeal here."""
    row = talk.moderation_by(number, viewer=request.user)
    asked = getattr(row, "appeal", None)
    may = may_appeal(request.user, row) and asked is None
    form, refusal = AppealForm(request.POST or None), None
    if request.method == "POST":
        person = request.user
        if not isinstance(person, Person) or not may_appeal(person, row):
            raise Forbidden("appeal.not_yours", _("Only those concerned may appeal against this decision."))
        if form.is_valid():
            try:
                once(
                    request.POST.get("once_key"), person, Appeal,
                    lambda: answering.appeal(acting=person, decision=row, text=form.cleaned_data["text"]),
                )  # fmt: skip
            except Refusal as error:
                refusal = error
            else:
                messages.success(request, _("Your appeal was taken. Another person than before decides it."))
                return redirect("moderation_act", number=row.pk)
    sees = may_moderate(request.user, row.about) or getattr(row.writer, "pk", None) == getattr(request.user, "pk", "")
    facts = {
        "act": row, "reason": reason_words("moderation", row.reason), "appeal": asked, "may_appeal": may, "form": form,
        "refusal": refusal, "sees": sees,
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "proposals/moderation_act.html", facts, status=status)


urlpatterns = [
    path("moderation/", log, name="moderation"),
    path("moderation.csv", log_csv, name="moderation_csv"),
    path("moderation/<uuid:number>/", act, name="moderation_act"),
]
