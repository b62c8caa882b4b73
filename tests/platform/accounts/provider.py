"""Addresses and adapter of the identity provider that the tests run: allauth's own, with the claims a test sets."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.conf import settings
from django.urls import include, path

from shaar.platform.urls import handler400, handler403, handler404, handler500  # noqa: F401
from shaar.platform.urls import urlpatterns as platform

urlpatterns = [path("", include("allauth.idp.urls")), *platform]


class StateProvider(DefaultOIDCAdapter):
    """Says of a citizen what the test says."""

    scope_display: ClassVar[dict[str, Any]] = {**DefaultOIDCAdapter.scope_display, "phone": "phone"}

    def get_claims(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_claims(*args, **kwargs), **settings.STATE_CLAIMS}
