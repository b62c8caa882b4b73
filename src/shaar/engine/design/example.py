"""Where the benchmark instances stand that come with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ..errors import InputError


def example_instance_path(name: str = "mandl") -> Path:
    """Return the folder of a benchmark instance, for `tndp.read_tndp`.

    Raises
    ------
    InputError
        There is no such instance, or the package lies in an archive.
    """
    folder = Path(str(files("shaar"))) / "data" / "tndp" / name
    if not (folder / "nodes.csv").is_file():
        known = sorted(p.parent.name for p in folder.parent.glob("*/nodes.csv"))
        raise InputError(f"there is no instance {name!r}; there is {', '.join(known) or 'none'}", file=folder)
    return folder
