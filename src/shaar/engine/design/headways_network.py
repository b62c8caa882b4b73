"""A route set prepared for headways as the transit graph of optimal strategies, for a part of the day."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.graph import RIDE, TransitGraph, line_graph
from shaar.engine.design.headways_model import HeadwayModel

F64 = npt.NDArray[np.float64]


def network_of(model: HeadwayModel, headways: F64, *, run: float = 1.0) -> TransitGraph:
    """Make the graph of a model's lines, nodes and zones.

    Parameters
    ----------
    headways
        Minutes, shape (l,); inf: does not run.
    run
        Run times over those of the model.
    """
    ways, legs, lines = [], [], []
    for w, (a, b) in enumerate(zip(model.way_ptr[:-1], model.way_ptr[1:], strict=True)):
        if b - a >= 2:
            ways.append(model.way_nodes[a:b])
            legs.append(np.diff(model.way_minutes[a:b]) * run)
            lines.append(w // 2)
    return line_graph(
        model.n, ways, legs, np.array(lines, np.int64), headways,
        access=(model.ptr, model.group, model.minutes), transfer=model.rules.transfer,
    )  # fmt: skip


def runs_of(model: HeadwayModel) -> list[list[float]]:
    """Run minutes of each line's directions (one or two) from its first to its last stop, without layover."""
    if model.runs is not None:
        return [list(ways) for ways in model.runs]
    found: list[list[float]] = [[] for _ in range(model.lines)]
    for w, (a, b) in enumerate(zip(model.way_ptr[:-1], model.way_ptr[1:], strict=True)):
        if b - a >= 2:
            found[w // 2].append(float(model.way_minutes[b - 1] - model.way_minutes[a]))
    return found


def line_peaks(graph: TransitGraph, links: F64, lines: int) -> F64:
    """Load of the busiest link of each line, in the unit of ``links``, shape (l,)."""
    rides = graph.kind == RIDE
    peaks = np.zeros(lines)
    np.maximum.at(peaks, graph.line[rides], links[rides])
    return peaks
