"""Fields used by every room: text in several languages, places on the map."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGES = ("ru", "ky", "kk", "en")
#: What to show where a text is missing in the reader's language: the nearest that she will read.
_NEXT = {"ru": ("en", "ky", "kk"), "ky": ("ru", "kk", "en"), "kk": ("ru", "ky", "en"), "en": ("ru", "ky", "kk")}


def in_language(texts: dict[str, str] | None, language: str | None = None) -> str:
    """The text in a language (None: that of the reader), else in the nearest one there is, else nothing."""
    texts = texts or {}
    wanted = (language or get_language() or "ru").split("-")[0]
    for code in (wanted, *_NEXT.get(wanted, LANGUAGES)):
        if texts.get(code):
            return texts[code]
    return next((text for text in texts.values() if text), "")


def check_translated(value: Any) -> None:
    """Refuse anything but a dictionary from language codes to texts."""
    if not isinstance(value, dict) or not all(k in LANGUAGES and isinstance(v, str) for k, v in value.items()):
        raise ValidationError(_("A text for each language is needed."))


class TranslatedText(models.JSONField):
    """A text in several languages, ``{"ru": ..., "ky": ...}``; show it with the template filter ``said``."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("default", dict)
        options.setdefault("blank", True)
        super().__init__(**options)
        self.validators = [*self.validators, check_translated]


def check_geometry(value: Any) -> None:
    """Refuse GeoJSON that is no valid Point, LineString, Polygon or MultiPolygon in degrees."""
    import shapely
    from shapely.geometry import shape

    if value is None:
        return
    try:
        geometry = shape(value)
        west, south, east, north = geometry.bounds
    except Exception as error:
        raise ValidationError(_("This is not a place on the map.")) from error
    if geometry.geom_type not in {"Point", "LineString", "Polygon", "MultiPolygon"} or not shapely.is_valid(geometry):
        raise ValidationError(_("This is not a place on the map."))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValidationError(_("This place lies outside the world."))
    if len(json.dumps(value)) > 200_000:
        raise ValidationError(_("This outline has too many points."))


class Place(models.Model):
    """A place: GeoJSON, and its box as numbers that a database can search."""

    geometry = models.JSONField(null=True, blank=True, validators=[check_geometry])
    min_lon = models.FloatField(null=True, blank=True, editable=False)
    min_lat = models.FloatField(null=True, blank=True, editable=False)
    max_lon = models.FloatField(null=True, blank=True, editable=False)
    max_lat = models.FloatField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the box with the geometry."""
        if self.geometry:
            from shapely.geometry import shape

            self.min_lon, self.min_lat, self.max_lon, self.max_lat = shape(self.geometry).bounds
        else:
            self.min_lon = self.min_lat = self.max_lon = self.max_lat = None
        super().save(*args, **kwargs)
