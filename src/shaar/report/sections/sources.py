"""What was checked and assumed, where the data comes from, the method in brief, and how to get the same again."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from markupsafe import Markup

from shaar import __version__
from shaar.engine.city.model import Badge
from shaar.report.figure import Table, badge
from shaar.report.i18n import Speaker
from shaar.report.shared import Shared
from shaar.report.svg import el

SEVERITIES = ("error", "warning", "assumed", "info")
METHODS = ("city", "demand", "routing", "design", "access", "climate")


def sources(shared: Shared, s: Speaker) -> dict[str, Any]:
    """Return findings by severity, the table of sources, methods and what reproduces the report."""
    return {
        "findings": findings(shared, s),
        "table": _provenance(shared, s),
        "methods": [s.t(f"method.{m}") for m in METHODS],
        "reproduce": reproduce(shared, s),
        "settings": settings(shared, s),
    }


def findings(shared: Shared, s: Speaker) -> list[tuple[str, str, list[Markup]]]:
    """Return (severity, heading, sentences); an English sentence says that it is English."""
    out = []
    for severity in SEVERITIES:
        sentences = []
        for f in shared.facts.findings:
            if f.severity == severity:
                text, language = s.finding(f)
                sentences.append(el("span", text, lang=None if language == s.language else language))
        if sentences:
            out.append((severity, s.t(f"severity.{severity}"), sentences))
    return out


def _provenance(shared: Shared, s: Speaker) -> Markup | None:
    provenance = shared.result.city.meta.provenance
    if not provenance:
        return None
    # Parts that come from one source in one way share a row.
    groups: dict[tuple[Badge, str, str, str], list[str]] = {}
    for key, p in provenance.items():
        groups.setdefault((p.badge, p.source, p.date, p.licence), []).append(s.word("data", key.replace(".", "_")))
    rows = tuple(
        (", ".join(parts), badge(how, s), source, s.date(date) if date else "–", licence or "–")
        for (how, source, date, licence), parts in groups.items()
    )
    heads = tuple(s.t(f"col.{k}") for k in ("what", "how", "source", "date", "licence"))
    return Table(heads, rows, frozenset(), s.t("sources.table"), "sources").html()


def reproduce(shared: Shared, s: Speaker) -> list[tuple[str, str]]:
    """Return what has to be the same to get the same figures: (name, value)."""
    r = shared.result
    out = [(s.t("repro.made"), s.date(r.made.date())), (s.t("repro.seed"), str(r.options.seed))]
    if r.seconds:
        total = sum(r.seconds.values())
        parts = ", ".join(f"{s.word('stage', k)} {s.n(v)}" for k, v in r.seconds.items() if v >= 0.5)
        out.append((s.t("repro.seconds"), f"{s.n(total)} ({parts})" if parts else s.n(total, 1)))
    versions = [f"shaar {__version__}", f"Python {platform.python_version()}"]
    for package in ("numpy", "scipy", "numba", "polars", "shapely"):
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    out.append((s.t("repro.versions"), ", ".join(versions)))
    return out


def settings(shared: Shared, s: Speaker) -> list[tuple[str, str]]:
    """Return every setting of the design and how its search went, by the names that the program uses."""
    design = shared.result.design
    return [(k, _plain(v, s)) for k, v in {**design.settings, **design.search}.items()]


def _plain(value: float | int | str, s: Speaker) -> str:
    if isinstance(value, str | bool):
        return str(value)
    return s.n(float(value), 0 if float(value).is_integer() else 2)
