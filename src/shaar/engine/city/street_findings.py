"""What is odd about a street network: islands, barriers, missing tags."""

from __future__ import annotations

import numpy as np
import polars as pl

from shaar.engine.city.components import components
from shaar.engine.findings import Finding

_EXAMPLES = 20


def islands(nodes: pl.DataFrame, links: pl.DataFrame, used: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Label the nodes that the used links touch.

    Returns
    -------
    The nodes touched, shape (k,), and their labels, shape (k,): 0 is the largest connected part.
    """
    part = links.filter(used)
    touched, index = np.unique(np.r_[part["from_node"].to_numpy(), part["to_node"].to_numpy()], return_inverse=True)
    m = part.height
    return touched, components(len(touched), index[:m], index[m:])


def street_findings(nodes: pl.DataFrame, links: pl.DataFrame, n_blocked: int) -> tuple[Finding, ...]:
    """Report what to know about the network before trusting it."""
    found = []
    for mode, used in (
        ("drivable", links["car_forward"] | links["car_backward"]),
        ("bus", links["bus_forward"] | links["bus_backward"]),
        ("walkable", links["walk"]),
    ):
        touched, label = islands(nodes, links, used)
        if not len(label) or label.max() == 0:
            continue
        sizes = np.bincount(label)
        parts, away, largest = len(sizes) - 1, int(sizes[1:].sum()), int(sizes[1])
        share = float(sizes[0] / sizes.sum())
        examples = touched[np.unique(label, return_index=True)[1][1:]]
        lon, lat = nodes["lon"].to_numpy()[examples], nodes["lat"].to_numpy()[examples]
        found.append(
            Finding(
                code=f"streets.islands.{mode}",
                message=f"{parts} parts of the {mode} streets, {away} of {len(label)} nodes, are not "
                f"connected to the rest; the largest has {largest} nodes.",
                count=parts,
                where=f"{lon[0]:.5f}, {lat[0]:.5f}",
                severity="warning" if share < 0.95 else "info",
                values={
                    "parts": len(sizes) - 1,
                    "nodes": int(sizes[1:].sum()),
                    "largest": int(sizes[1]),
                    "share": share,
                },
                points=tuple(zip(lon[:_EXAMPLES].tolist(), lat[:_EXAMPLES].tolist())),
            )
        )
    if n_blocked:
        found.append(
            Finding(
                code="streets.barriers",
                message=f"{n_blocked} links are closed to vehicles by a bollard or block between their ends.",
                count=n_blocked,
                severity="info",
                values={"links": n_blocked},
            )
        )
    driven = links.filter(pl.col("car_forward") | pl.col("car_backward"))
    untagged = driven.filter(pl.col("lanes").is_null()).height
    if untagged:
        found.append(
            Finding(
                code="streets.lanes_unknown",
                message=f"{untagged} of {driven.height} drivable links have no tagged number of lanes.",
                count=untagged,
                severity="info",
                values={"links": untagged, "of": driven.height},
            )
        )
    return tuple(found)
