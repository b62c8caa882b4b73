"""Addresses of the public pages; each room lists its own in ``views/<subject>.py`` as ``urlpatterns``."""

from __future__ import annotations

from django.urls import path

from .views import home

urlpatterns = [
    path("", home.home, name="home"),
]
