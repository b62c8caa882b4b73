"""Elasticities of mode choice: how far trips by each mode follow each part of each mode's cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.mode_costs import Parts, mode_parameters, part_weights
from shaar.engine.demand.mode_groups import default_tree, kinds_of, utilities_of
from shaar.engine.demand.nested_logit import Tree, choose, response
from shaar.engine.demand.parameters import Parameters

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Elasticity:
    """Relative change of the trips by ``mode`` per relative change of one part of the cost of ``of``."""

    mode: str
    of: str
    part: str
    value: float


def elasticities(
    trips: Mapping[str, F64],
    costs: Mapping[str, Parts],
    *,
    constants: F64 | None = None,
    tree: Tree | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
) -> list[Elasticity]:
    """Compute own and cross elasticities of the trips by mode for every part of every mode's cost.

    ``E = sum_w T_w dP_jw/dV_kw (-scale w_part) x_kw / sum_w T_w P_jw``: exact derivatives summed over groups and
    pairs, distribution of trips held fixed.
    """
    p = mode_parameters(parameters)
    tree = tree or default_tree(p, tuple(costs))
    sums = np.zeros(len(tree.modes))
    found: dict[tuple[str, str], F64] = {}
    for group, matrix in trips.items():
        utilities, weights = utilities_of(group, costs, tree, p, constants), part_weights(p, group)
        for lack, share in zip(*kinds_of(tree.modes, group, p)):
            amount = np.asarray(matrix, dtype=np.float64) * share
            choice = choose(np.where(lack.reshape(-1, *(1,) * amount.ndim), -np.inf, utilities), tree)
            sums += (choice.shares * amount).reshape(len(sums), -1).sum(axis=1)
            for k, mode in enumerate(tree.modes):
                for part, x in costs[mode].items():
                    slope = np.zeros_like(utilities)
                    slope[k] = -p["scale"] * weights[part] * np.asarray(x)
                    column = response(choice, tree, amount, slope)[:, k]
                    found[mode, part] = found.get((mode, part), np.zeros(len(sums))) + column
    return [
        Elasticity(j, mode, part, float(v))
        for (mode, part), column in found.items()
        for j, v in zip(tree.modes, column / np.maximum(sums, 1e-300))
    ]


def elasticity_table(found: Sequence[Elasticity]) -> str:
    """Print elasticities: a line for each part of each mode's cost, a column for each mode that answers."""
    modes = list(dict.fromkeys(e.mode for e in found))
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for e in found:
        rows.setdefault((e.of, e.part), {})[e.mode] = e.value
    width = max([len(f"{of} {part}") for of, part in rows], default=0)
    lines = [" ".join([f"{'cost of':<{width}}", *(f"{m:>8}" for m in modes)])]
    for (of, part), values in rows.items():
        cells = [f"{values[m]:>+8.3f}" if m in values else " " * 8 for m in modes]
        lines.append(" ".join([f"{f'{of} {part}':<{width}}", *cells]))
    return "\n".join(line.rstrip() for line in lines)
