"""A scenario: a city's ordered changes, immutable and hashed, as a TOML file and back."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from shaar.engine.city.model import City
from shaar.engine.errors import InputError, ShaarError
from shaar.engine.measures.models import Change, Model
from shaar.engine.measures.registry import KINDS, apply_change
from shaar.engine.measures.state import State
from shaar.engine.timetable.feed import Feed


class Scenario(Model):
    """What would be different in the city: changes in the order in which they are carried out."""

    name: str = Field(min_length=1)
    changes: tuple[Annotated[Change, Field(discriminator="type")], ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of the changes as canonical JSON; the name does not matter, the order does."""
        return hashlib.sha256(canonical(self.changes).encode("utf-8")).hexdigest()


def canonical(changes: tuple[Change, ...]) -> str:
    """Return changes as JSON with sorted keys and no spaces: equal changes give equal text."""
    raw = [c.model_dump(mode="json", exclude_none=True) for c in changes]
    return json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def carry_out(state: State, scenario: Scenario) -> State:
    """Carry out a scenario on copies; the state given, its city and its timetable stay as they are.

    Raises
    ------
    InputError
        A change cannot be made; the message says which one by its place in the list.
    """
    for number, change in enumerate(scenario.changes, start=1):
        try:
            state = apply_change(change, state)
        except InputError as e:
            raise InputError(
                f"change {number} ({change.type}): {e.message}", file=e.file or scenario.name, row=e.row, field=e.field
            ) from e
    return state


def apply(city: City, feed: Feed | None, scenario: Scenario) -> tuple[City, Feed | None]:
    """Carry out a scenario where only the city's tables and its timetable matter; see :func:`carry_out`."""
    state = carry_out(State(city, feed), scenario)
    return state.city, state.feed


def read_scenario(file: str | Path) -> Scenario:
    """Read a scenario file.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or holds something that no change type knows; the field is named.
    """
    path = Path(file)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise InputError("there is no such scenario file", file=path) from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise InputError(f"the file is not valid TOML: {e}", file=path) from e
    return parse_scenario(raw, file=path)


def parse_scenario(raw: dict[str, Any], file: str | Path | None = None) -> Scenario:
    """Make a scenario from plain data, with one clear sentence where it does not fit."""
    try:
        return Scenario.model_validate(raw)
    except ValidationError as e:
        first = e.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(_words(first), file=file, field=field or None) from e


def _words(error: ErrorDetails) -> str:
    """Say what is wrong with a value; where the checker speaks of patterns and tags, in words."""
    if error["type"] == "string_pattern_mismatch":
        return f"{error['input']!r} is no time of day; write it like 07:30 (after midnight like 24:30)"
    if error["type"] == "union_tag_invalid":
        return f"there is no type of change {error['ctx']['tag']!r}; known are {', '.join(KINDS)}"
    if error["type"] == "union_tag_not_found":
        return "the type of the change is missing"
    return error["msg"].removeprefix("Value error, ")


def write_scenario(scenario: Scenario, file: str | Path) -> None:
    """Write a scenario file beside and rename it into place, so that no reader sees half of it."""
    path = Path(file)
    text = tomli_w.dumps(scenario.model_dump(mode="json", exclude_none=True))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
            Path(fresh).chmod(0o644)
            Path(fresh).replace(path)
        finally:
            Path(fresh).unlink(missing_ok=True)
    except OSError as e:
        raise ShaarError(f"{path}: the scenario could not be written ({e.strerror or e}); nothing was changed") from e


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file."""
    schema = TypeAdapter(Scenario).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
