"""Addresses of the interface for programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path

from shaar.platform.kernel.gate import public

from .site import api


@public
def document(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document of all rooms."""
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/v1"), json_dumps_params={"ensure_ascii": False})


urlpatterns: list[Any] = [
    path("v1/openapi.json", document, name="api_document"),
    path("v1/", api.urls),
]
