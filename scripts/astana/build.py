"""Make the example city of Astana from published vector tiles: ``python scripts/astana/build.py [FOLDER_OF_TILES]``.

Streets, buildings, stops and places are OpenStreetMap of 4 December 2017. The tiles hold the administrative lines of
the city but no relations, so the three districts of 2017 are polygonised here from those lines and the
frame of the tiles.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
import tomli_w

sys.path.insert(0, str(Path(__file__).parent))
from tiles import N_TILES, _features, fetch_tiles, read_tiles

from shaar.cli import console
from shaar.engine.city.folder import read
from shaar.engine.city.model import Provenance
from shaar.engine.city.places import Place
from shaar.engine.prepare.build import Naming, build_city
from shaar.engine.prepare.sources import Official

TARGET = Path(__file__).parents[2] / "src" / "shaar" / "data" / "cities" / "astana"
LIMIT_BYTES = 6_000_000

# Committee on Statistics, current count of 1 September 2017: the citable count nearest to the map's date.
POPULATION = 1_014_015.0
POPULATION_SOURCE = Provenance(
    "reported",
    "Committee on Statistics of Kazakhstan, 1,014,015 residents on 1 September 2017 (as quoted in the Wikipedia "
    "article on Astana)",
    "2017-09-01",
    "city total of 2017-09-01; districts: Esil interpolated in time between 134,472 (October 2015, Department of "
    "Statistics of Astana by kt.kz, 2015-10-21) and 222,736 (start of 2019, Committee on Statistics as quoted in the "
    "Wikipedia article on the district), Almaty and Saryarka share the rest as in October 2015 (381,470 and 351,848)",
)
OCTOBER_2015 = {"almaty": 381_470.0, "esil": 134_472.0, "saryarka": 351_848.0}
ESIL_2019 = 222_736.0
# Employed in 2017: 467.0 thousand employees and 30.6 thousand self-employed.
EMPLOYMENT = 497_600.0
EMPLOYMENT_SOURCE = Provenance(
    "reported",
    "Department of Statistics of Astana, 467.0 thousand employees and 30.6 thousand self-employed in 2017 "
    "(baigenews.kz, 2018-07-04)",
    "2017",
    "employed residents of the city stand for jobs in the city",
)
DISTRICT_SOURCE = Provenance(
    "modelled",
    "OpenStreetMap administrative lines and the river Ishim in the tiles",
    "2017-12-04",
    "approximate outlines: polygons between the lines and the frame of the tiles; west and south the city goes on "
    "beyond the frame; settlements mapped as a point have an approximate outline (column approximate)",
    "ODbL 1.0, © OpenStreetMap contributors",
)
DISTRICT_NAMES = {
    "almaty": {"": "Алматы", "ru": "Алматы", "kk": "Алматы", "ky": "Алматы", "en": "Almaty"},
    "esil": {"": "Есіл", "ru": "Есиль", "kk": "Есіл", "ky": "Эсил", "en": "Esil"},
    "saryarka": {"": "Сарыарқа", "ru": "Сарыарка", "kk": "Сарыарқа", "ky": "Сарыарка", "en": "Saryarka"},
}
#: A point that certainly lies in each district: the old railway station side, Baiterek, the western right bank.
DISTRICT_POINTS = {"almaty": (71.48, 51.16), "esil": (71.4306, 51.1283), "saryarka": (71.40, 51.18)}
#: Names of settlements that carry no name:en, name:ru or name:kk: plain transliteration and the usual Kazakh form.
SETTLEMENT_NAMES = {
    "settlement-n4966257309": {"ru": "микрорайон Уркер", "kk": "Үркер", "en": "Urker"},
    "settlement-w260540477": {"ru": "микрорайон Алатау", "kk": "Алатау", "en": "Alatau"},
    "settlement-w260267870": {"ru": "Коянды", "kk": "Қоянды"},
    "settlement-w260268313": {"en": "Shubar"},
    "settlement-n3519333984": {"ru": "Заречный", "kk": "Заречный", "en": "Zarechny"},
    "settlement-n4910908893": {"ru": "BI village", "kk": "BI village", "en": "BI village"},
    "settlement-n4909038285": {"ru": "ЖК «Саранда»", "kk": "«Саранда» ТК", "en": "Saranda"},
    "settlement-n4909039795": {"ru": "Тельмана", "kk": "Тельман", "en": "Telman"},
    "settlement-n4908780025": {"ru": "Железнодорожный", "kk": "Железнодорожный", "en": "Zheleznodorozhny"},
    "settlement-n3519258491": {"ru": "Интернациональный", "kk": "Интернационал", "en": "Internatsionalny"},
}
TODAY = {
    "name": "Astana with today's residents",
    "changes": [
        {
            "type": "population_total",
            "value": 1_649_242.0,
            "date": "2026-02-01",
            "source": "Bureau of National Statistics of Kazakhstan, regional statistics, population on 1 February 2026",
        }
    ],
}


def district_population() -> dict[str, float]:
    """Persons by district on the day of the city total, before scaling; see POPULATION_SOURCE."""
    day = np.datetime64
    share = (day("2017-09-01") - day("2015-10-21")) / (day("2019-01-01") - day("2015-10-21"))
    esil = OCTOBER_2015["esil"] + float(share) * (ESIL_2019 - OCTOBER_2015["esil"])
    right_bank = OCTOBER_2015["almaty"] + OCTOBER_2015["saryarka"]
    rest = POPULATION - esil
    return {
        "district-esil": esil,
        "district-almaty": rest * OCTOBER_2015["almaty"] / right_bank,
        "district-saryarka": rest * OCTOBER_2015["saryarka"] / right_bank,
    }


def districts(folder: Path) -> tuple[Place, ...]:
    """The three districts between the administrative lines of the tiles and their frame."""
    lines = [
        shapely.geometry.shape(f["geometry"])
        for _, f in _features(folder)
        if f["properties"].get("boundary") == "administrative" and f["properties"].get("@type") == "way"
    ]
    frame = shapely.box(*_frame(folder))
    # Decoded coordinates are rounded to 1e-7 degree: what ends on the frame has to reach it.
    reaching = [shapely.LineString([a, b]) for a, b in _to_frame(lines, frame)]
    network = shapely.union_all(np.array([*lines, *reaching, frame.boundary], dtype=object))
    faces = shapely.get_parts(shapely.polygonize([shapely.node(network)]))
    out = []
    for key, at in DISTRICT_POINTS.items():
        face = next(f for f in faces if shapely.contains_xy(f, *at))
        out.append(Place(f"district-{key}", "district", DISTRICT_NAMES[key], face, approximate=True))
    return tuple(out)


def _frame(folder: Path) -> tuple[float, float, float, float]:
    names = [tuple(int(v) for v in p.stem.split("-")) for p in folder.glob("*-*-*.mvt")]
    n = 2 ** names[0][0]
    xs, ys = [x for _, x, _ in names], [y for _, _, y in names]

    def lat(y: float) -> float:
        return float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / n)))))

    return min(xs) / n * 360 - 180, lat(max(ys) + 1), (max(xs) + 1) / n * 360 - 180, lat(min(ys))


def _to_frame(lines: list[object], frame: shapely.Polygon) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    out = []
    for line in shapely.get_parts(np.array(lines, dtype=object)):
        for end in (line.coords[0], line.coords[-1]):
            p = shapely.Point(end)
            if 0 < shapely.distance(p, frame.boundary) < 1e-5:
                on = frame.boundary.interpolate(frame.boundary.project(p))
                beyond = (end[0] + 2 * (on.x - end[0]), end[1] + 2 * (on.y - end[1]))
                out.append((end, beyond))
    return out


def finish(fresh: Path) -> None:
    """Add the scenario, the attribution and the readme of the city folder."""
    (fresh / "scenarios").mkdir()
    (fresh / "scenarios" / "today.toml").write_text(tomli_w.dumps(TODAY), encoding="utf-8")
    (fresh / "README.md").write_text(README, encoding="utf-8")
    (fresh / "ATTRIBUTION.md").write_text(ATTRIBUTION, encoding="utf-8")


README = """\
# Astana, December 2017

