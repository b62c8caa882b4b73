"""Elections as Pabulib files (.pb): read, written for a recount, and made anonymous for publication."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, BallotKind, BallotRules, Election, Project
from shaar.engine.participation.greedy import scores
from shaar.engine.participation.ties import supporters

_KINDS = {
    "approval": BallotKind.APPROVAL,
    "choose-1": BallotKind.APPROVAL,
    "cumulative": BallotKind.CUMULATIVE,
    "scoring": BallotKind.SCORING,
    "ordinal": BallotKind.ORDINAL,
}
_LENGTHS = ("min_length", "max_length")
_COSTS = ("min_sum_cost", "max_sum_cost")
_POINTS = ("min_points", "max_points", "min_sum_points", "max_sum_points")
#: Columns that become fields of a project or a ballot; all others are kept as they are in ``extra``.
_PROJECT_FIELDS = {"project_id", "cost", "name", "district", "category", "categories", "target", "targets"}
_VOTE_FIELDS = {"voter_id", "vote", "points", "district", "voting_method"}

Place = Callable[..., InputError]


def read_pabulib(path: str | Path) -> Election:
    """Read a Pabulib file.

    Parameters
    ----------
    path
        A ``.pb`` file, UTF-8.

    Returns
    -------
    Election
        Costs in minor units: ``decimals`` is the most decimal places that any sum of money in the file has.

    Raises
    ------
    InputError
        With file, line and column: a section, column or key is missing, a number is none, a vote names a stranger, two
        rows have one id, or META counts other numbers of projects and votes than the file has (a file cut short).

    Notes
    -----
    Format: Faliszewski et al., "Participatory budgeting: data, tools and analysis", IJCAI 2023 (pabulib.org/format).
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise InputError(f"cannot be read ({wrong.strerror})", file=path) from None
    except UnicodeDecodeError:
        raise InputError("is not a UTF-8 text", file=path) from None
    return parse_pabulib(text, name=path)


def parse_pabulib(text: str, *, name: str | Path = "the Pabulib text") -> Election:
    """Read an election from the text of a Pabulib file; ``name`` is used in messages. See :func:`read_pabulib`."""

    def wrong(message: str, row: int | None = None, field: str | None = None) -> InputError:
        return InputError(message, file=name, row=row, field=field)

    sections = _sections(text, wrong)
    meta = {r[0].strip(): r[1].strip() if len(r) > 1 else "" for _, r in sections["META"][1]}
    for key in ("budget", "vote_type"):
        if key not in meta:
            raise wrong(f"META has no {key}", field=key)
    if meta["vote_type"] not in _KINDS:
        raise wrong(f"'{meta['vote_type']}' is no vote type; there are {', '.join(_KINDS)}", field="vote_type")
    kind = _KINDS[meta["vote_type"]]
    if kind is BallotKind.APPROVAL and "max_sum_cost" in meta:
        kind = BallotKind.KNAPSACK
    rows = list(_rows(sections["PROJECTS"], ("project_id", "cost"), wrong))
    votes = list(_rows(sections["VOTES"], ("voter_id", "vote", *(("points",) if kind.has_points else ())), wrong))
    _check_counts(meta, len(rows), len(votes), wrong)
    money = [("budget", None, _number(meta["budget"], "budget", None, wrong))]
    money += [(k, None, _number(meta[k], k, None, wrong)) for k in _COSTS if k in meta]
    costs = [_number(r["cost"], "cost", line, wrong) for line, r in rows]
    decimals = max(_places(x) for x in (*costs, *(x for _, _, x in money)))
    limits: dict[str, Any] = {k: _minor(x, decimals) for k, _, x in money[1:]}
    limits |= {k: _whole(meta[k], k, wrong) for k in _LENGTHS if k in meta}
    limits |= {k: Fraction(_number(meta[k], k, None, wrong)) for k in _POINTS if k in meta}
    rules = BallotRules(kind, **limits)
    projects = tuple(_project(r, _minor(cost, decimals)) for (_, r), cost in zip(rows, costs))
    _check_unique([(line, p.id) for (line, _), p in zip(rows, projects)], "project", "project_id", wrong)
    _check_unique([(line, r["voter_id"]) for line, r in votes], "voter", "voter_id", wrong)
    known = {p.id for p in projects}
    ballots = tuple(_ballot(r, kind, known, line, wrong) for line, r in votes)
    try:
        return Election(projects, ballots, _minor(money[0][2], decimals), rules, decimals, meta=meta)
    except InputError as bad:
        raise wrong(bad.message, field=bad.field) from None


