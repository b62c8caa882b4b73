"""Open data of grants: awards in the fields of the 360Giving Data Standard, as rows and as JSON; no person is named."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from shaar.platform.kernel.fields import in_language
from shaar.platform.kernel.models import Event

from .models import Application
from .selectors.grant import applications

#: Columns of the table, named as the standard's spreadsheet template names them.
COLUMNS = (
    "Identifier", "Title", "Description", "Currency", "Amount Applied For", "Amount Awarded", "Award Date",
    "Recipient Org:Name", "Funding Org:Name", "Grant Programme:Code", "Grant Programme:Title",
    "Beneficiary Location:Name", "Beneficiary Location:Geographic Code", "Status",
)  # fmt: skip


def awards() -> list[dict[str, Any]]:
    """Every grant given, oldest first, in the standard's JSON fields.

    Source: 360Giving Data Standard 1.4, https://standard.threesixtygiving.org.
    """
    rows = list(applications(viewer=None, funded=True))
    days = {
        event.object_id: event.at.date()
        for event in Event.objects.filter(verb="application.approved", object_id__in=[row.pk for row in rows])
    }
    made = [_award(row, days.get(row.pk)) for row in rows]
    return sorted(made, key=lambda one: (one["awardDate"], one["id"]))


def _award(row: Application, day: Any) -> dict[str, Any]:
    programme, place = row.call.programme, row.lot.territory
    award: dict[str, Any] = {
        "id": row.ref, "title": row.measure.title, "description": row.text,
        "currency": settings.PROFILE.currency, "amountAppliedFor": str(row.asked), "amountAwarded": str(row.awarded),
        "awardDate": str(day or row.status_at.date()),
        "fundingOrganization": [{"name": str(programme.donor or in_language(programme.names))}],
        "grantProgramme": [{"code": row.call.slug, "title": str(row.call)}],
        "beneficiaryLocation": [{"name": str(row.measure.territory or place), "geoCode": place.code}],
        "status": row.status,
    }  # fmt: skip
    if row.organisation is not None:
        award["recipientOrganization"] = [{"id": str(row.organisation_id), "name": str(row.organisation)}]
    else:
        award["recipientIndividual"] = {"id": f"{row.ref}-applicant", "name": "resident"}
    return award


def rows() -> list[dict[str, str]]:
    """The same as rows of a table."""
    flat = []
    for one in awards():
        recipient = one.get("recipientOrganization", [one.get("recipientIndividual")])[0]
        values = (
            one["id"], one["title"], one["description"], one["currency"], one["amountAppliedFor"],
            one["amountAwarded"], one["awardDate"], recipient["name"], one["fundingOrganization"][0]["name"],
            one["grantProgramme"][0]["code"], one["grantProgramme"][0]["title"],
            one["beneficiaryLocation"][0]["name"], one["beneficiaryLocation"][0]["geoCode"], one["status"],
        )  # fmt: skip
        flat.append({name: _safe(str(value)) for name, value in zip(COLUMNS, values)})
    return flat


def _safe(text: str) -> str:
    # A sheet program would run a cell that begins so; words of residents must not.
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
