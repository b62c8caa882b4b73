"""The paper sign-in sheet of a round table."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shaar.platform.kernel import paper

from ..models import Meeting

#: Empty lines for people who come without having been invited.
SPARE = 15


def sheet_pdf(meeting: Meeting) -> bytes:
    """The sheet with everybody invited, spare lines, and a code that leads to the meeting's page."""
    rows = [[one.name, str(one.get_side_display()), one.organisation] for one in meeting.attendance.all()]
    starts = timezone.localtime(meeting.starts_at)
    return paper.pdf(
        Path(__file__).with_name("sheet.typ"),
        {
            "lang": get_language() or "ru", "ref": meeting.ref, "kicker": _("Round table · who is present"),
            "title": meeting.title, "when": date_format(starts, "DATETIME_FORMAT"), "where": meeting.where,
            "code": paper.code_svg(f"{settings.SITE_URL}{meeting.get_absolute_url()}"),
            "consent": _(
                "By signing I agree that my name is kept with the minutes. It is shown to the organisers only; "
                "the site shows how many people of each side were present."
            ),
            "head": ["№", _("Name"), _("Side"), _("Organisation, street"), _("Signature")],
            "rows": [*rows, *[["", "", ""]] * SPARE],
        },
    )  # fmt: skip
