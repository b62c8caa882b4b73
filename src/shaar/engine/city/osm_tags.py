"""Which OpenStreetMap objects are worth keeping: one table of keys, asked by every reader."""

from __future__ import annotations

from shaar.engine.city.extract import Tags

#: Highways that are not there (yet, any more) or are no way at all.
NOT_BUILT = frozenset({"proposed", "construction", "abandoned", "razed", "planned", "disused", "demolished", "no"})
#: Values of ``highway`` that a closed way uses for an area rather than for a street running round.
AREA_HIGHWAYS = frozenset({"rest_area", "services", "platform", "bus_stop"})
#: Surfaces whose outline stays a way, because footways end on it.
WALKED_SQUARES = frozenset({"pedestrian", "footway", "path"})
RAILS = frozenset({"rail", "light_rail", "subway", "tram", "narrow_gauge", "monorail", "funicular"})
RIVERS = frozenset({"river", "canal"})
#: Keys that make a point or an area worth keeping, whatever the value.
FEATURE_KEYS = (
    "aeroway",
    "amenity",
    "building",
    "craft",
    "healthcare",
    "historic",
    "industrial",
    "landuse",
    "leisure",
    "natural",
    "office",
    "place",
    "public_transport",
    "shop",
    "tourism",
)
#: Values of ``natural`` that are points or lines of no use to a city plan.
NO_NATURE = frozenset({"tree", "tree_row", "coastline", "cliff", "peak", "rock", "stone", "spring"})
RAIL_FEATURES = frozenset({"station", "halt", "tram_stop", "platform", "subway_entrance", "stop"})
HIGHWAY_POINTS = frozenset({"bus_stop", "platform"})
WATERWAY_AREAS = frozenset({"riverbank", "river", "canal", "dock"})
#: Keys of nodes on streets that the street graph reads.
NODE_KEYS = frozenset({"highway", "crossing", "barrier", "railway", "public_transport"})
#: Keys of which every kept way has one.
WAY_KEYS = ("highway", "route", "railway", "waterway")
RELATION_TYPES = frozenset({"route", "route_master", "restriction", "boundary", "public_transport"})
#: What a reader has to look at to find all of the above.
ALL_KEYS = (*FEATURE_KEYS, "highway", "route", "railway", "waterway", "boundary", "barrier", "crossing", "type")


def is_way(tags: Tags) -> bool:
    """Tell whether a line is kept as a way: a street or path, ferry, railway, river."""
    highway = tags.get("highway")
    if highway is not None and highway not in NOT_BUILT and highway not in AREA_HIGHWAYS:
        return True
    return tags.get("route") == "ferry" or tags.get("railway") in RAILS or tags.get("waterway") in RIVERS


def is_area_tagged(tags: Tags) -> bool:
    """Tell whether a closed street stands for a surface (``area=yes``, a rest area), not for a street running round."""
    return tags.get("area") == "yes" or tags.get("highway") in AREA_HIGHWAYS


def has_street_outline(tags: Tags) -> bool:
    """Tell whether a closed street is (also) a line; of surfaces only squares are, which people walk along."""
    return not is_area_tagged(tags) or tags.get("highway") in WALKED_SQUARES


def is_feature(tags: Tags) -> bool:
    """Tell whether a point or an area is kept."""
    for key in FEATURE_KEYS:
        value = tags.get(key)
        if value is not None and not (key == "natural" and value in NO_NATURE) and value != "no":
            return True
    return (
        tags.get("highway") in HIGHWAY_POINTS
        or tags.get("railway") in RAIL_FEATURES
        or tags.get("boundary") == "administrative"
        or tags.get("waterway") in WATERWAY_AREAS
    )


def is_area(tags: Tags) -> bool:
    """Tell whether a closed line or multipolygon is kept as an area."""
    return is_feature(tags) or ("highway" in tags and is_area_tagged(tags))


def is_street_node(tags: Tags) -> bool:
    """Tell whether a node has tags that the street graph may read."""
    return not NODE_KEYS.isdisjoint(tags)


def is_relation(tags: Tags) -> bool:
    """Tell whether a relation is kept."""
    kind = tags.get("type", "")
    return kind in RELATION_TYPES or kind.startswith("restriction")
