"""The example of a city, from ``data/example/<city>.toml``."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from shaar.engine.errors import InputError


def read_content(city: str) -> dict[str, Any]:
    """Read the example of a city.

    Raises
    ------
    InputError
        There is none for this city.
    """
    folder = Path(str(files("shaar"))) / "data" / "example"
    file = folder / f"{city}.toml"
    if not file.exists():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.toml")))
        raise InputError(f"there is no example data for {city!r}; there is {known}", field="city")
    return tomllib.loads(file.read_text(encoding="utf-8"))
