"""Utilities of a group's modes, what its members lack, and the nests that stand for lack of better ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.mode_costs import Parts, generalised_minutes, mode_parameters, part_weights
from shaar.engine.demand.nested_logit import Nest, Tree, make_tree
from shaar.engine.demand.parameters import Parameters
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
MODES = ("car", "bus", "walk", "cycle", "taxi")


def default_tree(parameters: Parameters | Mapping[str, float] | None = None, modes: tuple[str, ...] = MODES) -> Tree:
    """Return motorised and active modes as two nests, with the thetas of the table; other trees are as good."""
    p = mode_parameters(parameters)
    active = tuple(m for m in modes if m in ("walk", "cycle"))
    motorised = tuple(m for m in modes if m not in active)
    nests = [
        Nest(n, p[f"theta_{n}"], ms) for n, ms in (("motorised", motorised), ("active", active)) if ms
    ]  # a nest of one mode is harmless, an empty one is not allowed
    return make_tree(Nest("all", 1.0, tuple(nests)), modes)


def utilities_of(group: str, costs: Mapping[str, Parts], tree: Tree, p: Parameters, constants: F64 | None) -> F64:
    """Return the utilities of a group's modes, shape (m, ...)."""
    if set(costs) != set(tree.modes):
        raise InputError("costs are given for other modes than the tree has", field=", ".join(tree.modes))
    if not p["scale"] > 0:
        raise InputError("the scale must be positive", field="scale")
    weights = part_weights(p, group)
    minutes = np.broadcast_arrays(*(generalised_minutes(costs[m], weights) for m in tree.modes))
    shift = np.zeros(len(tree.modes)) if constants is None else np.asarray(constants, dtype=np.float64)
    return shift.reshape(-1, *(1,) * minutes[0].ndim) - p["scale"] * np.array(minutes)


def kinds_of(modes: tuple[str, ...], group: str, p: Parameters) -> tuple[npt.NDArray[np.bool_], F64]:
    """Divide a group by what its members lack; having one thing is taken as independent of having another.

    Returns
    -------
    tuple
        What each kind lacks, shape (kinds, m), and the shares of the kinds, shape (kinds,), summing to one.
    """
    lacking, kinds = np.zeros((1, len(modes)), dtype=np.bool_), np.ones(1)
    for k, mode in enumerate(modes):
        name = f"has_{mode}_{group}"
        share = p.get(name, 1.0)
        if not 0 <= share <= 1:
            raise InputError("the share must be between 0 and 1", field=name)
        without = lacking.copy()
        without[:, k] = True
        lacking, kinds = np.concatenate([lacking, without]), np.concatenate([kinds * share, kinds * (1 - share)])
        lacking, kinds = lacking[kinds > 0], kinds[kinds > 0]
    return lacking, kinds
