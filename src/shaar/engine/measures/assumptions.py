"""What changes assume where no data says it: the table ``data/parameters/measures.csv``."""

from __future__ import annotations

from functools import cache

from shaar.engine.demand.parameters import Parameter, Parameters, load_parameters


@cache
def assumptions() -> Parameters:
    """Return the table; every value has its range, unit, badge and source."""
    return load_parameters("measures.csv")


def assumption(name: str) -> Parameter:
    """Return one row of the table."""
    return assumptions().row(name)