An example city folder. Streets, buildings, stops, places: OpenStreetMap of 4 December 2017. Made by
`python scripts/astana/build.py`; never edited by hand.

- **There is no timetable.** The source carries no bus lines, and none are made up. Lines that Shaar designs are
  proposals.
- **Residents are modelled**: official totals spread over homes by footprint times storeys. City total: 1,014,015 on
  1 September 2017 (Committee on Statistics). District totals lie between published counts of October 2015 and the start
  of 2019; `city.toml` says how.
- **Jobs are modelled**: 497.6 thousand employed (2017, Department of Statistics of Astana) spread by the tagged use of
  buildings and points.
- **Districts** are those of 2017 (Almaty, Esil, Saryarka); their outlines are approximate, from the administrative
  lines and the river in the data; west and south they end at the frame of the map.
- **Settlements** mapped as points have approximate outlines. Names in Kazakh, Russian and English are as tagged;
  missing ones are transliterated or the usual form.
- **Koyandy and Shubar** lie outside the city, whose official total does not count them: they have no residents here.
- **Slopes** are unknown (no elevation was used); the city is flat.
- The city has grown by more than half since: `scenarios/today.toml` scales the residents to 1,649,242
  (1 February 2026).
"""
ATTRIBUTION = """\
# Attribution

