"""Where the example cities stand that come with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from shaar.engine.errors import InputError


def example_city_path(name: str = "astana") -> Path:
    """Return the folder of an example city.

    Raises
    ------
    InputError
        There is no such example, or the package lies in an archive.
    """
    folder = Path(str(files("shaar"))) / "data" / "cities" / name
    if not (folder / "city.toml").is_file():
        known = sorted(p.parent.name for p in folder.parent.glob("*/city.toml"))
        raise InputError(f"there is no example city {name!r}; there is {', '.join(known) or 'none'}", file=folder)
    return folder
