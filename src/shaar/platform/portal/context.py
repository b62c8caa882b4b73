"""What every page knows: the city and its languages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from shaar.platform.kernel.fields import in_language


def site(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    return {
        "city_name": in_language(settings.PROFILE.names),
        "city_modelled": settings.PROFILE.model is not None,
        "currency": settings.PROFILE.currency,
        "development": settings.DEVELOPMENT,
    }
