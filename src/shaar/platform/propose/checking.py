"""What the tables say about a row, as a refusal that names the field."""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from shaar.platform.kernel.errors import Invalid


def check(row: models.Model) -> None:
    """Check a row whole (`full_clean`); the first fault becomes an `Invalid` with its field."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, faults = next(iter(error.message_dict.items()))
        name = None if field == NON_FIELD_ERRORS else field
        raise Invalid(f"{row._meta.model_name}.{name or 'whole'}", faults[0], field=name) from error
