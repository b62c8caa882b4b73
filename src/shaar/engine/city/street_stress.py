"""Level of traffic stress (LTS) of cycling on a street, from its tags, and which tag decided."""

from __future__ import annotations

from shaar.engine.city.extract import Tags

_CAR_FREE = frozenset(
    {"cycleway", "path", "pedestrian", "footway", "steps", "bridleway", "corridor", "elevator", "track"}
)
_QUIET = frozenset({"residential", "living_street", "service", "unclassified", "road"})
#: Lanes both ways where not tagged.
_LANES = {"motorway": 4.0, "trunk": 4.0, "primary": 4.0, "secondary": 4.0}
_SIDES = ("cycleway", "cycleway:both", "cycleway:left", "cycleway:right")
_TRACKS = frozenset({"track", "separate", "opposite_track", "sidepath"})
_PAINTED = frozenset({"lane", "opposite_lane"})


_PARKED = frozenset({"lane", "parallel", "diagonal", "perpendicular", "marked", "street_side", "half_on_kerb"})
_PARKING = tuple(f"parking{lane}:{side}" for lane in ("", ":lane") for side in ("both", "left", "right"))
_WIDTHS = ("cycleway:width", "cycleway:both:width", "cycleway:right:width", "cycleway:left:width")


def cycle_stress(tags: Tags, speed: float, lanes: float | None, oneway: bool) -> int:
    """Return the level, 1 (calm enough for children) to 4 (heavy traffic, for the fearless).

    Parameters are those of :func:`cycle_stress_why`, which also says what decided.
    """
    return cycle_stress_why(tags, speed, lanes, oneway)[0]


def cycle_stress_why(tags: Tags, speed: float, lanes: float | None, oneway: bool) -> tuple[int, str]:
    """Return the level and the tag that decided it ("cycleway=track", "lanes=4", "lanes by class", "speed 60").

    Mekuria, Furth and Nixon (2012), "Low-stress bicycling and network connectivity", MTI report 11-19, tables 2 to 4,
    with 25, 30 and 35 mph read as 40, 50 and 60 km/h, the limit standing for the prevailing speed and the class for the
    width of lanes. Away from cars and on tracks of its own: 1.

    On a painted lane the worst of its parts counts. Beside parked cars (table 2): one lane per direction 1, more 3; up
    to 40 km/h 1, 50 is 2, 60 is 3, faster 4; at least 2 since the width with the parked cars is not known. Elsewhere
    (table 3): one lane per direction 1, two with the directions apart (a one-way carriageway) 2, more 3; up to 50 km/h
    1, 60 is 3, faster 4; a lane tagged narrower than 1.7 m is 2. Blocked lanes are not known.

    In mixed traffic (table 4): up to 40 km/h 1 on quiet streets, 2 on others with up to 3 lanes, 3 with 4-5, else 4; up
    to 50 km/h 2 on quiet streets, 3 on others with up to 3 lanes, else 4; faster 4.

    Parameters
    ----------
    speed
        km/h.
    lanes
        Both directions together, None where unknown.
    """
    highway = tags.get("highway", "")
    if highway in _CAR_FREE:
        return 1, f"highway={highway}"
    for key in _SIDES:
        if tags.get(key) in _TRACKS:
            return 1, f"{key}={tags[key]}"
    if tags.get("bicycle") == "use_sidepath":
        return 1, "bicycle=use_sidepath"
    total = lanes if lanes is not None else _LANES.get(highway.removesuffix("_link"), 2.0) / (2.0 if oneway else 1.0)
    said = "lanes by class" if lanes is None else f"lanes={lanes:g}"
    per_direction = total if oneway else total / 2
    for key in _SIDES:
        if tags.get(key) in _PAINTED:
            return max(_painted(tags, key, speed, per_direction, oneway, said))
    quiet = highway in _QUIET
    kind = f"highway={highway}"
    if speed <= 40:
        if per_direction <= 1.5:
            return (1, kind) if quiet else (2, kind)
        return (3, said) if per_direction <= 2.5 else (4, said)
    if speed <= 50:
        if per_direction <= 1.5:
            return (2, f"speed {speed:g}") if quiet else (3, kind)
        return 4, said
    return 4, f"speed {speed:g}"


def _painted(
    tags: Tags, key: str, speed: float, per_direction: float, oneway: bool, said: str
) -> list[tuple[int, str]]:
    """Levels of a painted lane with what makes them."""
    pace = f"speed {speed:g}"
    found = [(1, f"{key}={tags[key]}")]
    if any(tags.get(k) in _PARKED for k in _PARKING):
        found += [(2, "parking beside the lane"), (1 if per_direction <= 1 else 3, said)]
        return [*found, (1 if speed <= 40 else 2 if speed <= 50 else 3 if speed <= 60 else 4, pace)]
    found.append((1 if per_direction <= 1 else 2 if per_direction <= 2 and oneway else 3, said))
    found.append((1 if speed <= 50 else 3 if speed <= 60 else 4, pace))
    return [*found, *((2, f"{k}={tags[k]}") for k in _WIDTHS if _narrow(tags.get(k)))]


def _narrow(width: str | None) -> bool:
    try:
        return width is not None and 0 < float(width.removesuffix("m").strip()) < 1.7
    except ValueError:
        return False
