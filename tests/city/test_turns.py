"""Banned turns."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_streets import extract

from shaar.engine.city.extract import Relation, Tags
from shaar.engine.city.streets import Streets, build_streets

# A crossing of two streets at node 6 of the grid: west 5, east 7, south 2, north 10.
CROSSING = [([5, 6], "west"), ([6, 7], "east"), ([2, 6], "south"), ([6, 10], "north")]
WAY = {name: 100 + k for k, (_, name) in enumerate(CROSSING)}


def cross(*relations: Relation, oneway: str = "") -> Streets:
    ways = [(refs, {"highway": "primary", "name": name}) for refs, name in CROSSING]
    if oneway:
        k = WAY[oneway] - 100
        ways[k] = (ways[k][0], {**ways[k][1], "oneway": "yes"})
    return build_streets(extract(ways, relations=relations))


def restriction(value: str, source: int, target: int, via: tuple[str, int] = ("n", 6), **tags: str) -> Relation:
    members = (("w", source, "from"), (*via, "via"), ("w", target, "to"))
    return Relation(1, {"type": "restriction", "restriction": value, **tags}, members)


def named(s: Streets) -> set[tuple[str, str]]:
    """Banned turns as (from name, to name)."""
    name = s.links["name"].to_list()
    assert set(s.turns["via_node"].to_list()) <= {s.nodes["osm_id"].to_list().index(6)}
    return {(name[a], name[b]) for a, b in s.turns.select("from_link", "to_link").rows()}


def test_no_turn() -> None:
    s = cross(restriction("no_left_turn", WAY["west"], WAY["north"]))
    assert named(s) == {("west", "north")}
    assert s.turns["bus_exempt"].to_list() == [False]


def test_only_turn_bans_the_others() -> None:
    assert named(cross(restriction("only_straight_on", WAY["west"], WAY["east"]))) == {
        ("west", "north"),
        ("west", "south"),
    }


def test_only_turn_does_not_ban_what_cannot_be_entered_anyway() -> None:
    s = cross(restriction("only_straight_on", WAY["west"], WAY["east"]), oneway="south")  # south runs 2 -> 6
    assert named(s) == {("west", "north")}


def test_no_u_turn_on_one_street() -> None:
    assert named(cross(restriction("no_u_turn", WAY["west"], WAY["west"]))) == {("west", "west")}


@pytest.mark.parametrize(("excepted", "exempt"), [("psv", True), ("bicycle;bus", True), ("bicycle", False)])
def test_buses_may_be_exempt(excepted: str, exempt: bool) -> None:
    s = cross(restriction("no_left_turn", WAY["west"], WAY["north"], **{"except": excepted}))
    assert s.turns["bus_exempt"].to_list() == [exempt]


def test_two_restrictions_make_one_ban_that_exempts_only_where_both_do() -> None:
    exempting = restriction("no_left_turn", WAY["west"], WAY["north"], **{"except": "psv"})
    strict = restriction("no_left_turn", WAY["west"], WAY["north"])
    assert cross(exempting, strict).turns["bus_exempt"].to_list() == [False]
    assert cross(strict, exempting).turns["bus_exempt"].to_list() == [False]
    assert cross(exempting, exempting).turns["bus_exempt"].to_list() == [True]


@pytest.mark.parametrize(
    ("value", "arms"),
    [("no_left_turn", ("west", "n")), ("no_right_turn", ("west", "s")), ("no_straight_on", ("west", "e"))],
)
def test_which_arm_of_an_uncut_way_is_meant_follows_from_the_name(value: str, arms: tuple[str, str]) -> None:
    ways: list[tuple[list[int], Tags]] = [
        ([5, 6], {"highway": "primary", "name": "west"}),
        ([2, 6, 10], {"highway": "primary", "name": "across"}),
        ([6, 7], {"highway": "primary", "name": "east"}),
    ]
    target = 102 if value == "no_straight_on" else 101
    s = build_streets(extract(ways, relations=(restriction(value, 100, target),)))
    turn = s.turns.row(0, named=True)
    assert s.turns.height == 1
    to = s.links.row(turn["to_link"], named=True)
    ends = {s.nodes["osm_id"][to["from_node"]], s.nodes["osm_id"][to["to_node"]]}
    assert ends == {6, {"n": 10, "s": 2, "e": 7}[arms[1]]}


@pytest.mark.parametrize(
    ("relation", "code"),
    [
        (restriction("no_left_turn", 100, 103, via=("w", 101)), "streets.turns.via_way"),
        (restriction("no_left_turn", 100, 999), "streets.turns.incomplete"),
        (restriction("no_left_turn", 100, 103, via=("n", 77)), "streets.turns.incomplete"),
        (
            Relation(
                1,
                {"type": "restriction", "restriction:conditional": "no_left_turn @ (07:00-09:00)"},
                (("w", 100, "from"), ("n", 6, "via"), ("w", 103, "to")),
            ),
            "streets.turns.conditional",
        ),
    ],
)
def test_what_cannot_be_read_is_counted(relation: Relation, code: str) -> None:
    s = cross(relation)
    assert s.turns.height == 0
    assert [f.count for f in s.findings if f.code == code] == [1]


def test_restrictions_for_others_are_left_alone() -> None:
    relation = Relation(
        1,
        {"type": "restriction:hgv", "restriction:hgv": "no_left_turn"},
        (("w", 100, "from"), ("n", 6, "via"), ("w", 103, "to")),
    )
    s = cross(relation)
    assert s.turns.height == 0
    assert not any(f.code.startswith("streets.turns") for f in s.findings)
