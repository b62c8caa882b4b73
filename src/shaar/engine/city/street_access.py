"""Who may use a way, and in which direction: general traffic, buses, bicycles, people on foot."""

from __future__ import annotations

from dataclasses import dataclass

from shaar.engine.city.extract import Tags

_MAJOR = ("motorway", "trunk", "primary", "secondary", "tertiary")
CAR_CLASSES = frozenset(
    [*_MAJOR, *(f"{c}_link" for c in _MAJOR), "unclassified", "residential", "living_street", "service", "road"]
)
#: Wide enough for a bus by default. Service and living streets need a sign of buses (see :func:`access`).
BUS_CLASSES = (CAR_CLASSES - {"service", "living_street"}) | {"busway", "bus_guideway"}
_FAST = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
_NO_WALK = _FAST | {"busway", "bus_guideway", "raceway", "cycleway"}
_NO_CYCLE = frozenset(
    {
        "motorway", "motorway_link", "busway", "bus_guideway", "raceway",
        "footway", "pedestrian", "steps", "corridor", "elevator", "bridleway", "platform", "via_ferrata",
    }
)  # fmt: skip
_NOBODY = frozenset({"raceway", "via_ferrata"})
_ALLOWED = frozenset(
    {"yes", "designated", "permissive", "destination", "customers", "official", "true", "1", "residents"}
)
_DENIED = frozenset(
    {
        "no", "private", "agricultural", "forestry", "military", "emergency", "delivery", "permit", "use_sidepath",
        "dismount", "restricted",
    }
)  # fmt: skip
_CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_BUS_KEYS = ("bus", "psv", "motor_vehicle", "vehicle", "access")
_CYCLE_KEYS = ("bicycle", "vehicle", "access")
_FOOT_KEYS = ("foot", "access")
_SIDEWALKS = frozenset({"both", "left", "right", "yes", "separate"})
_FORWARD = frozenset({"yes", "true", "1"})
_BACKWARD = frozenset({"-1", "reverse"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a way; forward is the direction in which its nodes are listed."""

    car_forward: bool
    car_backward: bool
    bus_forward: bool
    bus_backward: bool
    cycle_forward: bool
    cycle_backward: bool
    walk: bool

    @property
    def anyone(self) -> bool:
        """Whether anybody may use it at all."""
        return any(getattr(self, name) for name in self.__slots__)


def access(tags: Tags, *, serves_buses: bool = False) -> Access:
    """Read the access of a way from its tags.

    The most specific key decides (bus, psv, motor_vehicle, vehicle, access), a key with ``:forward`` or ``:backward``
    before the plain one. Restrictions with a condition (hours, residents) are not read.

    Parameters
    ----------
    serves_buses
        A bus route runs here or the way leads to a bus station: makes service, living and pedestrian streets bus-legal.
    """
    highway = tags.get("highway", "")
    if highway in _NOBODY:
        return Access(False, False, False, False, False, False, False)
    general = _direction(tags)
    car = highway in CAR_CLASSES or (highway == "track" and tags.get("tracktype") == "grade1")
    bus = (highway in BUS_CLASSES or serves_buses) and not _too_small(tags)
    cycle = highway not in _NO_CYCLE and tags.get("motorroad") != "yes"
    car_f, car_b = _both(tags, _CAR_KEYS, car, general)
    bus_f, bus_b = _both(tags, _BUS_KEYS, bus, _bus_direction(tags, general))
    cycle_f, cycle_b = _both(tags, _CYCLE_KEYS, cycle, _cycle_direction(tags, general))
    if serves_buses and highway not in BUS_CLASSES:  # a line that runs there proves more than a general ban
        bus_f, bus_b = bus_f or _bus_direction(tags, general)[0], bus_b or _bus_direction(tags, general)[1]
    return Access(car_f, car_b, bus_f, bus_b, cycle_f, cycle_b, _walk(tags, highway))


def _direction(tags: Tags) -> tuple[bool, bool]:
    oneway = tags.get("oneway", "")
    if oneway in _BACKWARD:
        return False, True
    if oneway in _FORWARD or oneway == "reversible":
        return True, False
    if oneway == "" and (tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"):
        return True, False
    return True, True


def _override(tags: Tags, keys: tuple[str, ...]) -> tuple[bool, bool] | None:
    for key in keys:
        value = tags.get(key)
        if value == "no":
            return True, True
        if value in _FORWARD:
            return True, False
        if value in _BACKWARD:
            return False, True
    return None


def _bus_direction(tags: Tags, general: tuple[bool, bool]) -> tuple[bool, bool]:
    own = _override(tags, ("oneway:bus", "oneway:psv"))
    if own is not None:
        return own
    against = any(
        tags.get(f"busway{side}") in ("opposite_lane", "opposite") for side in ("", ":left", ":right", ":both")
    )
    for kind in ("bus", "psv"):
        lanes = tags.get(f"lanes:{kind}:backward" if general[0] else f"lanes:{kind}:forward", "0")
        against = against or lanes not in ("0", "")
    return (True, True) if against else general


def _cycle_direction(tags: Tags, general: tuple[bool, bool]) -> tuple[bool, bool]:
    own = _override(tags, ("oneway:bicycle",))
    if own is not None:
        return own
    sides = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    if any(str(tags.get(k, "")).startswith("opposite") or tags.get(f"{k}:oneway") == "no" for k in sides):
        return True, True
    return general


def _both(tags: Tags, keys: tuple[str, ...], default: bool, direction: tuple[bool, bool]) -> tuple[bool, bool]:
    return _may(tags, keys, "forward", default, direction[0]), _may(tags, keys, "backward", default, direction[1])


def _may(tags: Tags, keys: tuple[str, ...], way: str, default: bool, with_flow: bool) -> bool:
    """Answer for one direction; only the two most specific keys open a class that is closed by default."""
    for k, key in enumerate(keys):
        directed = tags.get(f"{key}:{way}")
        if directed in _DENIED:
            return False
        if directed in _ALLOWED and k < 2:
            return True  # "bus:backward=yes" is how contraflow is tagged
        value = tags.get(key)
        if value in _DENIED:
            return False
        if value in _ALLOWED:
            return with_flow and (default or k < 2)
    return default and with_flow


def _walk(tags: Tags, highway: str) -> bool:
    for key in _FOOT_KEYS:
        value = tags.get(key)
        if value in _DENIED:
            return False
        if value in _ALLOWED and key == "foot":
            return True
    if highway in _NO_WALK or tags.get("motorroad") == "yes":
        return any(
            tags.get(k) in _SIDEWALKS for k in ("sidewalk", "sidewalk:left", "sidewalk:right", "sidewalk:both")
        ) or (highway == "cycleway" and tags.get("segregated") in ("yes", "no"))
    return True


def _too_small(tags: Tags) -> bool:
    """A 12 m bus is 2.55 m wide, about 3.2 m high and weighs up to 19 t; limits below that keep it out."""
    for key, least in (("maxheight", 3.2), ("maxwidth", 2.6), ("maxwidth:physical", 2.6), ("maxweight", 10.0)):
        try:
            if float(tags.get(key, "inf").removesuffix("m").removesuffix("t").strip()) < least:
                return not any(tags.get(k) in _ALLOWED for k in ("bus", "psv"))
        except ValueError:
            continue
    return False


def lane_count(tags: Tags) -> float | None:
    """Return the lanes of both directions together, None where not tagged or not a number."""
    for keys in (("lanes",), ("lanes:forward", "lanes:backward")):
        try:
            values = [float(tags[k].split(";")[0]) for k in keys if k in tags]
        except ValueError:
            continue
        if values and 0 < sum(values) <= 20:
            return sum(values)
    return None
