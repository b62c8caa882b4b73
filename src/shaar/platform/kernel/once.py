"""A form that is sent twice is taken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from .errors import Conflict, Invalid
from .events import type_of
from .models import Submission

Made = TypeVar("Made", bound=models.Model)


def once(key: UUID | str | None, person: Any, kind: type[Made], make: Callable[[], Made]) -> Made:
    """Call ``make`` unless a form with this key was taken before; then return what that one made.

    Two requests at once with one key: the second waits and gets the first one's object. Without a key: no protection.
    """
    if not key:
        return make()
    try:
        key = key if isinstance(key, UUID) else UUID(str(key))
    except ValueError as error:
        raise Invalid("form.key", _("This form is damaged. Open it anew.")) from error
    with transaction.atomic():
        sent, new = Submission.objects.select_for_update().get_or_create(
            pk=key, defaults={"person": person if getattr(person, "pk", None) else None}
        )
        if not new:
            if sent.object_type != type_of(kind) or (sent.person_id and sent.person_id != getattr(person, "pk", None)):
                raise Conflict("form.used", _("This form was already sent."))
            return kind._default_manager.get(pk=sent.object_id)
        made = make()
        sent.object_type, sent.object_id = type_of(made), made.pk
        sent.save(update_fields=["object_type", "object_id"])
        return made


def taken(key: UUID | str | None, person: Any) -> bool:
    """Whether this person's form with this key was taken already: what comes now is the same sent again."""
    try:
        return (
            bool(key)
            and Submission.objects.filter(
                pk=str(key), person=getattr(person, "pk", None), object_id__isnull=False
            ).exists()
        )
    except ValidationError:
        return False
