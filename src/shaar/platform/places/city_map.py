"""The vector map of the city: one PMTiles file in the home of the installation, made once from the city folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

from shaar.engine.city.folder import read
from shaar.engine.prepare import tiles
from shaar.platform.kernel import jobs

#: The job is handed to the worker at most once in so many seconds, however many people wait for the map.
_AGAIN_S = 600


def stamp() -> str:
    """Hash of what the map is made from; empty where the city has no model."""
    folder = settings.PROFILE.model
    if folder is None:
        return ""
    files = [Path(folder) / name for name in tiles.SOURCES]
    return _stamp(Path(folder), tuple(f.stat().st_mtime_ns for f in files if f.is_file()))


@lru_cache(maxsize=4)
def _stamp(folder: Path, _times: tuple[int, ...]) -> str:
    return tiles.stamp_of(folder)


def file() -> Path | None:
    """Where the map lies, made or not; None where the city has no model."""
    return settings.HOME / "map" / f"{stamp()}.pmtiles" if stamp() else None


def ready() -> Path | None:
    """The map, if it has been made."""
    path = file()
    return path if path is not None and path.is_file() else None


def make() -> Path | None:
    """Make the map unless it is there; older ones are taken away."""
    path, folder = file(), settings.PROFILE.model
    if path is None or folder is None or path.is_file():
        return path
    tiles.build_tiles(read(folder), path)
    for old in path.parent.glob("*.pmtiles"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def ask() -> None:
    """Have the worker make the map."""
    from .tasks import make_map

    if file() is not None and ready() is None and cache.add(f"map:{stamp()}", "asked", _AGAIN_S):
        jobs.enqueue(make_map)
