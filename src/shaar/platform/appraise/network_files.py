"""Alternatives as files for other programs: the timetable that would run, and lines and changes on a map."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import IO

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shaar.engine.errors import ShaarError
from shaar.engine.measures.scenario import Scenario, carry_out
from shaar.engine.measures.state import State
from shaar.platform.kernel.errors import Conflict

from .models import Alternative
from .scenarios import base_state, refused, scenario_of


def gtfs(alternative: Alternative) -> IO[bytes]:
    """The timetable as GTFS, open for reading.

    Raises
    ------
    Conflict, Invalid
        No line runs in it; a change cannot be made (any more).
    """
    from shaar.engine.timetable.write import write_gtfs

    _scenario, _before, after = _carried(alternative)
    if after.feed is None or not after.feed.trips.height:
        raise Conflict("export.nothing", _("No line runs in this alternative, so there is no timetable."))
    with tempfile.TemporaryDirectory(prefix="shaar-export-") as scratch:
        file = Path(scratch) / "gtfs.zip"
        write_gtfs(after.feed, file)
        return io.BytesIO(file.read_bytes())


def geojson(alternative: Alternative) -> IO[bytes]:
    """Lines and other changes as GeoJSON, open for reading."""
    from shaar.engine.measures.sentences import sentence
    from shaar.engine.study.map_export import network_geojson

    scenario, before, after = _carried(alternative)
    said = [sentence(change, get_language() or "en") for change in scenario.changes]
    made = network_geojson(before, after, scenario, said)
    return io.BytesIO(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode())


def _carried(alternative: Alternative) -> tuple[Scenario, State, State]:
    scenario = scenario_of(alternative.name, alternative.changes)
    before = base_state()
    try:
        return scenario, before, carry_out(before, scenario)
    except ShaarError as error:
        raise refused(error) from error
