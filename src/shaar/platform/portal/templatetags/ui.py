"""Tags and filters of the design system, loaded in every template (docs/interface.md)."""

from __future__ import annotations

import hashlib
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from shaar.platform.appraise import words
from shaar.platform.kernel import story, text
from shaar.platform.kernel.fields import in_language
from shaar.platform.portal import estimates, fielding, saying
from shaar.platform.portal.maps import tags
from shaar.platform.portal.run_facts import run_facts

register = template.Library()
register.filter("said", in_language)
register.filter("money", saying.money)
register.filter("number", saying.number)
register.filter("signed", saying.signed)
register.filter("day", saying.day)
register.filter("moment", saying.moment)
register.filter("ago", saying.ago)
register.filter("markdown", text.render)
register.filter("sentence", story.sentence)
register.filter("people", estimates.people)
register.filter("figure", estimates.figure)
register.filter("figure_change", estimates.change)
register.filter("indicator", words.label)

BADGES = {"measured": _("measured"), "reported": _("reported"), "modelled": _("modelled"), "assumed": _("assumed")}
STATUSES = ("good", "warn", "bad", "plain")


@register.simple_tag
def asset(name: str) -> str:
    """Address of a file of the design system, with its content hash, so that a new one is fetched at once."""
    path = f"shaar/{name}"
    return f"{settings.STATIC_URL}{path}?{_hash(path)}"


@lru_cache(maxsize=64)
def _known_hash(path: str, changed: float) -> str:
    return hashlib.sha256(Path(str(finders.find(path))).read_bytes()).hexdigest()[:10]


def _hash(path: str) -> str:
    file = finders.find(path)
    if not file:
        raise template.TemplateSyntaxError(f"there is no static file {path}")
    return _known_hash(path, Path(str(file)).stat().st_mtime)


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, label: str = "", hint: str = "") -> dict[str, Any]:
    """Label, hint, error and control of a field of a form."""
    quiet = fielding.moving(bound.form)
    return {
        "bound": bound,
        "kind": fielding.kind_of(bound),
        "control": fielding.control(bound, quiet=quiet),
        "label": label or bound.label,
        "hint": hint or bound.help_text,
        "wrong": [] if quiet else bound.errors,
        "optional": not bound.field.required and fielding.kind_of(bound) != "choice",
    }


@register.inclusion_tag("ui/errors.html", takes_context=True)
def errors(context: Context, form: Any = None, refusal: Any = None) -> dict[str, Any]:
    """Summary of what is wrong, above the form; ``refusal`` is taken from the context where there is one."""
    return {"lines": fielding.summary(form, refusal if refusal is not None else context.get("refusal"))}


@register.simple_tag(takes_context=True)
def once_key(context: Context) -> SafeString:
    """Hidden key of a form that makes something, kept when the form is shown again, so that it is taken once."""
    request = context.get("request")
    given = request.POST.get("once_key", "") if request is not None else ""
    try:
        key = uuid.UUID(given)
    except ValueError:
        key = uuid.uuid4()
    return format_html('<input type="hidden" name="once_key" value="{}">', key)


@register.simple_tag
def status(kind: str, words: Any) -> SafeString:
    """A badge that says a state in words: good, warn, bad or plain."""
    if kind not in STATUSES:
        raise template.TemplateSyntaxError(f"status is one of {', '.join(STATUSES)}, not {kind!r}")
    return format_html('<span class="badge badge-{}">{}</span>', kind, words)


@register.simple_tag
def provenance(kind: str) -> SafeString:
    """A badge that says how a figure came to be."""
    if kind not in BADGES:
        raise template.TemplateSyntaxError(f"a figure is one of {', '.join(BADGES)}, not {kind!r}")
    return format_html('<span class="badge badge-{}">{}</span>', kind, BADGES[kind])


register.inclusion_tag("ui/map.html", name="map")(tags.map_context)
register.inclusion_tag("studies/result.html", name="estimate")(lambda run: run_facts(run.alternative, run))
# A map whose facts a view has made (`portal.maps.gains.context`).
register.inclusion_tag("ui/map.html", name="drawn_map")(lambda facts: facts)
register.inclusion_tag("ui/place_picker.html", name="place_picker")(tags.picker_context)
