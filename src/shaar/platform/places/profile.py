"""The city of this installation: names, languages, money and places, from a city folder or a profile without a model.

Read by the settings, so it knows no Django model.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from shaar.engine.errors import InputError

#: What a territory of the tree may be; kinds of other places (schools, stops) stay in the city folder.
TREE = ("city", "district", "village", "settlement", "quarter")


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    """One territory as a profile gives it; ``geometry`` is GeoJSON or None; approximate outlines are said to be so."""

    code: str
    kind: str
    names: dict[str, str]
    parent: str
    geometry: dict[str, Any] | None
    approximate: bool
    outlying: bool
    source: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A city. ``model`` is its city folder, None where effects cannot be modelled yet."""

    code: str
    names: dict[str, str]
    country: str
    languages: tuple[str, ...]
    time_zone: str
    currency: str
    folder: Path
    model: Path | None
    source: str


def profile_folder(name: str) -> Path:
    """Folder of a profile: a path, or the name of one that comes with Shaar.

    Raises
    ------
    InputError
        There is none.
    """
    given = Path(name)
    data = Path(str(files("shaar"))) / "data"
    for folder in (given, data / "cities" / name, data / "profiles" / name):
        if (folder / "city.toml").is_file():
            return folder
    known = sorted(file.parent.name for file in data.glob("*/*/city.toml"))
    raise InputError(f"there is no city {name!r}; there is {', '.join(known)}, or give a folder", field="SHAAR_CITY")


def read_profile(name: str) -> Profile:
    """Read ``city.toml`` of a profile.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    folder = profile_folder(name)
    file = folder / "city.toml"
    try:
        head = tomllib.loads(file.read_text(encoding="utf-8"))
        return Profile(
            code=folder.name, names={"ru": head["name"], **head.get("names", {})}, country=head["country"],
            languages=tuple(head["languages"]), time_zone=head["time_zone"], currency=head["currency"], folder=folder,
            model=folder if (folder / "zones.parquet").exists() else None,
            source=head.get("provenance", {}).get("places", {}).get("source", ""),
        )  # fmt: skip
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InputError(f"the profile cannot be read: {error}", file=file) from error


def read_territories(profile: Profile) -> list[TerritoryRow]:
    """Territories of a profile, parents before children.

    From ``places.parquet`` of a city folder, or ``places.csv`` (code, kind, parent, name_ru, name_ky, name_kk, name_en,
    lon, lat, approximate, outlying, source) of a profile without a model; a place without coordinates has no geometry.
    """
    rows = _from_csv(profile) if profile.model is None else _from_folder(profile)
    order = {kind: place for place, kind in enumerate(TREE)}
    return sorted(rows, key=lambda row: (order[row.kind], row.code))


def _from_csv(profile: Profile) -> list[TerritoryRow]:
    file = profile.folder / "places.csv"
    rows = []
    with file.open(encoding="utf-8", newline="") as table:
        for number, line in enumerate(csv.DictReader(table), start=2):
            if line["kind"] not in TREE:
                raise InputError(f"a kind is one of {', '.join(TREE)}", file=file, row=number, field="kind")
            point = None
            if line["lon"]:
                point = {"type": "Point", "coordinates": [float(line["lon"]), float(line["lat"])]}
            rows.append(
                TerritoryRow(
                    code=line["code"],
                    kind=line["kind"],
                    parent=line["parent"],
                    names={code: line[f"name_{code}"] for code in ("ru", "ky", "kk", "en") if line[f"name_{code}"]},
                    geometry=point,
                    approximate=line["approximate"] == "yes",
                    outlying=line["outlying"] == "yes",
                    source=line["source"],
                )
            )
    return rows


def _from_folder(profile: Profile) -> list[TerritoryRow]:
    import shapely
    from shapely.geometry import mapping

    from shaar.engine.city import geoparquet, schema

    places = schema.conform("places", geoparquet.read(profile.folder / "places.parquet"))
    table = [row for row in places.iter_rows(named=True) if row["kind"] in TREE]
    shapes = {row["place_id"]: shapely.from_wkb(row["geometry"]) for row in table}
    districts = [row["place_id"] for row in table if row["kind"] == "district"]
    root = next((row["place_id"] for row in table if row["kind"] == "city"), "")
    rows = []
    for row in table:
        code, middle = row["place_id"], shapes[row["place_id"]].representative_point()
        parent = "" if code == root else next((d for d in districts if d != code and shapes[d].covers(middle)), root)
        if row["kind"] == "district":
            parent = root
        names = {c: row[f"name_{c}"] for c in ("ru", "ky", "kk", "en") if row.get(f"name_{c}")} or {"ru": row["name"]}
        rows.append(
            TerritoryRow(
                code=code,
                kind=row["kind"],
                names=names,
                parent=parent,
                geometry=dict(mapping(shapes[code])),
                approximate=bool(row.get("approximate")),
                outlying=bool(row.get("outlying")),
                source=profile.source,
            )
        )
    return rows
