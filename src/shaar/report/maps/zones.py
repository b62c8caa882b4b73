"""A map layer of zones in classes: neighbours of one class become one shape, so that no seams show."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from shaar.report.geometry import path


def class_layer(shapes: npt.NDArray[Any], classes: npt.NDArray[np.int64], names: dict[int, str]) -> str:
    """Return one path a class.

    Parameters
    ----------
    shapes
        Zones on the map's grid, shape (n,).
    classes
        Class of each zone, shape (n,); those without a name in ``names`` are not drawn.
    names
        CSS classes of each map class.
    """
    out = []
    for k, css in names.items():
        part = shapes[classes == k]
        if len(part):
            merged = shapely.union_all(shapely.make_valid(part), grid_size=1.0)
            out.append(f'<path class="{css}" d="{path(shapely.get_parts(merged))}"/>')
    return "".join(out)
