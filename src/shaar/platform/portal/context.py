"""What every page knows: the city, its languages, the ways through the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shaar.platform.accounts.policies import is_staff
from shaar.platform.kernel.fields import in_language

from . import navigation

#: Each language by its own name.
OWN_NAMES = {"ru": "Русский", "ky": "Кыргызча", "kk": "Қазақша", "en": "English"}


def site(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    ordered = [*settings.PROFILE.languages, *(code for code in OWN_NAMES if code not in settings.PROFILE.languages)]
    return {
        "city_name": in_language(settings.PROFILE.names),
        "city_modelled": settings.PROFILE.model is not None,
        "currency": settings.PROFILE.currency,
        "development": settings.DEVELOPMENT,
        "example_data": settings.EXAMPLE,
        "own_names": [(code, OWN_NAMES[code]) for code in ordered if code in OWN_NAMES],
        "ways": SimpleLazyObject(lambda: navigation.ways(navigation.PUBLIC, request.path)),
        "foot_ways": SimpleLazyObject(lambda: navigation.ways(navigation.FOOT, request.path)),
        "at_desk": SimpleLazyObject(lambda: is_staff(getattr(request, "user", None))),
        "here": request.get_full_path(),
    }
