"""A small town with two lines as the city of the installation, and the officer who works at the workbench."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.study.model_town import buses, town


@pytest.fixture(scope="session")
def town_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city folder of the town."""
    import polars as pl
    import shapely

    from shaar.engine.city import folder, schema
    from shaar.engine.timetable.write import write_gtfs

    path = tmp_path_factory.mktemp("cities") / "town"
    made = town(path)
    outline = shapely.to_wkb(shapely.box(-0.01, -0.01, 0.06, 0.06))
    corner = shapely.to_wkb(shapely.box(-0.002, -0.002, 0.013, 0.013))
    places = pl.DataFrame(
        [
            {"place_id": "city", "kind": "city", "name": "Town", "geometry": outline},
            {"place_id": "corner", "kind": "settlement", "name": "Corner", "geometry": corner},
        ]
    )
    tables = {name: getattr(made, name) for name in schema.TABLES}
    tables["places"] = schema.conform("places", places)
    folder.write(path, made.meta, tables, lambda fresh: write_gtfs(buses(), fresh / "gtfs.zip"))
    return path


@pytest.fixture
def in_town(town_folder: Path, settings: Any) -> Iterator[Path]:
    """The installation is one of the town."""
    settings.PROFILE = replace(settings.PROFILE, model=town_folder)
    yield town_folder


@pytest.fixture
def opened(in_town: Path) -> Any:
    """The workshop of the town, open; one for all tests, since nothing changes it."""
    from shaar.platform.appraise import live

    until = time.monotonic() + 300
    while isinstance(found := live.workshop(), live.Opening):
        assert time.monotonic() < until
        time.sleep(0.05)
    while True:
        try:
            live.surroundings()
        except live.StillOpening:
            time.sleep(0.05)
        else:
            return found


@pytest.fixture
def officer(person: Callable[..., Any]) -> Any:
    return person("Эрмек", officer=None)


@pytest.fixture
def resident(person: Callable[..., Any]) -> Any:
    return person("Айгуль", home="ak-ordo")


@pytest.fixture
def ask(officer: Any, sign_in: Callable[..., Any]) -> Callable[..., Any]:
    """Ask as the officer: ``ask("post", "effects", {...})``."""
    client = sign_in(officer)

    def send(method: str, path: str, body: Any = None, *, client: Any = client, **more: Any) -> Any:
        given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {"accept-language": "en", **more.pop("headers", {})}
        return getattr(client, method)(f"/workbench/api/{path}", **given, headers=headers, **more)

    return send