def _sections(text: str, wrong: Place) -> dict[str, tuple[list[str], list[tuple[int, list[str]]]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    found: dict[str, tuple[list[str], list[tuple[int, list[str]]]]] = {}
    rows: list[tuple[int, list[str]]] | None = None
    try:
        for row in reader:
            if not any(c.strip() for c in row):
                continue
            title = row[0].strip().upper()
            if len(row) == 1 and title in ("META", "PROJECTS", "VOTES") and title not in found:
                rows = []
                found[title] = ([c.strip() for c in next(reader, [])], rows)
            elif rows is None:
                raise wrong("the file does not begin with META", row=reader.line_num)
            else:
                rows.append((reader.line_num, row))
    except csv.Error as bad:
        raise wrong(f"is not a table ({bad})", row=reader.line_num) from None
    for title in ("META", "PROJECTS", "VOTES"):
        if title not in found:
            raise wrong(f"section {title} is missing")
    return found


def _rows(
    section: tuple[list[str], list[tuple[int, list[str]]]], needed: Sequence[str], wrong: Place
) -> Iterator[tuple[int, dict[str, str]]]:
    header, rows = section
    for column in needed:
        if column not in header:
            raise wrong(f"the table has no column {column}", field=column)
    for line, row in rows:
        if len(row) > len(header):
            raise wrong(f"the row has {len(row)} fields and the header has {len(header)}", row=line)
        cells = {c: v.strip() for c, v in zip(header, row)}
        yield line, {c: "" if v.lower() == "none" else v for c, v in cells.items()}


def _check_counts(meta: Mapping[str, str], projects: int, votes: int, wrong: Place) -> None:
    for key, number, what in (("num_projects", projects, "projects"), ("num_votes", votes, "votes")):
        if key in meta and _whole(meta[key], key, wrong) != number:
            raise wrong(f"META says {meta[key]} {what} and the file has {number}", field=key)


def _check_unique(ids: list[tuple[int, str]], what: str, field: str, wrong: Place) -> None:
    seen: dict[str, int] = {}
    for line, name in ids:
        if name in seen:
            raise wrong(f"{what} {name} is there twice, first on line {seen[name]}", row=line, field=field)
        seen[name] = line


def _whole(text: str, field: str, wrong: Place) -> int:
    try:
        return int(text)
    except ValueError:
        raise wrong(f"'{text}' is not a whole number", field=field) from None


def _number(text: str, field: str, row: int | None, wrong: Place) -> Decimal:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise wrong(f"'{text}' is not a number", row=row, field=field) from None
    if not number.is_finite():
        raise wrong(f"'{text}' is not a number", row=row, field=field)
    return number


def _places(x: Decimal) -> int:
    exponent = x.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _minor(x: Decimal, decimals: int) -> int:
    return int(Fraction(x) * 10**decimals)


def _list(text: str) -> tuple[str, ...]:
    return tuple(c.strip() for c in text.split(",") if c.strip())


def _project(row: Mapping[str, str], cost: int) -> Project:
    return Project(
        id=row["project_id"],
        cost=cost,
        name=row.get("name", ""),
        district=row.get("district", ""),
        categories=_list(row.get("category") or row.get("categories", "")),
        targets=_list(row.get("target") or row.get("targets", "")),
        extra={c: v for c, v in row.items() if c not in _PROJECT_FIELDS},
    )


def _ballot(row: Mapping[str, str], kind: BallotKind, known: set[str], line: int, wrong: Place) -> Ballot:
    choices = _list(row["vote"])
    for c in choices:
        if c not in known:
            raise wrong(f"project {c} is not in the list", row=line, field="vote")
    points: tuple[Fraction, ...] = ()
    extra = {c: v for c, v in row.items() if c not in _VOTE_FIELDS}
    if kind.has_points:
        points = tuple(Fraction(_number(x, "points", line, wrong)) for x in _list(row["points"]))
        if len(points) != len(choices):
            text = f"{len(choices)} projects are named and {len(points)} numbers of points are given"
            raise wrong(text, row=line, field="points")
    elif "points" in row:
        extra["points"] = row["points"]
    return Ballot(row["voter_id"], choices, points, row.get("district", ""), row.get("voting_method", ""), extra)


def pabulib_text(election: Election, *, selected: Collection[str] | None = None) -> str:
    """Write an election as the text of a Pabulib file.

    Numbers of projects and votes, budget, vote type, limits, and each project's votes and score are written from the
    election itself; all other META keys and columns are those of ``meta`` and ``extra``.

    Parameters
    ----------
    election
        One budget. With envelopes write each part of :func:`shaar.engine.participation.envelopes.split` by itself.
    selected
        Winners, for the column ``selected``; None leaves that column as it was.

    Raises
    ------
    InputError
        The election has envelopes, an id holds a comma, or points cannot be written as a decimal number.
    """
    if election.envelopes:
        raise InputError("a Pabulib file holds one budget; write each envelope by itself", field="envelopes")
    for p in election.projects:
        if "," in p.id:
            raise InputError(f"the project id '{p.id}' holds a comma", field="project_id")
    out = io.StringIO(newline="")
    table = csv.writer(out, delimiter=";", lineterminator="\n")
    for title, header, rows in (
        ("META", ["key", "value"], [[k, v] for k, v in _meta(election).items()]),
        ("PROJECTS", *_table(_project_rows(election, selected), ["project_id", "cost"])),
        ("VOTES", *_table(_vote_rows(election), ["voter_id", "vote", *["points"][: election.rules.kind.has_points]])),
    ):
        table.writerow([title])
        table.writerow(header)
        table.writerows(rows)
    return out.getvalue()


def write_pabulib(election: Election, path: str | Path, *, selected: Collection[str] | None = None) -> None:
    """Write a Pabulib file, whole or not at all; see :func:`pabulib_text`."""
    text, path = pabulib_text(election, selected=selected), Path(path)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="")
    part.replace(path)


def _meta(election: Election) -> dict[str, str]:
    rules, places = election.rules, election.decimals
    kind = BallotKind.APPROVAL if rules.kind is BallotKind.KNAPSACK else rules.kind
    vote_type = str(kind)
    if election.meta.get("vote_type") == "choose-1" and kind is BallotKind.APPROVAL:
        vote_type = "choose-1"
    now = {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.ballots)),
        "budget": money_text(election.budget, places),
        "vote_type": vote_type,
    }
    for key in _LENGTHS:
        now[key] = "" if getattr(rules, key) is None else str(getattr(rules, key))
    for key in _COSTS:
        now[key] = "" if getattr(rules, key) is None else money_text(getattr(rules, key), places)
    for key in _POINTS:
        now[key] = "" if getattr(rules, key) is None else _points_text(getattr(rules, key))
    meta = dict(election.meta)
    for key, value in now.items():
        if value:
            meta[key] = value
        else:
            meta.pop(key, None)
    return meta


