"""Files that commands write: whole, or as they were."""

from __future__ import annotations

import contextlib
from pathlib import Path

from shaar.engine.errors import ShaarError


def write_text(path: Path, text: str) -> None:
    """Write beside and rename, so that a file is whole or as it was.

    Raises
    ------
    ShaarError
        The place cannot be written to.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as e:
        raise ShaarError(f"{path}: the file could not be written ({e.strerror or e})") from e
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
