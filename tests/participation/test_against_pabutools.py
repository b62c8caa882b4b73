"""Greedy and equal shares give what pabutools gives, project by project and in the same order."""

from __future__ import annotations

from pathlib import Path

import pytest

from participation.elections import as_pabutools, names, random_election
from shaar.engine.participation.ballots import BallotKind, Election
from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.greedy import greedy
from shaar.engine.participation.pabulib import read_pabulib
from shaar.engine.participation.ties import supporters

pabutools = pytest.importorskip("pabutools.rules", reason="pabutools is not installed")


def utilities(election: Election) -> dict[str, type]:
    from pabutools.election import Additive_Cardinal_Sat, Cardinality_Sat, Cost_Sat

    found: dict[str, type] = {"cost": Cost_Sat, "cardinality": Cardinality_Sat}
    if election.rules.kind.has_points:
        found["points"] = Additive_Cardinal_Sat
    return found


def tie_rules(instance: object, profile: object) -> dict[str, object]:
    from pabutools.tiebreaking import TieBreakingRule

    votes = {p.name: sum(p in b for b in profile) for p in instance}
    return {
        "lexicographic": TieBreakingRule(lambda i, q, p: p.name),
        "most_votes": TieBreakingRule(lambda i, q, p: (-votes[p.name], p.name)),
        "least_cost": TieBreakingRule(lambda i, q, p: (p.cost, p.name)),
        "greatest_cost": TieBreakingRule(lambda i, q, p: (-p.cost, p.name)),
    }


def agree(election: Election, *, step: int | None = 1, ties: str = "lexicographic") -> None:
    """Compare all rules and utilities on one election; with a step also the completions."""
    instance, profile, _ = as_pabutools(election)
    rule = tie_rules(instance, profile)[ties]
    mes, fill = pabutools.method_of_equal_shares, pabutools.greedy_utilitarian_welfare
    support = supporters(election)
    for utility, sat in utilities(election).items():
        theirs = names(mes(instance, profile, sat, tie_breaking=rule))
        assert equal_shares(election, utility=utility, completion="none", ties=ties).winners == theirs
        if utility != "points":
            by = greedy(election, by="cardinality", per_cost=utility == "cardinality", ties=ties)
        else:
            by = greedy(election, per_cost=True, ties=ties)
        # pabutools also funds projects that nobody named, after all others
        assert by.winners == tuple(p for p in names(fill(instance, profile, sat, tie_breaking=rule)) if support[p])
        if step is None:
            continue
        raised = mes(instance, profile, sat, tie_breaking=rule, voter_budget_increment=step)
        assert equal_shares(election, utility=utility, completion="add1", step=step, ties=ties).winners == names(raised)
        filled = pabutools.completion_by_rule_combination(
            instance,
            profile,
            [mes, fill],
            [
                {"sat_class": sat, "tie_breaking": rule, "voter_budget_increment": step},
                {"sat_class": sat, "tie_breaking": rule},
            ],
        )
        ours = equal_shares(election, utility=utility, completion="add1_greedy", step=step, ties=ties).winners
        assert ours == tuple(p for p in names(filled) if support[p])


@pytest.mark.parametrize("kind", [BallotKind.APPROVAL, BallotKind.CUMULATIVE, BallotKind.ORDINAL])
@pytest.mark.parametrize("start", [0, 1])
def test_small_elections_full_of_ties(kind: BallotKind, start: int) -> None:
    rules = ("lexicographic", "most_votes", "least_cost", "greatest_cost")
    for seed in range(start * 40, start * 40 + 40):
        agree(random_election(seed, kind, voters=25, projects=8), ties=rules[seed % 4])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [BallotKind.APPROVAL, BallotKind.CUMULATIVE, BallotKind.ORDINAL])
@pytest.mark.parametrize("start", range(1000, 6000, 500))
def test_thousands_of_elections(kind: BallotKind, start: int) -> None:
    rules = ("lexicographic", "most_votes", "least_cost", "greatest_cost")
    for seed in range(start, start + 100):
        step = (1, 2, 7)[seed % 3]
        agree(random_election(seed, kind, voters=60, projects=15), step=step, ties=rules[seed % 4])


def files(shared_data: Path) -> list[Path]:
    found = sorted((shared_data / "participatory_budgeting").glob("*.pb"))
    assert len(found) == 13
    return found


def test_small_pabulib_files_without_completion(shared_data: Path) -> None:
    for path in files(shared_data):
        election = read_pabulib(path)
        if len(election.ballots) <= 800:
            agree(election, step=None)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(13))
def test_every_pabulib_file(number: int, shared_data: Path) -> None:
    from pabutools.election import Cost_Sat

    election = read_pabulib(files(shared_data)[number])
    agree(election, step=None)
    instance, profile, _ = as_pabutools(election)
    raised = pabutools.method_of_equal_shares(instance, profile, Cost_Sat, voter_budget_increment=1)
    assert equal_shares(election, completion="add1").winners == names(raised)


def test_greedy_is_what_the_cities_announced(shared_data: Path) -> None:
    """The column ``selected`` of the published files, and their columns of votes and points."""
    told = 0
    for path in files(shared_data):
        election = read_pabulib(path)
        votes = supporters(election)
        assert all(int(p.extra["votes"]) == votes[p.id] for p in election.projects)
        announced = {p.id for p in election.projects if p.extra.get("selected") == "1"}
        if announced:
            told += 1
            assert set(greedy(election).winners) == announced
    assert told == 10
