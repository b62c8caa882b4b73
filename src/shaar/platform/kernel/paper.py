"""Paper: PDF pages set by typst from a template and plain data, and codes that lead from paper to the site."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import segno
import typst


def code_svg(link: str) -> str:
    """A QR code as SVG."""
    picture = io.BytesIO()
    segno.make(link, error="m").save(picture, kind="svg", scale=4, border=1, xmldecl=False)
    return picture.getvalue().decode()


def pdf(template: Path, data: dict[str, Any]) -> bytes:
    """Set a page.

    Parameters
    ----------
    template
        A typst file that reads its data by ``json(bytes(sys.inputs.data))``; so words of people are never code.
    data
        JSON: texts already in the reader's language.
    """
    made = typst.compile(
        str(template), format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False, default=str)}
    )
    assert isinstance(made, bytes)
    return made
