"""Periods of the day: outward and homeward journeys of each purpose divided over morning, midday, evening and night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Periods:
    """Names, length in hours and shares of journeys.

    Parameters
    ----------
    names, hours
        Of the p periods.
    out, back
        Purpose -> share of its outward (homeward) journeys in each period, shape (p,), summing to one.
    """

    names: tuple[str, ...]
    hours: F64
    out: Mapping[str, F64]
    back: Mapping[str, F64]


def read_periods(parameters: Parameters | Mapping[str, float] | None = None) -> Periods:
    """Make the periods from the table ``periods.csv``, with single values replaced where given.

    Raises
    ------
    InputError
        A share is missing or negative, or those of a purpose are all zero.
    """
    p = (
        parameters
        if isinstance(parameters, Parameters)
        else load_parameters("periods.csv").with_values(parameters or {})
    )
    names = tuple(n.removeprefix("hours_") for n in p if n.startswith("hours_"))
    if not names:
        raise InputError("the table names no period (hours_<period>)", field="hours_")
    last = f"_{names[0]}"
    purposes = [n.removeprefix("out_").removesuffix(last) for n in p if n.startswith("out_") and n.endswith(last)]
    shares: dict[str, dict[str, F64]] = {"out": {}, "back": {}}
    for way, purpose in ((w, q) for w in shares for q in purposes):
        keys = [f"{way}_{purpose}_{n}" for n in names]
        for key in keys:
            if key not in p or p[key] < 0:
                raise InputError("the share is missing or negative", field=key)
        values = np.array([p[k] for k in keys])
        if values.sum() <= 0:
            raise InputError("the shares of the day sum to zero", field=keys[0])
        shares[way][purpose] = values / values.sum()
    return Periods(names, np.array([p[f"hours_{n}"] for n in names]), shares["out"], shares["back"])


def split_periods(outward: F64, purpose: str, periods: Periods, *, homeward: float = 1.0) -> dict[str, F64]:
    """Turn outward journeys of a day (home to activity) into origin-destination trips by period.

    ``T_p = out_p Q + homeward back_p Q'``: the way back is the way out transposed.

    Parameters
    ----------
    outward
        Journeys a day from home (row) to activity (column), shape (z, z).
    homeward
        Journeys back per journey out.

    Returns
    -------
    dict
        Period -> trips in the whole period, shape (z, z); all periods together hold ``(1 + homeward)`` trips per
        outward journey.
    """
    if purpose not in periods.out:
        raise InputError(f"the periods know no such purpose; known are {', '.join(periods.out)}", field=purpose)
    outward = np.asarray(outward, dtype=np.float64)
    out, back = periods.out[purpose], homeward * periods.back[purpose]
    return {n: out[k] * outward + back[k] * outward.T for k, n in enumerate(periods.names)}
