"""What people read of votes: the ballot, turnout, both counts in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from shaar.platform.accounts.policies import territories_of
from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.saying import money

from ..election import major, project_id
from ..models import BallotBox, BallotProject, CastBallot, Count, PaperSheet, Participation
from ..policies import ballot as policies


@dataclass(frozen=True, slots=True)
class Turnout:
    """Ballots in the box, on the site and on paper."""

    ballots: int
    internet: int
    paper: int


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a count: the project, whether it was funded in it, and why, in words; ``notes`` in small."""

    project: BallotProject
    taken: bool
    words: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One rule's count of one district's money."""

    rule: str
    name: str
    deciding: bool
    spent: Decimal
    left: Decimal
    winners: tuple[BallotProject, ...]
    lines: tuple[Line, ...]
    intro: str


@dataclass(frozen=True, slots=True)
class Part:
    """One district's money (or all of it) with both counts and its file for a recount."""

    district: str
    name: str
    budget: Decimal
    voters: int
    file: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one project under each rule."""

    project: BallotProject
    votes: int
    funded: bool
    lines: Mapping[str, list[Line]] = field(default_factory=dict)


def boxes(*, viewer: Any) -> QuerySet[BallotBox]:
    """Votes that the viewer may see, the newest first."""
    return policies.boxes_visible_to(viewer).select_related("territory", "call").order_by("-opens", "slug")


def box(*, viewer: Any, slug: str) -> BallotBox:
    """One vote.

    Raises
    ------
    Missing
        There is none, or none that the viewer may know of.
    """
    found = boxes(viewer=viewer).filter(slug=slug).first()
    if found is None:
        raise Missing("ballot.missing", _("There is no such vote."))
    return found


def projects(box: BallotBox) -> list[BallotProject]:
    """Projects in the order of the sheet."""
    return list(box.projects.select_related("measure__territory", "envelope__territory", "application"))


def turnout(box: BallotBox) -> Turnout:
    """How many have voted; their number only."""
    ballots = CastBallot.objects.filter(box=box)
    paper = ballots.filter(channel=Participation.Channel.PAPER).count()
    whole = ballots.count()
    return Turnout(whole, whole - paper, paper)


def boxes_to_enter(person: Any) -> QuerySet[BallotBox]:
    """Votes whose paper ballots the person may enter now."""
    covered = territories_of(person, *policies.OPERATORS)
    if covered is None:
        return BallotBox.objects.none()
    found = BallotBox.objects.filter(status=BallotBox.Status.PUBLISHED)
    if covered == Q():
        return found
    wanted = [one.pk for one in found if policies.may_enter_paper(person, one)]
    return found.filter(pk__in=wanted)


def sheets(box: BallotBox) -> QuerySet[PaperSheet]:
    """Paper ballots entered; those that need a hand first."""
    return box.sheets.select_related("first_by", "second_by").order_by("status", "number")


def count_of(box: BallotBox) -> Count | None:
    """The count of a vote, if one was begun."""
    return Count.objects.filter(box=box).first()


def file_of(box: BallotBox, name: str) -> str:
    """An anonymous file of ballots, in the format of Pabulib.

    Raises
    ------
    Missing
        There is none of this name, or the vote is not counted.
    """
    count = count_of(box)
    text = count.files.get(name) if count and count.status == Count.Status.DONE else None
    if text is None:
        raise Missing("ballot.file", _("There is no such file."))
    return str(text)


def told(box: BallotBox, count: Count) -> list[Part]:
    """Both counts, district by district, every step in words."""
    known = {project_id(one.number): one for one in projects(box)}
    names = {one.territory.code: str(one.territory) for one in box.envelopes.select_related("territory")}
    parts = []
    for row in count.facts["parts"]:
        told_parts = tuple(_told(box, rule, row[rule], known) for rule in _order(box))
        parts.append(
            Part(
                district=row["district"], name=names.get(row["district"], ""), budget=major(row["budget"]),
                voters=row["voters"], file=row["file"], told=told_parts,
            )
        )  # fmt: skip
    return parts


def outcomes(box: BallotBox, parts: list[Part]) -> list[Outcome]:
    """Every project: funded or not by the rule that decides, and why under both."""
    found: dict[Any, Outcome] = {}
    for project in projects(box):
        found[project.pk] = Outcome(project, 0, False, {})
    made = []
    for project in projects(box):
        lines: dict[str, list[Line]] = {}
        funded = False
        for part in parts:
            for one in part.told:
                own = [line for line in one.lines if line.project.pk == project.pk]
                if own:
                    lines[one.name] = own
                if one.deciding and any(winner.pk == project.pk for winner in one.winners):
                    funded = True
        made.append(Outcome(project, _votes(box, project_id(project.number)), funded, lines))
    return sorted(made, key=lambda one: (not one.funded, -one.votes, one.project.number))


def _votes(box: BallotBox, number: str) -> int:
    count = count_of(box)
    if count is None:
        return 0
    for part in count.facts.get("parts", []):
        for step in part["greedy"]["steps"]:
            if step["project"] == number:
                return int(step["supporters"])
    return 0


def _order(box: BallotBox) -> tuple[str, str]:
    return ("greedy", "equal_shares") if box.rule == BallotBox.Rule.GREEDY else ("equal_shares", "greedy")


def _told(box: BallotBox, rule: str, facts: dict[str, Any], known: Mapping[str, BallotProject]) -> Told:
    lines = []
    for step in facts["steps"]:
        words = _taken_words(step) if step["taken"] else _passed_words(step)
        lines.append(Line(known[step["project"]], step["taken"], words, _notes(step, known)))
    return Told(
        rule=rule, name=str(BallotBox.Rule(rule).label), deciding=rule == box.rule, spent=major(facts["spent"]),
        left=major(facts["left"]), winners=tuple(known[one] for one in facts["winners"]), lines=tuple(lines),
        intro=_intro(rule, facts),
    )  # fmt: skip


def _intro(rule: str, facts: dict[str, Any]) -> str:
    if rule == "greedy":
        return _("Projects are gone through from the most votes down; each is funded if it still fits the money.")
    if facts["share"] is None:
        return _("Nobody voted, so there are no shares to pay with.")
    words = _(
        "Every voter gets the same share of the money, %(first)s. A project is funded when those who chose it can pay "
        "it together; the one that costs its supporters least for what it gives comes first, and each of them pays "
        "the same, or all she has left."
    ) % {"first": _sum(facts["first_share"])}
    if facts["share"] > facts["first_share"]:
        words += " " + _(
            "As money was left, shares were raised step by step to %(share)s, as long as all projects together fit the "
            "budget."
        ) % {"share": _sum(facts["share"])}
    return words


def _taken_words(step: dict[str, Any]) -> str:
    facts = {
        "n": step["round"],
        "supporters": step["supporters"],
        "left": _sum(step["left"]),
        "cost": _sum(step["cost"]),
    }
    if step["phase"] == "equal_shares":
        facts["price"] = _sum(step["price"])
        return (
            _(
                "Step %(n)s: funded. Its %(supporters)s supporters pay %(cost)s from their shares, "
                "%(price)s each at most."
            )
            % facts
        )
    if step["phase"] == "completion":
        return (
            _(
                "Step %(n)s: funded from the money that no shares could use; %(supporters)s people chose it, "
                "%(left)s left."
            )
            % facts
        )
    return _("Step %(n)s: funded. %(supporters)s people chose it, it costs %(cost)s, %(left)s left.") % facts


def _passed_words(step: dict[str, Any]) -> str:
    facts = {"supporters": step["supporters"], "cost": _sum(step["cost"])}
    if step["short"] is not None:
        facts |= {"short": _sum(step["short"]), "there": _sum(step["available"])}
    match step["reason"]:
        case "no_support":
            return _("Not funded: nobody chose it.")
        case "supporters_short":
            return (
                _(
                    "Not by shares: its %(supporters)s supporters have %(there)s left together and it costs %(cost)s; "
                    "%(short)s lacking."
                )
                % facts
            )
        case "over_budget":
            return _("Not funded: it costs %(cost)s and %(there)s was left; %(short)s lacking.") % facts
        case _:
            return _("Not funded by this rule.")


def _notes(step: dict[str, Any], known: Mapping[str, BallotProject]) -> tuple[str, ...]:
    notes = []
    if step.get("all"):
        notes.append(_("%(n)s of them gave all they had left.") % {"n": step["all"]})
    if step.get("tied"):
        names = ", ".join(str(known[one]) for one in step["tied"])
        notes.append(_("Equal to %(names)s; the lower number on the sheet comes first.") % {"names": names})
    return tuple(notes)


def _sum(hundredths: float) -> str:
    """A sum as it stands in a sentence; hundredths only where there are any."""
    return money(round(Decimal(hundredths) / 100, 2))
