"""Make scenarios/reference.toml of the example city from a design: the network that its appraisals compare with.

    shaar design astana --fleet 500 --seconds 90 --seed 0 --out out/astana-design
    python scripts/astana/reference.py out/astana-design/changes.toml

Lines and stops get ids of their own (R1 ..., ref_...), so that lines drawn later cannot collide with them; courses are
simplified to 4 m and rounded to 1e-5 degrees, about a metre.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import shapely

from shaar.engine.measures import AddLine, Scenario, read_scenario

TARGET = Path(__file__).resolve().parents[2] / "src" / "shaar" / "data" / "cities" / "astana" / "scenarios"
#: Degrees: 4 m from south to north.
TOLERANCE = 4 / 111_195
HEADER = """\
# The network that appraisals of the example city compare with. Badge: modelled.
#
# No timetable is published with the city's data, and none is made up here: these lines do not run in Astana. They are
# what `shaar design astana --fleet 500 --seconds 90 --seed 0` proposes for the residents and jobs of 2017 with 500
# buses of 12 m ({lines} lines, headways by period), so that a change has something to be compared with. Whatever is
# shown against it has to say so. A timetable of the city (gtfs.zip in its folder) takes its place.
#
# Made by scripts/astana/reference.py; courses are simplified to 4 m.
"""


def compact(scenario: Scenario) -> Scenario:
    """Ids of their own, short names of stops, simple courses."""
    rename: dict[str, str] = {}
    out = []
    for number, change in enumerate(scenario.changes, start=1):
        assert isinstance(change, AddLine)
        rename |= {s.stop_id: f"ref_{s.stop_id.removeprefix('new').lstrip('_')}" for s in change.new_stops}
        out.append(
            change.model_copy(
                update={
                    "line_id": f"R{number}",
                    "stops_forward": named(change.stops_forward, rename),
                    "stops_backward": named(change.stops_backward, rename),
                    "minutes_forward": tuple(round(m, 2) for m in change.minutes_forward),
                    "minutes_backward": tuple(round(m, 2) for m in change.minutes_backward),
                    "geometry_forward": simple(change.geometry_forward),
                    "geometry_backward": simple(change.geometry_backward),
                    "new_stops": tuple(
                        s.model_copy(
                            update={"stop_id": rename[s.stop_id], "lon": round(s.lon, 6), "lat": round(s.lat, 6)}
                        )
                        for s in change.new_stops
                    ),
                }
            )
        )
    return Scenario(name="Reference network of the example city (designed, not in service)", changes=tuple(out))


def named(ids: tuple[str, ...], rename: dict[str, str]) -> tuple[str, ...]:
    return tuple(rename.get(s, s) for s in ids)


def simple(course: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if len(course) < 2:
        return course
    points = shapely.get_coordinates(shapely.simplify(shapely.LineString(course), TOLERANCE))
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in points)


def text(scenario: Scenario) -> str:
    """TOML with one key a line: a tenth of the lines that a pretty printer makes of it."""
    out = [HEADER.format(lines=len(scenario.changes)), f"name = {json.dumps(scenario.name)}"]
    for change in scenario.changes:
        out.append("\n[[changes]]")
        data = {"type": change.type, **change.model_dump(mode="json", exclude_defaults=True)}
        out += [f"{key} = {inline(value)}" for key, value in data.items()]
    return "\n".join(out) + "\n"


def inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(inline(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    scenario = compact(read_scenario(sys.argv[1]))
    file = TARGET / "reference.toml"
    file.write_text(text(scenario), encoding="utf-8")
    assert read_scenario(file).hash == scenario.hash
    print(f"{file}: {len(scenario.changes)} lines, {file.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
