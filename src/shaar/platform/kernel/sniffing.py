"""What a file is, by its content; its name and what the browser says of it are not asked."""

from __future__ import annotations

import zipfile
from typing import IO

from django.utils.translation import gettext as _

from .errors import Invalid

PHOTOS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic"}
DOCUMENTS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.oasis.opendocument.text": "odt",
}
_BY_EXTENSION = {ending: mime for mime, ending in DOCUMENTS.items()}
#: A packed office file may not unfold to more than this: bytes in all, parts.
_UNPACKED, _PARTS = 300 * 1024 * 1024, 5000


def _refused() -> Invalid:
    return Invalid(
        "file.kind",
        _("This file cannot be taken. Photos (JPEG, PNG, WebP) and documents (PDF, DOCX, XLSX, ODT) can."),
        field="file",
    )


def _packed(file: IO[bytes]) -> str:
    """Which office document a ZIP holds."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            names = {part.filename for part in parts}
            if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED:
                raise _refused()
            if any(name.lower().endswith("vbaproject.bin") or name.startswith("Basic/") for name in names):
                raise Invalid(
                    "file.macro", _("This document contains a program (macro). Please save it without."), field="file"
                )
            if "mimetype" in names and packed.getinfo("mimetype").file_size < 100:
                mime = packed.read("mimetype").decode("ascii", "replace").strip()
                if mime in DOCUMENTS:
                    return mime
            if "[Content_Types].xml" in names:
                if "word/document.xml" in names:
                    return _BY_EXTENSION["docx"]
                if "xl/workbook.xml" in names:
                    return _BY_EXTENSION["xlsx"]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _refused() from error
    raise _refused()


def sniff(file: IO[bytes]) -> str:
    """Media type of an open file that is allowed here; the file is left at its beginning.

    Raises
    ------
    Invalid
        Of a kind that is not taken.
    """
    file.seek(0)
    head = file.read(32)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis"}:
        return "image/heic"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        mime = _packed(file)
        file.seek(0)
        return mime
    raise _refused()
