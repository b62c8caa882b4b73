"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shaar.platform.kernel.gate import public


@public
def home(request: HttpRequest) -> HttpResponse:
    """What is going on in the city."""
    return render(request, "home.html")