def money_text(minor: int, decimals: int) -> str:
    """Write a sum in minor units as a decimal number: (150050, 2) is "1500.50", from which the unit can be told."""
    whole, part = divmod(minor, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def _points_text(x: Fraction) -> str:
    places = 0
    while (x * 10**places).denominator != 1:
        places += 1
        if places > 30:
            raise InputError(f"{x} points cannot be written as a decimal number", field="points")
    sign = "-" if x < 0 else ""
    return sign + money_text(abs(int(x * 10**places)), places)


def _project_rows(election: Election, selected: Collection[str] | None) -> list[dict[str, str]]:
    votes, rows = supporters(election), []
    ranked = election.rules.kind.has_points or election.rules.kind is BallotKind.ORDINAL
    score = scores(election) if ranked else {}
    for p in election.projects:
        row = {"project_id": p.id, "cost": money_text(p.cost, election.decimals), "votes": str(votes[p.id])}
        if ranked:
            row["score"] = _points_text(score[p.id])
        row |= {"name": p.name, "district": p.district, "category": ",".join(p.categories)}
        row["target"] = ",".join(p.targets)
        row |= {c: v for c, v in p.extra.items() if c not in ("votes", "score")}
        if selected is not None:
            row["selected"] = "1" if p.id in selected else "0"
        rows.append(row)
    return rows


def _vote_rows(election: Election) -> list[dict[str, str]]:
    rows = []
    for b in election.ballots:
        row = {"voter_id": b.voter, "vote": ",".join(b.choices)}
        if election.rules.kind.has_points:
            row["points"] = ",".join(_points_text(x) for x in b.points)
        rows.append(row | {"district": b.district, "voting_method": b.channel} | dict(b.extra))
    return rows


def _table(rows: list[dict[str, str]], needed: list[str]) -> tuple[list[str], list[list[str]]]:
    """Lay rows out under one header; a column that no row fills is left out, unless it is needed."""
    header = list(dict.fromkeys([*needed, *(c for r in rows for c in r)]))
    header = [c for c in header if c in needed or any(r.get(c) for r in rows)]
    return header, [[r.get(c, "") for c in header] for r in rows]


def anonymise(election: Election, *, keep: Collection[str] = (), least: int = 10) -> Election:
    """Make ballots fit for publication: anybody can recount them, nobody can be told from them.

    Voters become numbers, given after the sheets are put in the order of what is on them, so that neither the number
    nor the place in the file says who voted when. Everything else about a voter is dropped but the columns in ``keep``
    ("district", "voting_method" or one of ``extra``), and those are emptied where fewer than ``least`` voters share
    all of them.

    A sheet itself can be unique (a long ranking, a rare set); that cannot be hidden without giving up the recount.
    """

    def shown(b: Ballot) -> tuple[str, ...]:
        own = {**b.extra, "district": b.district, "voting_method": b.channel}
        return tuple(own.get(c, "") for c in columns)

    columns = sorted(keep)
    common = Counter(shown(b) for b in election.ballots)
    sheets = []
    for b in election.ballots:
        values = shown(b) if common[shown(b)] >= least else ("",) * len(columns)
        if election.rules.kind is BallotKind.ORDINAL:
            choices, points = b.choices, b.points
        else:  # the order in which projects were ticked says nothing the count needs
            pairs = sorted(zip(b.choices, b.points or (Fraction(0),) * len(b.choices)))
            choices = tuple(c for c, _ in pairs)
            points = tuple(x for _, x in pairs) if b.points else ()
        sheets.append((choices, points, values))
    ballots = []
    for i, (choices, points, values) in enumerate(sorted(sheets), start=1):
        kept = dict(zip(columns, values))
        district, channel = kept.pop("district", ""), kept.pop("voting_method", "")
        ballots.append(Ballot(str(i), choices, points, district, channel, kept))
    return replace(election, ballots=tuple(ballots))
