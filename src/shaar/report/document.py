"""One language of the report: what the template of the document is filled with."""

from __future__ import annotations

from typing import Any

from shaar import __version__
from shaar.report import sections
from shaar.report.i18n import Speaker
from shaar.report.sections import access, climate, head, network, sources, stands
from shaar.report.shared import Shared


def document(shared: Shared, s: Speaker) -> dict[str, Any]:
    """Return the words, figures and tables of the report in one language."""
    result = shared.result
    return {
        "s": s,
        "city": s.city(result.city.meta),
        "made": s.date(result.made.date()),
        "version": __version__,
        "head": head.head(shared, s),
        "stands": stands.stands(shared, s),
        "network": network.network(shared, s),
        "access": access.access(shared, s),
        "climate": climate.climate(shared, s),
        "sources": sources.sources(shared, s),
        "before_word": sections.before_word(shared, s),
    }
