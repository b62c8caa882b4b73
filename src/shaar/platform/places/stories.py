"""How events of territories and of the calendar read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "territory.made": _("“%(name)s” is on the map of this site."),
    "territory.renamed": _("“%(before)s” is now called “%(name)s”."),
    "territory.moved": _("“%(name)s” belongs to %(parent)s now, before to %(before)s."),
    "territory.split": _("“%(name)s” was split."),
    "territory.merged": _("“%(name)s” became part of “%(into)s”."),
    "calendar.changed": _("The calendar of work days was changed: %(days)s days."),
}
