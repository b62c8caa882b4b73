"""The errors a person may see: one clear sentence that names the file, row and field."""

from __future__ import annotations

from pathlib import Path


class ShaarError(Exception):
    """Something a person has to know; its text is shown as it is, without a traceback."""


class InputError(ShaarError):
    """Bad input, with the place where it was found.

    Parameters
    ----------
    message
        What is wrong and, where it helps, what would be right; one sentence without the place.
    file, row, field
        Where: the file as the user named it, the 1-based line of a table (header is line 1), the column or key.
    """

    def __init__(
        self, message: str, *, file: str | Path | None = None, row: int | None = None, field: str | None = None
    ) -> None:
        self.message, self.file, self.row, self.field = message, file, row, field
        place = [str(file)] if file is not None else []
        if row is not None:
            place.append(f"line {row}")
        if field is not None:
            place.append(f"field {field}")
        super().__init__(f"{', '.join(place)}: {message}" if place else message)
