"""Every address of the site: public pages, the desk, the interface for programs, signing in."""

from __future__ import annotations

from django.urls import include, path

from shaar.platform.portal.views.account import account_urlpatterns

urlpatterns = [
    path("account/", include(account_urlpatterns)),
    path("desk/", include("shaar.platform.desk.urls")),
    path("workbench/", include("shaar.platform.desk.workbench_urls")),
    path("api/", include("shaar.platform.api.urls")),
    path("", include("shaar.platform.portal.urls")),
]
handler404 = "shaar.platform.portal.views.failures.not_found"
handler403 = "shaar.platform.portal.views.failures.forbidden"
handler400 = "shaar.platform.portal.views.failures.bad_request"
handler500 = "shaar.platform.portal.views.failures.broken"
