"""Both counts of a vote, with every step, as plain data; and the anonymous files that anybody can recount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from shaar.engine.participation.ballots import Election
from shaar.engine.participation.compare import compare
from shaar.engine.participation.envelopes import EnvelopeResult, split
from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.greedy import greedy
from shaar.engine.participation.pabulib import anonymise, pabulib_text
from shaar.engine.participation.result import Result, Step, Taken

RULES = ("equal_shares", "greedy")


def count(
    election: Election, *, deciding: str, tell: Callable[[float], None] = lambda share: None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Count by both rules, each envelope by itself.

    Parameters
    ----------
    election
        All ballots.
    deciding
        The rule whose winners the files mark as selected.
    tell
        Told the share of the work that is done, 0 to 1.

    Returns
    -------
    facts, files
        JSON: ``voters``, ``parts`` (one an envelope, with both results step by step; sums in hundredths) and
        ``compared``; Pabulib texts by file name.
    """
    # What is counted is what is published: the same rows in the same order.
    parts = split(election) if election.envelopes else {"": election}
    parts = {district: anonymise(part, keep=("voting_method",)) for district, part in parts.items()}
    results: dict[str, dict[str, Result]] = {rule: {} for rule in RULES}
    files: dict[str, str] = {}
    shown: list[dict[str, Any]] = []
    for place, (district, part) in enumerate(parts.items()):
        tell(place / len(parts))
        one = {"greedy": greedy(part), "equal_shares": equal_shares(part)}
        for rule in RULES:
            results[rule][district] = one[rule]
        name = f"{election.meta.get('instance', 'vote')}{'-' + district if district else ''}.pb"
        meta = {**part.meta, **({"district": district} if district else {})}
        files[name] = pabulib_text(replace(part, meta=meta), selected=one[deciding].winners)
        shown.append(
            {
                "district": district, "file": name, "budget": part.budget, "voters": len(part.ballots),
                **{rule: _result(one[rule]) for rule in RULES},
            }
        )  # fmt: skip
    whole = {rule: EnvelopeResult(found) for rule, found in results.items()}
    compared = compare(election, whole)
    facts = {
        "voters": len(election.ballots), "parts": shown, "both": list(compared.both),
        "only": {rule: list(compared.only[rule]) for rule in RULES},
        "rows": {
            rule: {
                "winners": list(row.winners), "spent": row.spent, "left": row.left, "served": row.served,
                "served_share": float(row.served_share), "funded_per_voter": float(row.funded_per_voter),
            }
            for rule, row in compared.rows.items()
        },
    }  # fmt: skip
    tell(1.0)
    return facts, files


def _result(result: Result) -> dict[str, Any]:
    return {
        "winners": list(result.winners), "spent": result.spent, "left": result.left,
        "settings": dict(result.settings), "share": _number(result.share), "first_share": _number(result.first_share),
        "attempts": len(result.attempts), "steps": [_step(step) for step in result.steps],
    }  # fmt: skip


def _step(step: Step) -> dict[str, Any]:
    base: dict[str, Any] = {
        "round": step.round, "project": step.project, "phase": str(step.phase), "cost": step.cost,
        "supporters": step.supporters, "score": _number(step.score), "taken": isinstance(step, Taken),
    }  # fmt: skip
    if isinstance(step, Taken):
        return base | {
            "price": _number(step.price), "left": step.budget_left, "full": step.paid_in_full,
            "all": step.paid_all_left, "tied": list(step.tied),
        }  # fmt: skip
    short = step.short_by
    return base | {
        "reason": str(step.reason), "available": _number(step.available),
        "short": None if short is None else _number(short),
    }  # fmt: skip


def _number(value: Fraction | int | None) -> float | None:
    return None if value is None else float(value)
