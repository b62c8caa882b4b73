"""Free speed of a street: the tagged limit, else a default by class and country."""

from __future__ import annotations

import re

from shaar.engine.city.extract import Tags

#: General speed limit in built-up areas, km/h, by ISO 3166-1 code. Traffic rules of the countries; Brazil: CTB art. 61
#: for arterial streets; GB 30 mph, US 25 mph (usual in cities).
URBAN_LIMIT = {
    "AM": 60,
    "AZ": 60,
    "BR": 60,
    "BY": 60,
    "GB": 48,
    "GE": 60,
    "KG": 60,
    "KZ": 60,
    "RU": 60,
    "TJ": 60,
    "US": 40,
}
DEFAULT_URBAN_LIMIT = 50
#: What the words after the country code of an implicit limit ("RU:urban") mean, km/h; urban by country.
_IMPLICIT = {"rural": 90.0, "motorway": 110.0, "trunk": 90.0, "expressway": 110.0, "living_street": 20.0, "walk": 6.0}
#: Defaults by class, km/h; a number below 3 is a share of the urban limit.
_CLASS = {
    "motorway": 110.0,
    "motorway_link": 60.0,
    "trunk": 80.0,
    "trunk_link": 50.0,
    "primary": 1.0,
    "primary_link": 0.75,
    "secondary": 1.0,
    "secondary_link": 0.75,
    "tertiary": 0.8,
    "tertiary_link": 0.65,
    "unclassified": 0.7,
    "road": 0.7,
    "busway": 0.85,
    "bus_guideway": 0.85,
    "residential": 0.65,
    "living_street": 20.0,
    "service": 20.0,
    "track": 20.0,
    "cycleway": 18.0,
}
_WALK = 5.0
_NUMBER = re.compile(r"^(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")
_UNIT = {None: 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_ZONE = re.compile(r"^(?:([A-Z]{2})(?:-[A-Z0-9]+)?:)?([a-z_]+|zone:?\d+|\d+)$")


def parse_maxspeed(value: str | None, country: str = "") -> float | None:
    """Return the limit in km/h that a ``maxspeed`` value states, or None where it states none.

    Understands "60", "60 km/h", "40 mph", "RU:urban", "KZ:living_street", "DE:zone30", "walk"; of several values
    ("60;40") the lowest. "none", "signals" and "variable" state no limit.
    """
    if not value:
        return None
    found = [v for part in re.split(r"[;|,]", value) if (v := _parse_one(part.strip(), country)) is not None]
    return min(found, default=None)


def _parse_one(text: str, country: str) -> float | None:
    number = _NUMBER.match(text)
    if number:
        speed = float(number[1]) * _UNIT[number[2]]
        return speed if 3.0 <= speed <= 160.0 else None
    zone = _ZONE.match(text)
    if zone is None:
        return None
    word = zone[2]
    if word in ("urban", "city"):
        return float(URBAN_LIMIT.get(zone[1] or country.upper(), DEFAULT_URBAN_LIMIT))
    digits = re.search(r"\d+$", word)
    if digits:
        return float(digits[0])
    return _IMPLICIT.get(word)


def class_speed(highway: str, country: str = "") -> float:
    """Return the default free speed of a class in km/h; classes without vehicles get walking speed."""
    value = _CLASS.get(highway, _WALK)
    limit = URBAN_LIMIT.get(country.upper(), DEFAULT_URBAN_LIMIT)
    return round(value * limit, 1) if value < 3.0 else value


def free_speed(tags: Tags, country: str = "") -> float:
    """Return the free speed of a way in km/h: ``maxspeed`` (the higher direction's), what implies it, the class's."""
    for keys in (("maxspeed",), ("maxspeed:forward", "maxspeed:backward"), ("maxspeed:type",), ("source:maxspeed",)):
        stated = [v for k in keys if (v := parse_maxspeed(tags.get(k), country)) is not None]
        if stated:
            return max(stated)
    return class_speed(tags.get("highway", ""), country)
