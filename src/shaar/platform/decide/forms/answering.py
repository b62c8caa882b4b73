"""A form that was sent: checked, done, or shown again with what is wrong; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shaar.platform.kernel.errors import Refusal


def answered(form: Any, do: Callable[[], object]) -> int:
    """Check a form and do what it asks; 0 when done, else the status of the page that shows it again.

    What a service says of the own contribution stands at the field that the form names as ``own_field``.
    """
    if not form.is_valid():
        return 422
    try:
        do()
    except Refusal as refusal:
        field = getattr(form, "own_field", None) if refusal.field == "own" else refusal.field
        form.add_error(field if field in form.fields else None, str(refusal.message))
        return refusal.status
    return 0
