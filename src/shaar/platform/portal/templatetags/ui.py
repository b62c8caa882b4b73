"""Tags and filters of the design system, loaded in every template."""

from __future__ import annotations

from django import template

from shaar.platform.kernel.fields import in_language

register = template.Library()
register.filter("said", in_language)
