"""The calibration sheet of a model as one page in four languages: main figures, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shaar import __version__
from shaar.engine.study.model_results import CityModel
from shaar.engine.study.model_sheet import Row, trust
from shaar.report.i18n import LANGUAGES, Speaker, catalogue
from shaar.report.write import palette_css, put

#: Digits of a power of ten.
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def write_sheet(model: CityModel, rows: Sequence[Row], path: Path, *, language: str = "en") -> Path:
    """Write the sheet as one HTML file that needs nothing from outside.

    Raises
    ------
    InputError
        The language is unknown.
    ShaarError
        The file cannot be written; nothing was changed.
    """
    catalogue(language)
    env = Environment(
        loader=PackageLoader("shaar.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    speakers = [Speaker(x) for x in LANGUAGES]
    template = env.get_template("sheet.html.j2")
    documents = [(s, Markup(template.render(**_facts(model, rows, s)))) for s in speakers]
    assets = files("shaar.report") / "assets"
    text = env.get_template("page.html.j2").render(
        documents=documents, speakers=speakers, language=language, first=Speaker(language),
        titles={s.language: s.t("sheet.title", city=s.city(model.city.meta)) for s in speakers},
        css=Markup((assets / "report.css").read_text(encoding="utf-8") + palette_css()),
        js=Markup((assets / "report.js").read_text(encoding="utf-8")), defs="",
    )  # fmt: skip
    return put(path, text)


def _facts(model: CityModel, rows: Sequence[Row], s: Speaker) -> dict[str, Any]:
    by = {r.code: r for r in rows}
    cards = [
        (s.t("sheet.drive"), s.sig(float(model.flows.demand.sum()))),
        (s.t("sheet.speed"), figure(s, by["road_speed"].value, "km/h")),
        (s.t("sheet.full"), figure(s, by["road_full"].value, "%")),
    ]
    if model.transit is not None:
        cards.insert(1, (s.t("sheet.board"), s.sig(model.transit.boardings)))
    modes = [
        (s.t(f"sheet.mode.{mode}"), s.pct(share, 1), s.sig(float(model.peak[mode].sum())))
        for mode, share in model.shares.items()
    ]
    shown = [
        {
            "label": label(s, r), "value": figure(s, r.value, r.unit), "against": against(s, r),
            "badge": r.badge if np.isfinite(r.low) else "", "verdict": s.t(f"sheet.says.{r.verdict}"),
            "source": r.source,
        }
        for r in rows
    ]  # fmt: skip
    return {
        "s": s, "city": s.city(model.city.meta), "day": "" if model.day is None else s.date(model.day), "cards": cards,
        "modes": modes, "rows": shown, "conclusion": conclusion(s, rows), "version": __version__,
        "findings": [s.finding(f)[0] for f in model.findings],
    }  # fmt: skip


def label(s: Speaker, row: Row) -> str:
    """What a line of the sheet is about."""
    kind = {"length": "purpose", "share": "mode", "elasticity": "answer"}.get(row.code)
    return s.t(f"sheet.label.{row.code}", name=s.word(f"sheet.{kind}", row.name) if kind else row.name)


def figure(s: Speaker, value: float, unit: str) -> str:
    """A number with its unit, in as many digits as it deserves."""
    if not np.isfinite(value):
        return "–"
    if value != 0 and abs(value) < 0.005:
        power = int(np.floor(np.log10(abs(value))))
        text = f"{s.n(value / 10.0**power, 1)} · 10{str(power).translate(_RAISED)}"
    else:
        text = s.n(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)
    return f"{text}\u00a0{s.word('sheet.unit', unit)}" if unit else text


def against(s: Speaker, row: Row) -> str:
    """What the figure was held against."""
    if not (np.isfinite(row.low) and np.isfinite(row.high)):
        return "–"
    if row.low == row.high:
        return figure(s, row.low, row.unit)
    return s.t("sheet.range", low=figure(s, row.low, ""), high=figure(s, row.high, row.unit))


def conclusion(s: Speaker, rows: Sequence[Row]) -> list[str]:
    """How far the model can be trusted, sentence by sentence."""
    said = [s.t("sheet.counted", n=len(rows), **trust(rows))]
    tight = all(r.verdict == "sound" for r in rows if r.code in ("road_gap", "line_gap", "loop"))
    said.append(s.t("sheet.tight" if tight else "sheet.loose"))
    if not any(r.code == "counts" and np.isfinite(r.value) for r in rows):
        said.append(s.t("sheet.no_counts"))
    return said
