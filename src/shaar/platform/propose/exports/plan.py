"""A joint action plan on paper and as a workbook."""

from __future__ import annotations

import io
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from shaar.platform.kernel import paper

from ..models import Plan, PlanItem
from ..selectors.meeting import items_of, totals


def _head() -> list[str]:
    return [
        "№", _("Number"), _("Measure"), _("Who answers for it"), _("Term"), _("Cost"), _("Source"), _("State"),
    ]  # fmt: skip


def _state(item: PlanItem) -> str:
    late = f" · {_('late')}" if item.late else ""
    return f"{item.get_status_display()}, {item.progress} %{late}"


def _cost(item: PlanItem) -> str:
    return "–" if item.cost is None else number_format(item.cost, 0, force_grouping=True)


def plan_pdf(plan: Plan) -> bytes:
    """The plan as an A4 page across, as it stands now."""
    items = items_of(plan)
    sums = totals(items)
    rows = [
        [
            str(item.number), item.measure.ref, item.measure.title, str(item.owner),
            date_format(item.term, "SHORT_DATE_FORMAT"), _cost(item),
            str(item.get_source_display()), _state(item),
        ]
        for item in items
    ]  # fmt: skip
    return paper.pdf(
        Path(__file__).with_name("plan.typ"),
        {
            "lang": get_language() or "ru", "ref": plan.ref, "title": plan.title,
            "kicker": f"{_('Joint action plan')} · {plan.territory} · {plan.get_status_display()}",
            "summary": _("Done %(done)d of %(all)d; late: %(late)d.")
            % {"done": sums.done, "all": sums.items, "late": sums.late},
            "code": paper.code_svg(f"{settings.SITE_URL}{plan.get_absolute_url()}"),
            "printed": date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT"), "head": _head(), "rows": rows,
            "note": _("Costs in %(currency)s, as those who answer for the measures reported them.")
            % {"currency": settings.PROFILE.currency},
        },
    )  # fmt: skip


def plan_xlsx(plan: Plan) -> bytes:
    """The plan as a workbook: one row an item, dates as dates and money as numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(plan.ref)
    bold = []
    for word in [*_head()[:7], _("State"), "%", _("Note"), _("Reported")]:
        cell = WriteOnlyCell(sheet, value=word)
        cell.font = Font(bold=True)
        bold.append(cell)
    for column, width in zip("ABCDEFGHIJK", (5, 13, 50, 32, 12, 14, 14, 14, 6, 50, 18)):
        sheet.column_dimensions[column].width = width
    sheet.append(bold)
    for item in items_of(plan):
        reported = timezone.localtime(item.reported_at).replace(tzinfo=None) if item.reported_at else None
        sheet.append(
            [
                item.number, item.measure.ref, _text(item.measure.title), _text(str(item.owner)), item.term, item.cost,
                str(item.get_source_display()), str(item.get_status_display()), item.progress, _text(item.note),
                reported,
            ]
        )  # fmt: skip
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _text(words: str) -> str:
    """Words of people as text: a cell that begins like a formula must not become one."""
    return f"'{words}" if words[:1] in {"=", "+", "-", "@"} else words
