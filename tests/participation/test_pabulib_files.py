"""Pabulib files: read with their flaws told, written for a recount, made anonymous."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from participation.elections import random_election
from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import (
    Ballot,
    BallotError,
    BallotKind,
    BallotRules,
    Project,
    check_ballot,
    invalid_ballots,
)
from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.greedy import greedy
from shaar.engine.participation.pabulib import anonymise, pabulib_text, parse_pabulib, read_pabulib, write_pabulib

TEXT = """META
key;value
description;Ак-Жар
budget;1000.50
vote_type;cumulative
num_projects;2
num_votes;3
max_sum_points;3
PROJECTS
project_id;cost;name;category
1;400;"Парк; первая очередь";green,children
2;600.5;Дорога;None
VOTES
voter_id;vote;points;age;voting_method
a;1,2;2,1;34;paper
b;2;1.5;51;internet
c;;;19;internet
"""


def test_a_file_is_read_with_money_in_minor_units() -> None:
    e = parse_pabulib(TEXT)
    assert (e.budget, e.decimals, [p.cost for p in e.projects]) == (100050, 2, [40000, 60050])
    assert e.projects[0].name == "Парк; первая очередь"
    assert e.projects[0].categories == ("green", "children")
    assert e.projects[1].categories == ()
    assert e.ballots[1] == Ballot("b", ("2",), (Fraction(3, 2),), channel="internet")
    assert e.ballots[0].extra == {"age": "34"}
    assert e.rules == BallotRules(BallotKind.CUMULATIVE, max_sum_points=Fraction(3))
    assert len(e.ballots) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("META\n", "", "begin with META"),
        ("budget;1000.50\n", "", "no budget"),
        ("budget;1000.50", "budget;много", "not a number"),
        ("cumulative", "delegation", "no vote type"),
        ("VOTES\n", "", "VOTES is missing"),
        ("project_id;cost", "project_id;price", "no column cost"),
        ("1;400;", "1;NaN;", "line 11, field cost: 'NaN' is not a number"),
        ("2;600.5", "1;600.5", "line 12, field project_id: project 1 is there twice"),
        ("2;600.5", "2;0", "above zero"),
        ("b;2;", "b;7;", "line 16, field vote: project 7"),
        ("a;1,2;2,1", "a;1,2;2", "line 15, field points: 2 projects are named and 1"),
        ("b;2;1.5", "a;2;1.5", "line 16, field voter_id: voter a is there twice, first on line 15"),
        ("num_votes;3", "num_votes;4", "META says 4 votes and the file has 3"),
        ("c;;;19;internet", "c;;;19;internet;x;y", "7 fields"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(InputError, match=said):
        parse_pabulib(TEXT.replace(old, new, 1), name="vote.pb")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_pabulib(tmp_path / "none.pb")
    (tmp_path / "bad.pb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_pabulib(tmp_path / "bad.pb")


FILES = ["*mirow*", "*burowiec*", "*krzeslawickie*", "*nr-33*", "*mokotowskie*", "*wilanow*"]


@pytest.mark.parametrize("which", [FILES, pytest.param(["*"], marks=pytest.mark.slow)])
def test_every_shared_file_survives_a_round_trip(which: list[str], shared_data: Path, tmp_path: Path) -> None:
    paths = sorted(p for w in which for p in (shared_data / "participatory_budgeting").glob(f"{w}.pb"))
    assert len(paths) == (13 if which == ["*"] else len(FILES))
    for path in paths:
        e = read_pabulib(path)
        write_pabulib(e, tmp_path / path.name)
        back = read_pabulib(tmp_path / path.name)
        assert back == e
        assert back.meta == e.meta
        filled = [{k: v for k, v in p.extra.items() if v} for p in e.projects]
        assert [{k: v for k, v in p.extra.items() if v} for p in back.projects] == filled
        assert [b.extra for b in back.ballots] == [b.extra for b in e.ballots]
        assert pabulib_text(back) == pabulib_text(e)
        # nothing is published of the voters, and the recount is the same
        public = parse_pabulib(pabulib_text(anonymise(e)))
        assert greedy(public).taken == greedy(e).taken
        assert all(set(b.extra) <= {"points"} and not b.channel for b in public.ballots)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(list(BallotKind)))
def test_any_election_survives_a_round_trip(seed: int, kind: BallotKind) -> None:
    e = random_election(seed, kind)
    rules = BallotRules(kind, max_sum_cost=e.budget if kind is BallotKind.KNAPSACK else None)
    e = replace(e, rules=rules, decimals=seed % 3)
    assert parse_pabulib(pabulib_text(e)) == e
    public = anonymise(e)
    assert equal_shares(public).taken == equal_shares(e).taken
    sheets = Counter((frozenset(b.choices), frozenset(zip(b.choices, b.points))) for b in e.ballots)
    assert sheets == Counter((frozenset(b.choices), frozenset(zip(b.choices, b.points))) for b in public.ballots)
    assert anonymise(replace(e, ballots=e.ballots[::-1])) == public


def test_a_rare_voter_is_not_shown() -> None:
    ballots = [Ballot(f"v{i}", ("1",), channel="internet", extra={"sex": "F"}) for i in range(10)]
    ballots.append(Ballot("rare", ("2",), channel="paper", extra={"sex": "F"}))
    projects = (Project("1", 5), Project("2", 5))
    e = type(parse_pabulib(TEXT))(projects, tuple(ballots), 10, BallotRules(BallotKind.APPROVAL))
    text = pabulib_text(anonymise(e, keep=("voting_method",)))
    assert "paper" not in text
    assert "rare" not in text
    assert text.count("internet") == 10
    assert "sex" not in text


@pytest.mark.parametrize("kind", list(BallotKind))
def test_an_election_without_votes_survives_a_round_trip(kind: BallotKind) -> None:
    for ballots in ((), (Ballot("v", ()),)):
        rules = BallotRules(kind, max_sum_cost=9 if kind is BallotKind.KNAPSACK else None)
        e = type(parse_pabulib(TEXT))((Project("1", 5),), ballots, 9, rules)
        assert parse_pabulib(pabulib_text(e)) == e
        assert parse_pabulib(pabulib_text(type(e)((), (), 9, rules))).projects == ()


def test_winners_are_written() -> None:
    e = parse_pabulib(TEXT)
    back = parse_pabulib(pabulib_text(e, selected=["2"]))
    assert [p.extra["selected"] for p in back.projects] == ["0", "1"]
    assert [(p.extra["votes"], p.extra["score"]) for p in back.projects] == [("1", "2"), ("2", "2.5")]


CHECKS = [
    ("too_few", BallotRules(BallotKind.APPROVAL, min_length=2), ("a",), ()),
    ("too_many", BallotRules(BallotKind.APPROVAL, max_length=1), ("a", "b"), ()),
    ("too_dear", BallotRules(BallotKind.KNAPSACK, max_sum_cost=100), ("a", "b"), ()),
    ("too_cheap", BallotRules(BallotKind.KNAPSACK, min_sum_cost=100), ("a",), ()),
    ("unknown_project", BallotRules(BallotKind.APPROVAL), ("x",), ()),
    ("named_twice", BallotRules(BallotKind.APPROVAL), ("a", "a"), ()),
    ("points_missing", BallotRules(BallotKind.CUMULATIVE), ("a", "b"), (1,)),
    ("points_low", BallotRules(BallotKind.SCORING, min_points=Fraction(2)), ("a",), (1,)),
    ("points_high", BallotRules(BallotKind.SCORING, max_points=Fraction(2)), ("a",), (3,)),
    ("points_sum_low", BallotRules(BallotKind.CUMULATIVE, min_sum_points=Fraction(5)), ("a", "b"), (2, 2)),
    ("points_sum_high", BallotRules(BallotKind.CUMULATIVE, max_sum_points=Fraction(3)), ("a", "b"), (2, 2)),
]


@pytest.mark.parametrize(("code", "rules", "choices", "points"), CHECKS)
def test_a_sheet_that_breaks_a_rule(
    code: str, rules: BallotRules, choices: tuple[str, ...], points: tuple[int, ...]
) -> None:
    projects = {"a": Project("a", 60), "b": Project("b", 50)}
    sheet = Ballot("v", choices, tuple(Fraction(x) for x in points))
    with pytest.raises(BallotError) as wrong:
        check_ballot(sheet, projects, rules)
    assert wrong.value.code == code


def test_sheets_at_the_limit_are_valid(shared_data: Path) -> None:
    projects = {"a": Project("a", 60), "b": Project("b", 40)}
    check_ballot(Ballot("v", ("a", "b")), projects, BallotRules(BallotKind.KNAPSACK, max_length=2, max_sum_cost=100))
    files = sorted((shared_data / "participatory_budgeting").glob("*.pb"))
    assert sum(len(invalid_ballots(read_pabulib(f))) for f in files if "ochota" in f.name or "mirow" in f.name) == 0
