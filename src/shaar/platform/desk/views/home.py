"""The first page of the desk: every queue of the person and what waits in it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from shaar.platform.accounts.policies import is_staff
from shaar.platform.desk import queues
from shaar.platform.kernel.gate import opens_to


@opens_to(is_staff, "staff")
def home(request: HttpRequest) -> HttpResponse:
    """What waits, queue by queue."""
    return render(request, "desk/home.html", {"queues": queues.shown(request.user, "")})


urlpatterns = [path("", home, name="desk")]
