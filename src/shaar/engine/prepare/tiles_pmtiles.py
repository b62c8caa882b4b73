"""PMTiles, version 3: all tiles of a map in one file that a browser reads by byte ranges."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Header and root directory lie within the first so many bytes, so that one request brings both.
FIRST_BYTES, HEADER_BYTES = 16_384, 127
GZIP, MVT = 2, 1
_HEADER = struct.Struct("<7sB11Q6B4iB2i")
Tile = tuple[int, int, int]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """Tiles ``tile_id`` to ``tile_id + run - 1`` share ``length`` bytes at ``offset``; run 0 points to a directory."""

    tile_id: int
    offset: int
    length: int
    run: int


def tile_id(zoom: int, column: int, row: int) -> int:
    """Number of a tile: zooms one after another, within each along the Hilbert curve.

    Raises
    ------
    ValueError
        There is no such tile at that zoom.
    """
    if not (0 <= column < 1 << zoom and 0 <= row < 1 << zoom):
        raise ValueError(f"no tile {column}, {row} at zoom {zoom}")
    x, y, found = column, row, ((1 << (2 * zoom)) - 1) // 3
    side = 1 << zoom >> 1
    while side:
        right, low = int(bool(x & side)), int(bool(y & side))
        found += side * side * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
        side >>= 1
    return found


def archive(
    tiles: Mapping[Tile, bytes], *, metadata: Mapping[str, Any], bounds: Bounds, center: tuple[float, float, int]
) -> bytes:
    """Return the archive as bytes; equal tiles and metadata give equal bytes.

    Tiles are stored in the order of their numbers ("clustered"), equal ones once.

    Parameters
    ----------
    tiles
        Uncompressed vector tiles by (zoom, column, row); at least one.
    metadata
        JSON: name, attribution, vector_layers.
    bounds, center
        West, south, east, north; longitude, latitude and zoom to begin with; degrees.
    """
    entries, body, kinds = _stored(tiles)
    root, leaves = _directories(entries)
    about = _packed(json.dumps(metadata, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())
    at_about = HEADER_BYTES + len(root)
    at_leaves = at_about + len(about)
    at_body = at_leaves + len(leaves)
    zooms = [z for z, _, _ in tiles]
    west, south, east, north = (round(v * 1e7) for v in bounds)
    header = _HEADER.pack(
        b"PMTiles", 3,
        HEADER_BYTES, len(root), at_about, len(about), at_leaves, len(leaves), at_body, len(body),
        len(tiles), len(entries), kinds,
        1, GZIP, GZIP, MVT, min(zooms), max(zooms),
        west, south, east, north, center[2], round(center[0] * 1e7), round(center[1] * 1e7),
    )  # fmt: skip
    return b"".join((header, root, about, leaves, body))


def _packed(raw: bytes) -> bytes:
    return gzip.compress(raw, 9, mtime=0)


def _stored(tiles: Mapping[Tile, bytes]) -> tuple[list[Entry], bytes, int]:
    entries: list[Entry] = []
    parts: list[bytes] = []
    known: dict[bytes, tuple[int, int]] = {}
    size = 0
    for number, tile in sorted((tile_id(*tile), tile) for tile in tiles):
        raw = tiles[tile]
        if raw not in known:
            packed = _packed(raw)
            known[raw] = (size, len(packed))
            parts.append(packed)
            size += len(packed)
        offset, length = known[raw]
        last = entries[-1] if entries else None
        if last is not None and last.offset == offset and last.tile_id + last.run == number:
            entries[-1] = Entry(last.tile_id, offset, length, last.run + 1)
        else:
            entries.append(Entry(number, offset, length, 1))
    return entries, b"".join(parts), len(known)


def _directories(entries: Sequence[Entry]) -> tuple[bytes, bytes]:
    """Root directory, and leaves where it would not fit into the first bytes."""
    root, leaves, size = _directory(entries), b"", 4096
    while len(root) > FIRST_BYTES - HEADER_BYTES:
        parts, pointers, offset = [], [], 0
        for k in range(0, len(entries), size):
            leaf = _directory(entries[k : k + size])
            pointers.append(Entry(entries[k].tile_id, offset, len(leaf), 0))
            parts.append(leaf)
            offset += len(leaf)
        root, leaves, size = _directory(pointers), b"".join(parts), size * 2
    return root, leaves


def _directory(entries: Sequence[Entry]) -> bytes:
    out = bytearray(_varint(len(entries)))
    before = 0
    for e in entries:
        out += _varint(e.tile_id - before)
        before = e.tile_id
    for e in entries:
        out += _varint(e.run)
    for e in entries:
        out += _varint(e.length)
    end = -1
    for e in entries:
        out += _varint(0 if e.offset == end else e.offset + 1)
        end = e.offset + e.length
    return _packed(bytes(out))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def layer_list(fields: Mapping[str, Iterable[str]], zooms: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Return ``vector_layers`` of the metadata: layers with their fields and zooms."""
    return [
        {"id": name, "fields": dict.fromkeys(sorted(fields[name]), ""), "minzoom": zooms[name][0],
         "maxzoom": zooms[name][1]}
        for name in fields
    ]  # fmt: skip
