"""The city's data and scenarios over it, as the engine knows them: their stamps, their sentences, what they refuse."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from shaar.engine.errors import InputError, ShaarError
from shaar.engine.measures.scenario import Scenario, parse_scenario
from shaar.platform.kernel.errors import Conflict, Invalid

#: Files of a city folder that figures come from; what people write beside them (README) changes no figure.
_DATA = ("*.parquet", "*.csv", "*.omx", "*.zip", "city.toml", "scenarios/reference.toml")
#: Most changes of one alternative; a whole redesigned network has some hundred.
MOST_CHANGES = 500


def model_folder() -> Path:
    """The city folder of this installation.

    Raises
    ------
    Conflict
        The city has places only, and no model.
    """
    folder: Path | None = settings.PROFILE.model
    if folder is None:
        raise Conflict("model.none", _("Effects cannot be computed here yet: there is no model of this city."))
    return folder


def city_modelled() -> bool:
    """Whether the city has a model that can be asked."""
    return settings.PROFILE.model is not None


def city_stamp(folder: Path | None = None) -> str:
    """SHA-256 over the data of the city folder: another stamp, and figures computed before may be others today."""
    files = _files(folder or model_folder())
    return _stamp(tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files))


def _files(folder: Path) -> list[Path]:
    return sorted({file for pattern in _DATA for file in folder.glob(pattern)})


@lru_cache(maxsize=8)
def _stamp(files: tuple[tuple[str, int, int], ...]) -> str:
    whole = hashlib.sha256()
    for name, size, _changed in files:
        whole.update(f"{Path(name).name}:{size}\n".encode())
        whole.update(hashlib.sha256(Path(name).read_bytes()).digest())
    return whole.hexdigest()


def scenario_of(name: str, changes: Any) -> Scenario:
    """Changes as the engine's scenario.

    Raises
    ------
    Invalid
        They are no list of typed changes; the sentence names the change and its field.
    """
    if not isinstance(changes, list) or len(changes) > MOST_CHANGES:
        raise Invalid("scenario.changes", _("An alternative is a list of changes."), field="changes")
    try:
        return parse_scenario({"name": name or "-", "changes": changes})
    except InputError as error:
        raise refused(error) from error


def canonical(scenario: Scenario) -> list[dict[str, Any]]:
    """The changes as they are kept: plain data in the form in which a scenario file holds them."""
    return [change.model_dump(mode="json", exclude_none=True) for change in scenario.changes]


def refused(error: ShaarError) -> Invalid:
    """What the engine says against a change, as a refusal."""
    why = error.message if isinstance(error, InputError) else str(error)
    field = f" ({error.field})" if isinstance(error, InputError) and error.field else ""
    return Invalid("scenario.refused", _("The model does not take this: %(why)s") % {"why": why + field})


def check_on_city(scenario: Scenario) -> None:
    """Carry the scenario out on the city's data, in memory: a stop outside the city or an unknown line says so now.

    Takes as long as reading the city the first time (about a second); never call it inside a transaction.

    Raises
    ------
    Invalid, Conflict
        A change cannot be made; there is no model.
    """
    from shaar.engine.measures.scenario import carry_out

    try:
        carry_out(base_state(), scenario)
    except ShaarError as error:
        raise refused(error) from error


def base_state() -> Any:
    """The city and its network as they stand: the timetable, or the reference network where there is none."""
    folder = model_folder()
    return _base_state(str(folder), city_stamp(folder))


@lru_cache(maxsize=1)
def _base_state(folder: str, stamp: str) -> Any:
    from shaar.engine.city.folder import read
    from shaar.engine.measures.scenario import carry_out
    from shaar.engine.measures.state import State
    from shaar.engine.timetable.read import read_gtfs

    city = read(folder)
    state = State(city, read_gtfs(city.gtfs) if city.gtfs else None)
    reference = reference_scenario()
    return state if reference is None else carry_out(state, reference)


def reference_scenario() -> Scenario | None:
    """The network that scenarios are compared with where the city has no timetable; None where it has one."""
    from shaar.engine.measures.scenario import read_scenario

    folder = model_folder()
    file = folder / "scenarios" / "reference.toml"
    if (folder / "gtfs.zip").exists() or not file.exists():
        return None
    return read_scenario(file)
