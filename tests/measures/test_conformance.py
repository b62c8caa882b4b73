"""What every change type has to keep, run over the registry: a new type is tested by being registered."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta, Provenance
from shaar.engine.errors import InputError
from shaar.engine.measures import (
    LANGUAGES,
    Change,
    Scenario,
    apply,
    parse_scenario,
    read_scenario,
    scenario_schema,
    sentence,
    write_scenario,
)
from shaar.engine.measures.feeds import append, empty_feed
from shaar.engine.measures.registry import KINDS
from shaar.engine.measures.sentences import SENTENCES
from shaar.engine.timetable.feed import SCHEMA, Feed

TYPES = sorted(KINDS)


def city() -> City:
    meta = Meta("T", {}, "KZ", ("en",), "Asia/Almaty", "EPSG:32642", "", "2020-01-01",
                {"zones.population": Provenance("reported", "census", "2020-01-01")})  # fmt: skip
    zones = [
        {"zone_id": k, "geometry": b"", "lon": 71.4, "lat": 51.1, "population": p, "jobs": 1.0, "schools": 0.0,
         "clinics": 0.0, "district": None, "settlement": None}
        for k, p in (("x", 300.0), ("y", 700.0))
    ]  # fmt: skip
    stops = [
        {"stop_id": k, "name": k.upper(), "lon": 71.40 + i / 50, "lat": 51.15, "source": "osm", "link_id": None,
         "offset": None, "side": "unknown", "link_distance": None}
        for i, k in enumerate("ab")
    ]  # fmt: skip
    tables = {t: schema.empty(t) for t in schema.TABLES}
    tables["zones"] = schema.conform("zones", pl.DataFrame(zones))
    tables["stops"] = schema.conform("stops", pl.DataFrame(stops))
    return City(Path("/nowhere"), meta, **tables)


def feed() -> Feed:
    """Line 1: half-hourly both ways from 06:00 to 12:00, on weekdays; line 2: one trip."""
    f = empty_feed()
    f = append(
        f, "agency", [{"agency_id": "o", "agency_name": "O", "agency_url": "u", "agency_timezone": "Asia/Almaty"}]
    )
    f = append(f, "stops", [{"stop_id": s, "stop_lat": 51.15, "stop_lon": 71.4} for s in "ab"])
    f = append(f, "routes", [{"route_id": r, "agency_id": "o", "route_short_name": r, "route_type": 3} for r in "12"])
    trips, calls = [], []
    for direction, stops in ((0, "ab"), (1, "ba")):
        for begin in range(6 * 3600, 12 * 3600, 1800):
            trip = f"{direction}-{begin}"
            trips.append(
                {"trip_id": trip, "route_id": "1", "service_id": "wd", "direction_id": direction, "shape_id": "s"}
            )
            calls += [{"trip_id": trip, "stop_sequence": k, "stop_id": s, "arrival": begin + 600 * k,
                       "departure": begin + 600 * k} for k, s in enumerate(stops)]  # fmt: skip
    trips.append({"trip_id": "t2", "route_id": "2", "service_id": "wd", "direction_id": 0})
    calls += [{"trip_id": "t2", "stop_sequence": k, "stop_id": s, "arrival": 30000 + k, "departure": 30000 + k}
              for k, s in enumerate("ab")]  # fmt: skip
    f = append(f, "trips", trips)
    f = append(f, "stop_times", calls)
    f = append(f, "shapes", [{"shape_id": "s", "sequence": k, "lat": 51.15, "lon": 71.4 + k} for k in range(2)])
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), 1)
    import datetime as dt

    dates = {"start_date": dt.date(2026, 1, 1), "end_date": dt.date(2026, 12, 31)}
    return append(f, "calendar", [{"service_id": "wd", "saturday": 0, "sunday": 0, **days, **dates}])


def frames(c: City, f: Feed) -> dict[str, pl.DataFrame]:
    out = {x.name: getattr(c, x.name) for x in fields(c) if isinstance(getattr(c, x.name), pl.DataFrame)}
    return out | {
        f"feed.{x.name}": getattr(f, x.name) for x in fields(f) if isinstance(getattr(f, x.name), pl.DataFrame)
    }


def one(kind: str) -> Scenario:
    return parse_scenario({"name": kind, "changes": [KINDS[kind].example]})


def test_the_registry_holds_every_type():
    models = {m.model_fields["type"].default: m for m in get_args(Change)}
    assert {k: v.model for k, v in KINDS.items()} == models


@pytest.mark.parametrize("kind", TYPES)
def test_it_changes_copies_and_something_in_them(kind):
    c, f = city(), feed()
    before = {k: v.clone() for k, v in frames(c, f).items()}
    c2, f2 = apply(c, f, one(kind))
    for name, frame in frames(c, f).items():
        assert frame.equals(before[name]), name
    after = frames(c2, f2)
    assert any(not after[k].equals(before[k]) for k in before)
    for table, columns in SCHEMA.items():
        got = getattr(f2, table)
        assert {k: got.schema[k] for k in columns} == {
            k: pl.DataFrame(schema={k: t}).schema[k] for k, t in columns.items()
        }
    assert set(f2.stop_times["trip_id"]) == set(f2.trips["trip_id"])
    assert set(f2.trips["route_id"]) <= set(f2.routes["route_id"])
    assert set(f2.stop_times["stop_id"]) <= set(f2.stops["stop_id"])
    assert set(f2.trips["service_id"]) <= set(f2.calendar["service_id"])


@pytest.mark.parametrize("kind", TYPES)
def test_it_gives_the_same_every_time(kind):
    once, again = apply(city(), feed(), one(kind)), apply(city(), feed(), one(kind))
    for a, b in zip(frames(*once).items(), frames(*again).items()):
        assert a[0] == b[0] and a[1].equals(b[1])


@pytest.mark.parametrize("kind", TYPES)
def test_it_round_trips_through_toml_and_json(kind, tmp_path):
    s = one(kind)
    write_scenario(s, tmp_path / "s.toml")
    back = read_scenario(tmp_path / "s.toml")
    assert back == s
    assert back.hash == s.hash == parse_scenario({"name": "other", "changes": [KINDS[kind].example]}).hash
    assert Scenario.model_validate_json(s.model_dump_json()) == s


@pytest.mark.parametrize("kind", TYPES)
def test_it_is_in_the_published_schema_and_closed(kind):
    published = json.loads(json.dumps(scenario_schema()))
    definition = published["$defs"][KINDS[kind].model.__name__]
    assert definition["additionalProperties"] is False
    assert set(KINDS[kind].example) <= set(definition["properties"])
    assert set(definition.get("required", [])) <= set(KINDS[kind].example)
    assert definition["properties"]["type"]["const"] == kind
    with pytest.raises(InputError, match="colour"):
        parse_scenario({"name": "x", "changes": [{**KINDS[kind].example, "colour": "red"}]})


@pytest.mark.parametrize("kind", TYPES)
def test_every_required_field_is_asked_for_by_name(kind):
    for field in KINDS[kind].model.model_json_schema()["required"]:
        raw = {k: v for k, v in KINDS[kind].example.items() if k != field}
        with pytest.raises(InputError, match=field):
            parse_scenario({"name": "x", "changes": [raw]}, file="s.toml")


@pytest.mark.parametrize("kind", TYPES)
def test_it_has_a_sentence_in_every_language(kind):
    (change,) = one(kind).changes
    said = [sentence(change, language) for language in LANGUAGES]
    assert len(set(said)) == len(LANGUAGES) == 4
    for text in said:
        assert text.endswith(".") and "{" not in text and "None" not in text
    with pytest.raises(InputError, match="language"):
        sentence(change, "fr")


def test_all_languages_of_a_sentence_use_the_same_values():
    for templates in SENTENCES.values():
        assert set(templates) == set(LANGUAGES)
        assert len({frozenset(re.findall(r"{(\w+)}", t)) for t in templates.values()}) == 1
