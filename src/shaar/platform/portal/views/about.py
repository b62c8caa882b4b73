"""What this is, the rules of talk, what is kept about people, accessibility, sources: pages of words."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from shaar import __version__
from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.gate import public

PAGES = {
    "": (_("How it works"), "about/how.html"),
    "moderation": (_("Rules of talk"), "about/moderation.html"),
    "privacy": (_("Your data"), "about/privacy.html"),
    "accessibility": (_("Accessibility"), "about/accessibility.html"),
    "open": (_("Sources, code, licence"), "about/open.html"),
}


@public
def about(request: HttpRequest, subject: str = "") -> HttpResponse:
    """One of the pages."""
    if subject not in PAGES:
        raise Missing("page.missing", _("There is no such page, or it was removed."))
    title, template = PAGES[subject]
    tabs = [(f"/about/{name}/" if name else "/about/", words, name == subject) for name, (words, _t) in PAGES.items()]
    context = {"title": title, "tabs": tabs, "version": __version__, "source": settings.PROFILE.source}
    return render(request, template, context)


urlpatterns = [path("about/", about, name="about"), path("about/<str:subject>/", about, name="about_page")]
