"""Raw OpenStreetMap objects in memory, however they were read; what streets, stops, zones and lines are made from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Feature:
    """A tagged point or area with its geometry (shapely, WGS84). ``osm_type`` is node, way or relation."""

    osm_type: str
    osm_id: int
    tags: Tags
    geometry: object


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation with its members ``(type, ref, role)`` in order; type is "n", "w" or "r"."""

    osm_id: int
    tags: Tags
    members: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class OsmExtract:
    """An extract of OpenStreetMap.

    Parameters
    ----------
    node_id, node_lon, node_lat
        Nodes of the ways kept, shape (n,); ids are negative and made from coordinates where the source has none.
    way_id, way_tags
        Ways with a ``highway`` tag, and the lines of ferries, railways, rivers and canals, in file order.
    way_ptr, way_nodes
        Way ``k`` runs over nodes ``way_nodes[way_ptr[k]:way_ptr[k+1]]`` (indices into ``node_id``).
    node_tags
        Tags of those nodes that have any of interest (signals, crossings, barriers), by index into ``node_id``.
    points, areas
        Tagged points (stops, shops, schools, places, ...) and areas (buildings, land use, water, places, boundaries).
    relations
        Route, restriction and boundary relations.
    source, date
        File name, and the date of the data as the file states it (ISO, empty when unknown).
    """

    node_id: npt.NDArray[np.int64]
    node_lon: npt.NDArray[np.float64]
    node_lat: npt.NDArray[np.float64]
    way_id: npt.NDArray[np.int64]
    way_tags: tuple[Tags, ...]
    way_ptr: npt.NDArray[np.int64]
    way_nodes: npt.NDArray[np.int64]
    node_tags: dict[int, Tags]
    points: tuple[Feature, ...]
    areas: tuple[Feature, ...]
    relations: tuple[Relation, ...] = field(default=())
    source: str = ""
    date: str = ""
