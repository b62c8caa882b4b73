"""Photos re-encoded in three sizes: upright, without EXIF (no place, no owner inside), guarded against image bombs."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import Invalid

#: Longest side in pixels by name of the size; the largest is JPEG, which opens everywhere and goes into documents.
SIZES = {"320": 320, "960": 960, "1600": 1600}
LARGEST = "1600"
#: JPEG is decoded at a fraction of its size, so it may be larger than what must be held in memory whole.
_PIXELS_JPEG, _PIXELS_OTHER = 170_000_000, 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Encoded:
    """One size of a photo."""

    content: bytes
    mime: str
    ending: str
    width: int
    height: int


def _formats() -> tuple[str, ...]:
    Image.init()
    return (*_FORMATS, "HEIF") if "HEIF" in Image.OPEN else _FORMATS


def reencode(file: IO[bytes], mime: str) -> dict[str, Encoded]:
    """Three sizes of a photo by name.

    Raises
    ------
    Invalid
        If it is damaged, too large in pixels, or HEIC where Pillow cannot read that.
    """
    formats = _formats()
    if mime == "image/heic" and "HEIF" not in formats:
        raise Invalid(
            "photo.heic",
            _("Photos in the HEIC format cannot be read here. Please choose “most compatible” (JPEG) on the phone."),
            field="file",
        )
    try:
        file.seek(0)
        with Image.open(file, formats=formats) as image:
            limit = _PIXELS_JPEG if image.format == "JPEG" else _PIXELS_OTHER
            if image.width * image.height > limit:
                raise _too_many_pixels()
            if min(image.size) < 1 or max(image.size) > 60 * min(image.size):
                raise _damaged()
            image.draft("RGB", (SIZES[LARGEST], SIZES[LARGEST]))
            upright = ImageOps.exif_transpose(image)
            if upright.mode in {"RGBA", "LA", "PA", "P"}:
                upright = upright.convert("RGBA")
                paper = Image.new("RGB", upright.size, "white")
                paper.paste(upright, mask=upright.getchannel("A"))
                upright = paper
            elif upright.mode != "RGB":
                upright = upright.convert("RGB")
            return {name: _one(upright, side, name == LARGEST) for name, side in SIZES.items()}
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise _damaged() from error


def _one(image: Image.Image, side: int, jpeg: bool) -> Encoded:
    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    copy.info = {}  # what Pillow would carry over: EXIF, XMP, ICC, comments
    held = io.BytesIO()
    if jpeg:
        copy.save(held, "JPEG", quality=82, optimize=True, progressive=True)
        return Encoded(held.getvalue(), "image/jpeg", "jpg", *copy.size)
    copy.save(held, "WEBP", quality=76, method=4)
    return Encoded(held.getvalue(), "image/webp", "webp", *copy.size)


def _too_many_pixels() -> Invalid:
    return Invalid("photo.pixels", _("This picture has too many pixels. Please send a smaller one."), field="file")


def _damaged() -> Invalid:
    return Invalid(
        "photo.damaged", _("This photo cannot be opened: the file is damaged. Please send it again."), field="file"
    )
