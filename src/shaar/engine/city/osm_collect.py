"""Gather ways, points, areas and relations from a reader and make the extract's arrays from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shaar.engine.city.extract import Feature, OsmExtract, Relation, Tags

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Bounds = tuple[float, float, float, float]


def coordinate_ids(lon: F64, lat: F64) -> I64:
    """Make node ids from coordinates: negative, equal for points that agree to 1e-7 degree (about 1 cm).

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    """
    x = np.round((np.asarray(lon) + 180.0) * 1e7).astype(np.int64)
    y = np.round((np.asarray(lat) + 90.0) * 1e7).astype(np.int64)
    return -((x << 31) | y) - 1


class Collector:
    """What a reader has found so far; :meth:`extract` turns it into arrays."""

    def __init__(self) -> None:
        self.points: list[Feature] = []
        self.areas: list[Feature] = []
        self.relations: list[Relation] = []
        self.street_nodes: dict[int, Tags] = {}
        self._way_id: list[int] = []
        self._way_tags: list[Tags] = []
        self._refs: list[I64] = []
        self._lon: list[F64] = []
        self._lat: list[F64] = []

    @property
    def way_ids(self) -> Sequence[int]:
        """Ids of the ways so far."""
        return self._way_id

    def add_way(self, way_id: int, tags: Tags, refs: npt.ArrayLike, lon: npt.ArrayLike, lat: npt.ArrayLike) -> None:
        """Add a way with its node ids and coordinates (degrees), each of shape (k,), k >= 2."""
        self._way_id.append(way_id)
        self._way_tags.append(tags)
        self._refs.append(np.asarray(refs, np.int64))
        self._lon.append(np.asarray(lon, np.float64))
        self._lat.append(np.asarray(lat, np.float64))

    def add_line(self, way_id: int, tags: Tags, coordinates: F64) -> None:
        """Add a way of a source without node ids; ``coordinates`` in degrees, shape (k, 2)."""
        c = np.asarray(np.round(np.asarray(coordinates, np.float64), 7), np.float64)
        self.add_way(way_id, tags, coordinate_ids(c[:, 0], c[:, 1]), c[:, 0], c[:, 1])

    def extract(self, source: str, date: str) -> OsmExtract:
        """Return the extract; nodes are those of the ways, in the order of their ids."""
        refs = np.concatenate(self._refs) if self._refs else np.empty(0, np.int64)
        lon = np.concatenate(self._lon) if self._lon else np.empty(0)
        lat = np.concatenate(self._lat) if self._lat else np.empty(0)
        node_id, first, index = np.unique(refs, return_index=True, return_inverse=True)
        ptr = np.zeros(len(self._refs) + 1, np.int64)
        np.cumsum([len(r) for r in self._refs], out=ptr[1:])
        tagged = np.fromiter(self.street_nodes, np.int64, len(self.street_nodes))
        at = np.searchsorted(node_id, tagged)
        known = at < len(node_id)
        known[known] = node_id[at[known]] == tagged[known]
        node_tags = {int(i): self.street_nodes[int(r)] for i, r in zip(at[known], tagged[known])}
        return OsmExtract(
            node_id=node_id,
            node_lon=lon[first],
            node_lat=lat[first],
            way_id=np.asarray(self._way_id, np.int64),
            way_tags=tuple(self._way_tags),
            way_ptr=ptr,
            way_nodes=index.astype(np.int64),
            node_tags=node_tags,
            points=tuple(self.points),
            areas=tuple(self.areas),
            relations=tuple(self.relations),
            source=source,
            date=date,
        )
