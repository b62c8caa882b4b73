"""Make the glyphs of the map's labels from Noto Sans: ``python scripts/glyphs.py FOLDER_OF_TTF``.

MapLibre draws names from signed distance fields, 256 characters a file. Only the ranges that the four languages of
the site need are made: Latin, Cyrillic with the letters of Kyrgyz and Kazakh, punctuation, number signs. A glyph is
drawn eight times as large as needed (24 px an em), its distance field is computed there and averaged down.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt

from shaar.engine.prepare.tiles_mvt import varint

TARGET = Path(__file__).parents[1] / "src" / "shaar" / "platform" / "portal" / "data" / "glyphs"
FONTS = {"Noto Sans Regular": "NotoSans-Regular.ttf", "Noto Sans Bold": "NotoSans-Bold.ttf"}
#: Ranges of 256 characters a file: Latin, Latin extended A, Cyrillic, general punctuation, letterlike (No); and what is
#: kept of them.
RANGES = {0: (32, 255), 256: (256, 383), 1024: (1024, 1279), 8192: (8192, 8383), 8448: (8470, 8482)}
#: Pixels an em, border around a glyph, and how far the field reaches, px; where the outline lies among 256 steps.
EM, BORDER, RADIUS, CUTOFF, LARGER = 24, 3, 8, 0.25, 8


def field(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def zigzag(value: int) -> bytes:
    return varint((value << 1) ^ (value >> 63))


def glyph(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    """One glyph message of the glyph format: id, bitmap, width, height, left, top, advance."""
    # The format measures "top" from the ascender of the font.
    ascender = round(font.getmetrics()[0] / LARGER)
    advance = round(font.getlength(character) / LARGER)
    left, top, right, bottom = (v / LARGER for v in font.getbbox(character, anchor="ls"))
    x0, y0, x1, y1 = int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom))
    wide, tall = x1 - x0, y1 - y0
    body = b"\x08" + varint(ord(character))
    if wide <= 0 or tall <= 0:
        return body + b"\x18\x00\x20\x00\x28\x00\x30\x00\x38" + varint(advance)
    size = ((wide + 2 * BORDER) * LARGER, (tall + 2 * BORDER) * LARGER)
    picture = Image.new("L", size)
    ImageDraw.Draw(picture).text(
        ((BORDER - x0) * LARGER, (BORDER - y0) * LARGER), character, font=font, fill=255, anchor="ls"
    )
    inside = np.asarray(picture) > 127
    far = (distance_transform_edt(inside) - distance_transform_edt(~inside)) / LARGER
    far = far.reshape(size[1] // LARGER, LARGER, size[0] // LARGER, LARGER).mean(axis=(1, 3))
    bitmap = np.clip(np.rint(255 * (far / RADIUS + 1 - CUTOFF)), 0, 255).astype(np.uint8)
    body += field(2, bitmap.tobytes()) + b"\x18" + varint(wide) + b"\x20" + varint(tall)
    return body + b"\x28" + zigzag(x0) + b"\x30" + zigzag(-y0 - ascender) + b"\x38" + varint(advance)


def main(folder: Path) -> None:
    total = 0
    for stack, file in FONTS.items():
        font = ImageFont.truetype(str(folder / file), EM * LARGER)
        missing = font.getmask("\uffff").getbbox()
        for first, (least, most) in RANGES.items():
            glyphs = []
            for code in range(least, most + 1):
                character = chr(code)
                if not (character.isprintable() or character in "\u00a0\u202f\u2009"):
                    continue
                if code > 32 and not character.isspace() and same_as_missing(font, character, missing):
                    continue
                glyphs.append(field(3, glyph(font, character)))
            name = f"{first}-{first + 255}"
            raw = field(1, field(1, stack.encode()) + field(2, name.encode()) + b"".join(glyphs))
            out = TARGET / stack / f"{name}.pbf.gz"
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(gzip.compress(raw, 9, mtime=0))
            total += out.stat().st_size
            print(f"{stack} {name}: {len(glyphs)} glyphs, {len(raw):,} bytes, {out.stat().st_size:,} packed")
    print(f"{total:,} bytes")


def same_as_missing(font: ImageFont.FreeTypeFont, character: str, box: tuple[int, int, int, int] | None) -> bool:
    """Whether the font has no such character and would draw its box for missing ones."""
    if font.getmask(character).getbbox() != box:
        return False
    return bytes(font.getmask(character)) == bytes(font.getmask("\uffff"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
