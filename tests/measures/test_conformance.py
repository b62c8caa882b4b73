"""What every change type has to keep, run over the registry: a new type is tested by being registered."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.toy import city, feed
from shaar.engine.city import schema
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.measures import (
    LANGUAGES,
    Change,
    Scenario,
    State,
    apply,
    carry_out,
    catalogue,
    parse_scenario,
    read_scenario,
    scenario_schema,
    sentence,
    write_scenario,
)
from shaar.engine.measures.kinds import number
from shaar.engine.measures.registry import KINDS
from shaar.engine.timetable.feed import SCHEMA, Feed

TYPES = sorted(KINDS)
#: Every type of the house, by name; the registry must hold these and no other.
HOUSE = {
    "add_line",
    "extend_line",
    "reroute_line",
    "remove_line",
    "set_headway",
    "set_span",
    "set_vehicle_type",
    "add_stop",
    "move_stop",
    "bus_lane",
    "signal_priority",
    "add_road",
    "close_road",
    "rebuild_road",
    "speed_limit",
    "parking_supply",
    "parking_price",
    "cycle_lane",
    "footway",
    "crossing",
    "fare",
    "buy_vehicles",
    "retire_vehicles",
    "charging_place",
    "green_standard",
    "facility",
    "launch_service",
    "population_total",
}
TOOLS = {"draw_line", "pick_line", "pick_stop", "pick_links", "draw_link", "pick_point", "none"}
WIDGETS = {"line", "stop", "stops", "links", "point", "path", "clock", "number", "choice", "text", "headways", "drawn"}


def frames(c: City, f: Feed) -> dict[str, pl.DataFrame]:
    out = {x.name: getattr(c, x.name) for x in fields(c) if isinstance(getattr(c, x.name), pl.DataFrame)}
    out |= {f"feed.{x.name}": getattr(f, x.name) for x in fields(f) if isinstance(getattr(f, x.name), pl.DataFrame)}
    return out | {f"others.{k}": v for k, v in f.others.items()}


def one(kind: str) -> Scenario:
    return parse_scenario({"name": kind, "changes": [dict(KINDS[kind].example)]})


def carried(kind: str) -> State:
    return carry_out(State(city(), feed()), one(kind))


def same(a: State, b: State) -> bool:
    assert a.feed is not None and b.feed is not None
    x, y = frames(a.city, a.feed), frames(b.city, b.feed)
    return (
        x.keys() == y.keys()
        and all(x[k].equals(y[k]) for k in x)
        and a.levers == b.levers
        and a.city.meta == b.city.meta
    )


def test_the_registry_holds_every_type_of_the_house():
    models = {m.model_fields["type"].default: m for m in get_args(Change)}
    assert {k: v.model for k, v in KINDS.items()} == models
    assert set(KINDS) == HOUSE


@pytest.mark.parametrize("kind", TYPES)
def test_it_applies_to_a_copy_and_changes_something(kind):
    c, f = city(), feed()
    before = {k: v.clone() for k, v in frames(c, f).items()}
    state = carry_out(State(c, f), one(kind))
    for name, frame in frames(c, f).items():
        assert frame.equals(before[name]) and frame.columns == before[name].columns, name
    after = frames(state.city, state.feed)
    assert state.levers or any(k not in before or not after[k].equals(before[k]) for k in after)


def sound(state: State) -> None:
    """Hold what every city and timetable keeps."""
    c, f = state.city, state.feed
    assert f is not None
    for table, columns in schema.TABLES.items():
        got = getattr(c, table)
        assert {x.name: got.schema[x.name] for x in columns} == {
            x.name: schema.empty(table).schema[x.name] for x in columns
        }
    assert c.nodes["node_id"].to_list() == list(range(c.nodes.height))
    assert c.links["link_id"].to_list() == list(range(c.links.height))
    assert c.links["length"].min() > 0
    assert set(c.links["from_node"]) | set(c.links["to_node"]) <= set(c.nodes["node_id"])
    assert c.stops["stop_id"].n_unique() == c.stops.height
    for table, columns in SCHEMA.items():
        got = getattr(f, table)
        assert {k: got.schema[k] for k in columns} == pl.DataFrame(schema=dict(columns)).schema
    assert set(f.stop_times["trip_id"]) == set(f.trips["trip_id"])
    assert f.trips["trip_id"].n_unique() == f.trips.height
    assert set(f.trips["route_id"]) <= set(f.routes["route_id"])
    assert set(f.stop_times["stop_id"]) <= set(f.stops["stop_id"])
    assert set(f.trips["service_id"]) <= set(f.calendar["service_id"])
    assert set(f.trips["shape_id"].drop_nulls()) == set(f.shapes["shape_id"])
    calls = f.stop_times.sort("trip_id", "stop_sequence")
    assert calls.equals(f.stop_times)
    steps = calls.with_columns(run=pl.col("arrival") - pl.col("departure").shift(1).over("trip_id"))["run"].drop_nulls()
    assert steps.min() > 0 and (calls["departure"] >= calls["arrival"]).all() and calls["arrival"].min() >= 0


@pytest.mark.parametrize("kind", TYPES)
def test_what_it_leaves_is_a_city_and_a_timetable(kind):
    sound(carried(kind))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(TYPES), min_size=2, max_size=7))
def test_any_changes_in_any_order_leave_a_city_or_say_why_not(kinds):
    state = State(city(), feed())
    for kind in kinds:
        try:
            state = carry_out(state, one(kind))
        except InputError as e:
            assert e.field is not None and "\n" not in str(e)
    sound(state)


@pytest.mark.parametrize("kind", TYPES)
def test_without_it_the_base_comes_back_exactly(kind):
    base = State(city(), feed())
    carry_out(base, one(kind))
    assert same(carry_out(base, parse_scenario({"name": "none", "changes": []})), State(city(), feed()))
    c, f = apply(base.city, base.feed, parse_scenario({"name": "none"}))
    assert c is base.city and f is base.feed


@pytest.mark.parametrize("kind", TYPES)
def test_it_adds_to_what_earlier_changes_left(kind):
    """Levers are only added to, so that a study finds the new ones behind those of the scenario compared with."""
    earlier = tuple(parse_scenario({"name": "x", "changes": [dict(KINDS["fare"].example)]}).changes)
    (change,) = one(kind).changes
    after = carry_out(State(city(), feed(), earlier), one(kind))
    assert after.levers in (earlier, (*earlier, change))


@pytest.mark.parametrize("kind", TYPES)
def test_it_gives_the_same_every_time(kind):
    assert same(carried(kind), carried(kind))


@pytest.mark.parametrize("kind", TYPES)
def test_it_round_trips_through_toml_and_json(kind, tmp_path):
    s = one(kind)
    write_scenario(s, tmp_path / "s.toml")
    back = read_scenario(tmp_path / "s.toml")
    assert back == s
    assert back.hash == s.hash == parse_scenario({"name": "other", "changes": [dict(KINDS[kind].example)]}).hash
    assert Scenario.model_validate_json(s.model_dump_json()) == s
    assert parse_scenario(json.loads(s.model_dump_json())).hash == s.hash


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(TYPES), min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_the_hash_depends_on_the_changes_and_their_order_alone(kinds, random):
    changes = [dict(KINDS[k].example) for k in kinds]
    first = parse_scenario({"name": "a", "changes": changes})
    # The order of keys within a change is not an order of changes.
    shuffled = [dict(random.sample(sorted(c.items()), len(c))) for c in changes]
    assert parse_scenario({"name": "b", "changes": shuffled}).hash == first.hash
    assert parse_scenario({"name": "a", "changes": changes[::-1]}).hash != first.hash
    assert parse_scenario({"name": "a", "changes": changes[1:]}).hash != first.hash


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
def test_its_form_covers_every_field_and_its_tool_is_known(kind):
    (entry,) = [e for e in json.loads(json.dumps(catalogue())) if e["type"] == kind]
    assert entry["tool"] in TOOLS
    names = [f["name"] for f in entry["form"]]
    assert sorted(names) == sorted(set(KINDS[kind].model.model_fields) - {"type"})
    required = set(KINDS[kind].model.model_json_schema().get("required", []))
    for f in entry["form"]:
        assert f["widget"] in WIDGETS, f["name"]
        assert f["required"] == (f["name"] in required)
        assert (f["widget"] == "choice") == bool(f["choices"])
        for words in (f["label"], f["hint"], *(c["label"] for c in f["choices"])):
            assert set(words) == set(LANGUAGES) and all(words.values())
    assert set(entry["label"]) == set(entry["group_label"]) == set(LANGUAGES)
    # Every choice of a closed list is offered, and nothing else.
    for f in entry["form"]:
        closed = _literals(entry["schema"], f["name"])
        if closed:
            assert {c["value"] for c in f["choices"]} == closed, f["name"]


def _literals(published: dict[str, Any], name: str) -> set[str]:
    part = published["properties"][name]
    found: set[str] = set()
    for option in part.get("anyOf", [part]):
        found |= {str(v) for v in option.get("enum", [])}
    return found


def _numbers(model: Any) -> list[str]:
    """Numbers of a change as a sentence shows them; lists are told by how many they hold, links and points aside."""
    out = []
    for name, value in model:
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int | float) and name not in ("route_type", "direction"):
            out.append(number(abs(value)))
        if name in ("links", "route_ids"):
            out.append(str(len(set(value))))
    return out


@pytest.mark.parametrize("kind", TYPES)
def test_its_sentence_has_every_number_in_every_language(kind):
    (change,) = one(kind).changes
    said = {language: sentence(change, language) for language in LANGUAGES}
    assert len(set(said.values())) == len(LANGUAGES) == 4
    for language, text in said.items():
        assert text.endswith(".") and "{" not in text and "None" not in text
        for figure in _numbers(change):
            assert figure.replace("\u00a0", "") in text.replace("\u00a0", ""), (language, figure, text)
    figures = {language: sorted(re.findall(r"\d+", text.replace("\u00a0", ""))) for language, text in said.items()}
    assert all(f == figures["en"] for f in figures.values()), figures
    with pytest.raises(InputError, match="language"):
        sentence(change, "fr")


def test_all_languages_of_a_sentence_use_the_same_values():
    for kind in KINDS.values():
        for templates in kind.sentences.values():
            assert set(templates) == set(LANGUAGES)
            used = {
                frozenset(re.sub(r"_(en|ru|ky|kk)$", "", v) for v in re.findall(r"{(\w+)}", t))
                for t in templates.values()
            }
            assert len(used) == 1, templates


@pytest.mark.parametrize("kind", TYPES)
def test_every_required_field_is_asked_for_by_name(kind):
    for field in KINDS[kind].model.model_json_schema()["required"]:
        raw = {k: v for k, v in KINDS[kind].example.items() if k != field}
        with pytest.raises(InputError, match=field):
            parse_scenario({"name": "x", "changes": [raw]}, file="s.toml")


@pytest.mark.parametrize("kind", TYPES)
def test_a_value_of_the_wrong_kind_is_refused_in_one_sentence_that_names_the_field(kind):
    example = dict(KINDS[kind].example)
    for field in set(example) - {"type"}:
        with pytest.raises(InputError) as caught:
            parse_scenario({"name": "x", "changes": [{**example, field: {"no": "sense"}}]}, file="s.toml")
        assert field in str(caught.value) and "\n" not in str(caught.value)
        assert str(caught.value).startswith("s.toml, field changes.0.")
