"""A field of a form after the pattern of GOV.UK: label, hint, error in words, control; tied together for hearing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

_SHORT = (forms.NumberInput, forms.DateInput, forms.TimeInput, forms.DateTimeInput)


def kind_of(bound: BoundField) -> str:
    """How a field is laid out: choice (one box), choices (a group), file, or line."""
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "choice"
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return "choices"
    return "line"


def moving(form: Any) -> bool:
    """Whether the form was sent only to move its map: then nothing is wrong yet."""
    if not getattr(form, "is_bound", False):
        return False
    return any(error.code == "moving" for errors in form.errors.as_data().values() for error in errors)


def control(bound: BoundField, *, quiet: bool = False) -> str:
    """The control with its class and the ids of its hint and error."""
    kind, ident = kind_of(bound), bound.auto_id
    attrs: dict[str, Any] = {}
    if kind == "line":
        short = isinstance(bound.field.widget, _SHORT)
        given = bound.field.widget.attrs.get("class", "")
        attrs["class"] = " ".join(w for w in ("control", "control-short" if short else "", given) if w)
        if isinstance(bound.field.widget, forms.NumberInput):
            attrs.setdefault("inputmode", "decimal")
    if kind != "choices":
        told = [f"{ident}_hint"] * bool(bound.help_text) + [f"{ident}_error"] * bool(bound.errors and not quiet)
        if told:
            attrs["aria-describedby"] = " ".join(told)
    return bound.as_widget(attrs=attrs)


def summary(form: Any, refusal: Any = None) -> list[tuple[str, str]]:
    """What is wrong with a form: (id of the control or nothing, words); a refusal of a service comes first."""
    lines: list[tuple[str, str]] = []
    if refusal is not None:
        field = getattr(refusal, "field", None)
        target = form[field] if form is not None and field and field in form.fields else None
        lines.append((_target(target) if target is not None else "", str(refusal.message)))
    if form is None or moving(form):
        return lines
    lines += [("", str(words)) for words in form.non_field_errors()]
    for bound in form:
        lines += [(_target(bound), _named(bound.label, words)) for words in bound.errors]
    return lines


def _named(label: object, words: object) -> str:
    """An error with the name of its field before it."""
    name = str(label)
    return f"{name} {words}" if name[-1:] in "?.!:" else f"{name}: {words}"


def _target(bound: BoundField) -> str:
    first = f"{bound.auto_id}_0"
    return first if kind_of(bound) == "choices" else str(bound.auto_id)
