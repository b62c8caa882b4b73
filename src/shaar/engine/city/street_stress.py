"""Level of traffic stress (LTS) of cycling on a street, from its tags."""

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


def cycle_stress(tags: Tags, speed: float, lanes: float | None, oneway: bool) -> int:
    """Return the level, 1 (calm enough for children) to 4 (heavy traffic, for the fearless).

    Mekuria, Furth and Nixon (2012), "Low-stress bicycling and network connectivity", MTI report 11-19, tables 2 and 4,
    with 25, 30 and 35 mph read as 40, 50 and 60 km/h, the limit standing for the prevailing speed and the class for the
    width of lanes. Away from cars and on tracks of its own: 1. On a painted lane: the worse of lanes per direction (1
    is level 1, 2 level 2, more 3) and speed (up to 50 is level 1, 60 level 3, more 4). In mixed traffic: up to 40 km/h
    1 on quiet streets, 2 on others with up to 3 lanes, 3 with 4-5, else 4; up to 50 km/h 2 on quiet streets, 3 on
    others with up to 3 lanes, else 4; faster 4.

    Parameters
    ----------
    speed
        km/h.
    lanes
        Both directions together, None where unknown.
    """
    highway = tags.get("highway", "")
    if highway in _CAR_FREE or _TRACKS & {tags.get(k) for k in _SIDES} or tags.get("bicycle") == "use_sidepath":
        return 1
    total = lanes if lanes is not None else _LANES.get(highway.removesuffix("_link"), 2.0) / (2.0 if oneway else 1.0)
    per_direction = total if oneway else total / 2
    if _PAINTED & {tags.get(k) for k in _SIDES}:
        by_lanes = 1 if per_direction <= 1 else 2 if per_direction <= 2 else 3
        return max(by_lanes, 1 if speed <= 50 else 3 if speed <= 60 else 4)
    quiet = highway in _QUIET
    if speed <= 40:
        if per_direction <= 1.5:
            return 1 if quiet else 2
        return 3 if per_direction <= 2.5 else 4
    if speed <= 50 and per_direction <= 1.5:
        return 2 if quiet else 3
    return 4
