"""The public register of hazards: map and list, one hazard, a report, open data."""

from __future__ import annotations

import csv
import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from shaar.platform.kernel import attachments, events
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import opens_to, public
from shaar.platform.places import selectors as places
from shaar.platform.places.models import Territory
from shaar.platform.portal import panels
from shaar.platform.propose.forms.hazard import ReportForm
from shaar.platform.propose.models import Hazard
from shaar.platform.propose.policies.hazard import may_add_photos, may_judge, may_report
from shaar.platform.propose.selectors import hazard as selectors
from shaar.platform.propose.services import hazard as services


def _filters(request: HttpRequest) -> dict[str, Any]:
    kind, status = request.GET.get("kind", ""), request.GET.get("status", "")
    territory = places.current().filter(code=request.GET.get("place", "")).first()
    return {
        "kind": kind if kind in Hazard.Kind.values else "",
        "status": status if status in Hazard.Status.values else "",
        "territory": territory,
    }


@public
def register(request: HttpRequest) -> HttpResponse:
    """The register: gravest first."""
    chosen = _filters(request)
    found = selectors.hazards(viewer=request.user, **chosen)
    page = Paginator(found, 25).get_page(request.GET.get("page"))
    return render(
        request,
        "risks/list.html",
        {
            "page": page, "chosen": chosen, "kinds": Hazard.Kind.choices, "statuses": Hazard.Status.choices,
            "places": [one for one, _depth in places.tree()], "may_report": may_report(request.user),
        },
    )  # fmt: skip


@public
def hazard(request: HttpRequest, ref: str) -> HttpResponse:
    """One hazard: what, where, how grave, who sees to it, what was done."""
    one = selectors.hazard(viewer=request.user, ref=ref)
    return render(
        request,
        "risks/hazard.html",
        {
            "hazard": one, "events": events.story(one), "photos": attachments.photos_of(one),
            "assessments": one.assessments.order_by("-at"), "may_judge": may_judge(request.user, one),
            "may_add_photos": may_add_photos(request.user, one),
        },
    )  # fmt: skip


@opens_to(may_report, "proven person")
def report(request: HttpRequest) -> HttpResponse:
    """Report a hazard."""
    form = ReportForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return redirect("risk_photos", ref=_sent(request, form).ref)
            except Refusal as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
                status = refusal.status
        else:
            status = 422
    return render(request, "risks/report.html", {"form": form}, status=status)


def _sent(request: HttpRequest, form: ReportForm) -> Hazard:
    given = form.cleaned_data
    made = services.report_hazard(
        acting=request.user, kind=given["kind"], title=given["title"], text=given["text"],  # type: ignore[arg-type]
        geometry=given["place"].geometry, address=given["place"].address, territory=given["place"].territory,
        once_key=request.POST.get("once_key"),
    )  # fmt: skip
    messages.success(request, _("Thank you. %(ref)s: an officer will check it.") % {"ref": made.ref})
    return made


@public
def table(request: HttpRequest) -> HttpResponse:
    """Open data: confirmed hazards as CSV."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="risks.csv"'
    rows = [selectors.public_row(one) for one in selectors.hazards(viewer=None)]
    names = [*selectors.PUBLIC_FIELDS, "risk", "level", "territory", "measure"]
    writer = csv.DictWriter(answer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return answer


@public
def features(request: HttpRequest) -> HttpResponse:
    """Open data: confirmed hazards as GeoJSON; those known by address only have no geometry."""
    found = [
        {
            "type": "Feature", "id": one.ref, "geometry": one.geometry,
            "properties": json.loads(json.dumps(selectors.public_row(one), default=str)),
        }
        for one in selectors.hazards(viewer=None)
    ]  # fmt: skip
    return JsonResponse(
        {"type": "FeatureCollection", "features": found},
        content_type="application/geo+json",
        json_dumps_params={"ensure_ascii": False},
    )


def _panel(request: HttpRequest, territory: Territory | None = None) -> dict[str, Any] | None:
    found = list(selectors.hazards(viewer=None, territory=territory).exclude(status=Hazard.Status.RESOLVED)[:3])
    return {"hazards": found, "territory": territory} if found else None


panels.register(panels.HOME, "risks", order=40, template="risks/panel.html", fill=_panel)
panels.register(panels.PLACE, "risks", order=40, template="risks/panel.html", fill=_panel)
urlpatterns = [
    path("risks/", register, name="risks"),
    path("risks/new/", report, name="risk_new"),
    path("risks.csv", table, name="risks_csv"),
    path("risks.geojson", features, name="risks_geojson"),
    path("risks/<str:ref>/", hazard, name="risk"),
]