The tables `zones`, `places`, `nodes`, `links`, `turns`, `stops`, `base` and `buildings` of this folder are a derived
database of OpenStreetMap, **© OpenStreetMap contributors**, under the
[Open Database License 1.0](https://opendatacommons.org/licenses/odbl/1-0/). https://www.openstreetmap.org/copyright

- Map data up to 4 December 2017, from OSM QA tiles in the npm package `@mapbox/mvt-fixtures` 4.0.0
  (`real-world/osm-qa-astana`).
- Changes: tile edges joined, ways split at junctions, coordinates rounded to 2^-20 degree, areas simplified, residents
  and jobs modelled.

Figures (facts, with their publishers):

- 1,014,015 residents on 1 September 2017: Committee on Statistics of Kazakhstan, as quoted in the Wikipedia article
  on Astana.
- 381,470 / 134,472 / 351,848 residents of the districts Almaty, Esil and Saryarka, October 2015: Department of
  Statistics of Astana; kt.kz, 21 October 2015; tengrinews.kz.
- 222,736 residents of the district Esil at the start of 2019: Committee on Statistics, as quoted in the Wikipedia
  article on the district.
- 467.0 thousand employees and 30.6 thousand self-employed in 2017: Department of Statistics of Astana; baigenews.kz,
  4 July 2018.
- 1,649,242 residents on 1 February 2026: Bureau of National Statistics of Kazakhstan, regional statistics.
"""


def main(arguments: list[str]) -> None:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, console.progress() as progress:
        folder = Path(arguments[0]) if arguments else fetch_tiles(Path(scratch) / "tiles")
        assert len(list(folder.glob("*-*-*.mvt"))) == N_TILES, f"{folder} should hold {N_TILES} tiles"
        extract = replace(read_tiles(folder, progress), source="OSM QA tiles, @mapbox/mvt-fixtures 4.0.0")
        found = districts(folder)
        outline = Place(
            "city",
            "city",
            {"": "Астана", "ru": "Астана", "kk": "Астана", "ky": "Астана", "en": "Astana"},
            shapely.union_all(np.array([p.shape for p in found], dtype=object)),
            approximate=True,
        )
        findings = build_city(
            TARGET,
            osm=extract,
            naming=Naming(
                name="Астана",
                names={k: v for k, v in outline.names.items() if k},
                country="KZ",
                time_zone="Asia/Almaty",
                languages=("kk", "ru", "en"),
                notes=(
                    "No timetable: the source has no bus lines, and none are made up.",
                    "Residents and jobs are those of 2017; scenarios/today.toml scales residents to 1 February 2026.",
                    "District outlines are approximate; Koyandy and Shubar lie outside the city and its total.",
                ),
            ),
            official=Official(
                population=POPULATION,
                population_source=POPULATION_SOURCE,
                district_population=district_population(),
                employment=EMPLOYMENT,
                employment_source=EMPLOYMENT_SOURCE,
                outline=outline,
                districts=found,
                district_source=DISTRICT_SOURCE,
                names=SETTLEMENT_NAMES,
            ),
            finish=finish,
            progress=progress,
        )
    city = read(TARGET)
    size = sum(p.stat().st_size for p in TARGET.rglob("*") if p.is_file())
    for f in findings:
        print(f"{f.severity}: {f.message}")
    for p in sorted(TARGET.rglob("*")):
        if p.is_file():
            print(f"{p.stat().st_size:>10,}  {p.relative_to(TARGET)}")
    print(
        f"{size:,} bytes; {city.zones.height} zones, {(city.zones['population'] >= 1).sum()} inhabited, "
        f"{city.zones['population'].sum():,.3f} residents, {city.zones['jobs'].sum():,.0f} jobs; "
        f"{time.monotonic() - start:.1f} s"
    )
    if size > LIMIT_BYTES:
        raise SystemExit(f"the folder is over {LIMIT_BYTES:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
