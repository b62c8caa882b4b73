"""Addresses of the workbench."""

from __future__ import annotations

from typing import Any

from .views import workbench, workbench_ask, workbench_lines, workbench_studies

urlpatterns: list[Any] = [
    *workbench.urlpatterns,
    *workbench_ask.urlpatterns,
    *workbench_lines.urlpatterns,
    *workbench_studies.urlpatterns,
]
