"""Mapbox vector tiles, version 2: shapes on the grid of a tile as bytes, a whole layer at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

#: Units across a tile.
EXTENT = 4096
_MOVE, _LINE, _CLOSE = 1, 2, 7
Value = str | int | float | bool
I64 = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Features of one kind on the grid: commands as the format has them, ``commands[ptr[k]:ptr[k+1]]`` of feature k.

    ``kind`` is 1 for points, 2 for lines, 3 for areas; ``owner`` is the row of the feature in what was given.
    """

    kind: int
    owner: I64
    ptr: I64
    commands: I64


def draw(shapes: Shapes) -> list[Drawn]:
    """Turn shapes in units of the tile (y down) into commands; what vanishes on the grid is left out.

    Areas come out valid on the grid, outer rings clockwise as seen (positive by the surveyor's formula), holes the
    other way round.
    """
    rows = np.arange(len(shapes))
    parts, part_row = shapely.get_parts(shapes, return_index=True)
    # Clipping may give collections of areas, lines and points.
    parts, inner = shapely.get_parts(parts, return_index=True)
    part_row = rows[part_row][inner]
    dimension = shapely.get_dimensions(parts)
    out = [
        _points(parts[dimension == 0], part_row[dimension == 0]),
        _lines(parts[dimension == 1], part_row[dimension == 1]),
        _areas(parts[dimension == 2], part_row[dimension == 2]),
    ]
    return [d for d in out if len(d.owner)]


def _points(parts: Shapes, row: I64) -> Drawn:
    xy = np.rint(shapely.get_coordinates(parts)).astype(np.int64)
    return _commands(1, xy, np.arange(len(parts)), row)


def _lines(parts: Shapes, row: I64) -> Drawn:
    xy, part = _on_grid(parts)
    length = np.bincount(part, minlength=len(parts))
    keep = length[part] >= 2
    return _commands(2, xy[keep], part[keep], row)


def _areas(parts: Shapes, row: I64) -> Drawn:
    snapped = shapely.set_precision(parts, 1.0)
    snapped, inner = shapely.get_parts(snapped, return_index=True)
    keep = (shapely.get_type_id(snapped) == 3) & ~shapely.is_empty(snapped)
    snapped, row = snapped[keep], row[inner][keep]
    rings, of = shapely.get_rings(snapped, return_index=True)
    outer = np.r_[True, of[1:] != of[:-1]][: len(of)]
    turn = shapely.is_ccw(rings) != outer
    rings[turn] = shapely.reverse(rings[turn])
    xy, part = _on_grid(rings)
    last = np.r_[part[1:] != part[:-1], True][: len(part)]  # a ring's last point is its first
    return _commands(3, xy[~last], part[~last], row[of])


def _on_grid(parts: Shapes) -> tuple[I64, I64]:
    xy, part = shapely.get_coordinates(parts, return_index=True)
    xy = np.rint(xy).astype(np.int64)
    fresh = np.ones(len(xy), bool)
    fresh[1:] = (np.diff(xy, axis=0) != 0).any(axis=1) | (part[1:] != part[:-1])
    return xy[fresh], part[fresh]


def _commands(kind: int, xy: I64, part: I64, row_of_part: I64) -> Drawn:
    """Commands of parts one after another; parts of one row stand together and share a pen."""
    if not len(xy):
        none = np.empty(0, np.int64)
        return Drawn(kind, none, np.zeros(1, np.int64), none)
    first = np.r_[True, part[1:] != part[:-1]]
    begin = np.flatnonzero(first)
    n = np.diff(np.r_[begin, len(xy)])
    row = row_of_part[part[begin]]
    new_row = np.r_[True, row[1:] != row[:-1]]
    before = np.vstack([[0, 0], xy[:-1]])
    before[begin[new_row]] = 0
    step = xy - before
    zigzag = (step << 1) ^ (step >> 63)
    size = 2 * n + 1 + (n > 1) + (kind == 3)
    offset = np.r_[0, np.cumsum(size)]
    which = np.repeat(np.arange(len(n)), n)
    at = offset[which] + 1 + 2 * (np.arange(len(xy)) - begin[which]) + ~first
    out = np.zeros(offset[-1], np.int64)
    out[at], out[at + 1] = zigzag[:, 0], zigzag[:, 1]
    out[offset[:-1]] = 1 << 3 | _MOVE
    long = n > 1
    out[offset[:-1][long] + 3] = (n[long] - 1) << 3 | _LINE
    if kind == 3:
        out[offset[1:] - 1] = 1 << 3 | _CLOSE
    return Drawn(kind, row[new_row], np.r_[offset[:-1][new_row], offset[-1]], out)


def varints(values: I64) -> tuple[bytes, I64]:
    """Protobuf varints of values from 0 to 2^63 - 1, one after another, and where each begins; shape (n + 1,)."""
    length = np.ones(len(values), np.int64)
    for k in range(1, 9):
        length += values >= 1 << 7 * k
    ptr = np.r_[0, np.cumsum(length)]
    out = np.zeros(ptr[-1], np.uint8)
    for k in range(int(length.max(initial=0))):
        has = length > k
        more = (length[has] > k + 1).astype(np.int64) << 7
        out[ptr[:-1][has] + k] = (values[has] >> 7 * k & 0x7F) | more
    return out.tobytes(), ptr


def layer(name: str, drawn: Sequence[Drawn], facts: Sequence[Mapping[str, Value]], ids: I64 | None = None) -> bytes:
    """Return one layer as it stands in a tile; b"" without features.

    Parameters
    ----------
    drawn
        From :func:`draw`.
    facts, ids
        Properties, and numbers of the features if they have any, by row.
    """
    keys: dict[str, int] = {}
    values: dict[tuple[type, Value], int] = {}
    features = []
    for d in drawn:
        raw, begin = varints(d.commands)
        for k, row in enumerate(d.owner.tolist()):
            tags: list[int] = []
            for key, value in facts[row].items():
                tags += (keys.setdefault(key, len(keys)), values.setdefault((type(value), value), len(values)))
            body = b"" if ids is None else b"\x08" + varint(int(ids[row]))
            if tags:
                body += _field(2, b"".join(map(varint, tags)))
            geometry = raw[begin[d.ptr[k]] : begin[d.ptr[k + 1]]]
            features.append(_field(2, body + b"\x18" + varint(d.kind) + _field(4, geometry)))
    if not features:
        return b""
    words = [_field(3, key.encode()) for key in keys]
    said = [_field(4, _value(value)) for _, value in values]
    body = b"".join((b"\x78\x02", _field(1, name.encode()), *features, *words, *said, b"\x28", varint(EXTENT)))
    return _field(3, body)


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return b"\x38" + (b"\x01" if value else b"\x00")
    if isinstance(value, str):
        return _field(1, value.encode())
    if isinstance(value, int):
        return (b"\x28" + varint(value)) if value >= 0 else b"\x30" + varint(-2 * value - 1)
    return b"\x19" + np.float64(value).tobytes()


def _field(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def varint(value: int) -> bytes:
    """One protobuf varint."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def join(layers: Iterable[bytes]) -> bytes:
    """A tile of its layers."""
    return b"".join(layers)
