"""How many people of each group live in each zone: counted where a column says so, else an assumed share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

F64 = npt.NDArray[np.float64]
#: Groups in the order in which they are shown, and their share in the parameter table where no column is given.
SHARES = {
    "carless": "share_carless",
    "elderly": "share_elderly",
    "wheelchair": "share_wheelchair",
    "children": "share_children",
}
GROUPS = ("everyone", *SHARES, "settlement")
NAMES = {
    "everyone": "everyone",
    "carless": "without a car",
    "elderly": "65 and over",
    "wheelchair": "in a wheelchair",
    "children": "under 15",
    "settlement": "in outlying settlements",
}


@dataclass(frozen=True, slots=True)
class Groups:
    """People by group and zone.

    Parameters
    ----------
    persons
        Group -> float64[z].
    assumed
        Groups that are the same share of the residents of every zone, because no column counts them.
    findings
        What was assumed, in words.
    """

    persons: Mapping[str, F64]
    assumed: frozenset[str]
    findings: tuple[Finding, ...]


def group_people(
    zones: pl.DataFrame,
    parameters: Mapping[str, float],
    *,
    outlying: frozenset[str] | None = None,
    file: str | Path | None = None,
) -> Groups:
    """Count the groups in every zone.

    A numeric column of the zone table named like the group (``carless``, ``elderly``, ``wheelchair``, ``children``:
    persons) is taken as it is; without one the group is the assumed share of the residents everywhere, so that it
    differs from everyone only by how it moves. ``settlement`` is the residents of zones that belong to a settlement.

    Parameters
    ----------
    zones
        Zone table with ``population`` and ``settlement``.
    parameters
        ``share_carless`` ... (``parameters/access.csv``).
    outlying
        Only settlements of these ids count; all when None.
    file
        Named in errors.

    Raises
    ------
    InputError
        A group column is not numeric, holds a negative number, or more people than live in the zone.
    """
    people = zones["population"].fill_null(0.0).fill_nan(0.0).to_numpy().astype(np.float64)
    persons: dict[str, F64] = {"everyone": people}
    assumed: list[str] = []
    for group, share in SHARES.items():
        if group in zones.columns:
            persons[group] = _column(zones, group, people, file)
        else:
            persons[group] = people * parameters[share]
            assumed.append(group)
    member = zones["settlement"].is_not_null()
    if outlying is not None:
        member &= zones["settlement"].is_in(list(outlying)).fill_null(False)
    persons["settlement"] = np.where(member.to_numpy(), people, 0.0)
    findings: tuple[Finding, ...] = ()
    if assumed:
        said = ", ".join(f"{NAMES[g]} {100 * parameters[SHARES[g]]:g} %" for g in assumed)
        findings = (
            Finding(
                "access.groups_assumed",
                f"No column of the zones counts these groups, so they are the same share of the residents everywhere: "
                f"{said}. Where they differ from everyone, it is by how they walk and what they can use.",
                len(assumed),
                severity="assumed",
                values={"groups": said},
            ),
        )
    return Groups(persons, frozenset(assumed), findings)


def _column(zones: pl.DataFrame, group: str, people: F64, file: str | Path | None) -> F64:
    column = zones[group]
    if not column.dtype.is_numeric():
        raise InputError("the column must hold persons", file=file, field=group)
    value = column.cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy()
    bad = np.flatnonzero(~np.isfinite(value) | (value < 0) | (value > people + 0.5))
    if len(bad):
        raise InputError(
            f"{value[bad[0]]:g} persons do not fit into the {people[bad[0]]:g} residents of zone "
            f"{zones['zone_id'][int(bad[0])]}",
            file=file,
            field=group,
        )
    out: F64 = value
    return out
