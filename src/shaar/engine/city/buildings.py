"""Buildings of an extract: footprint, storeys, use, and which of them are homes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import h3
import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city.extract import Feature, OsmExtract, Tags
from shaar.engine.city.projection import project_shapes
from shaar.engine.city.uses import use_of

F64 = npt.NDArray[np.float64]

#: ``building=*`` values that are homes (OpenStreetMap wiki, Key:building, "Accommodation"; hotels are workplaces here).
HOME_TYPES = frozenset(
    [
        "apartments",
        "house",
        "residential",
        "detached",
        "semidetached_house",
        "terrace",
        "dormitory",
        "bungalow",
        "villa",
        "farm",
        "cabin",
        "dwelling_house",
        "static_caravan",
        "houseboat",
        "stilt_house",
        "ger",
        "apartment",
        "family_house",
        "block",
    ]
)
#: Values that say nothing about the use.
UNSPECIFIC = frozenset({"yes", "true", "public_building", "building", "unclassified", "mixed", "mixed_use"})
#: Values that are no buildings to work or live in.
NOT_USED = frozenset(
    [
        "construction",
        "abandoned",
        "abbandonned",
        "abandonned",
        "ruins",
        "collapsed",
        "demolished",
        "roof",
        "tank",
        "proposed",
    ]
)

#: Storeys taken where neither the building nor enough of its kind in the same extract is tagged (assumed).
DEFAULT_LEVELS = {
    "apartments": 5.0,
    "block": 5.0,
    "dormitory": 5.0,
    "residential": 2.0,
    "office": 4.0,
    "hotel": 4.0,
    "hospital": 3.0,
    "university": 3.0,
    "school": 3.0,
    "college": 3.0,
    "kindergarten": 2.0,
}
MIN_EXAMPLES = 20
MAX_LEVELS = 100.0

#: Smallest and largest footprint (m2) of a home among unspecific buildings without a house number.
SHED_M2, OUTBUILDING_M2, UNNUMBERED_MAX_M2 = 25.0, 60.0, 2000.0
#: Unspecific buildings above this footprint and at most two storeys high are halls (malls, sheds, arenas).
HALL_M2 = 4000.0

#: A low building up to this footprint is one dwelling, and counts with at most this floor area (m2): a large house has
#: more room per person, not more families (assumed; about four people at the floor space usual in blocks of flats).
HOUSE_FOOTPRINT_M2, HOUSE_LEVELS, HOUSE_AREA_M2 = 400.0, 3.0, 150.0

#: Areas inside which an unspecific building is not a home.
WORK_LANDUSE = frozenset(
    [
        "industrial",
        "commercial",
        "retail",
        "garages",
        "military",
        "railway",
        "cemetery",
        "quarry",
        "landfill",
        "construction",
        "depot",
        "port",
        "farmyard",
        "greenhouse_horticulture",
    ]
)
WORK_AMENITY = frozenset(
    [
        "school",
        "kindergarten",
        "hospital",
        "clinic",
        "university",
        "college",
        "marketplace",
        "prison",
        "police",
        "fire_station",
        "bus_station",
        "fuel",
        "parking",
        "place_of_worship",
        "theatre",
        "embassy",
        "courthouse",
    ]
)
#: Points that make the low building around them a workplace.
WORK_POINTS = frozenset(
    [
        "school",
        "kindergarten",
        "hospital",
        "clinic",
        "townhall",
        "courthouse",
        "embassy",
        "place_of_worship",
        "theatre",
        "fuel",
        "police",
        "fire_station",
        "marketplace",
        "university",
        "college",
    ]
)


@dataclass(frozen=True, slots=True)
class Buildings:
    """Buildings as arrays of one length n.

    ``lon, lat`` a point inside; ``footprint`` m2; ``levels`` storeys above ground, ``levels_source`` "tagged",
    "median" (of the same kind in this extract) or "default"; ``home`` lived in; ``use`` for workplaces ("office",
    "retail", "industrial", ...), "" where none; ``shapes`` in the metric system; ``reasons`` why buildings are homes or
    not, with counts.
    """

    lon: F64
    lat: F64
    footprint: F64
    levels: F64
    levels_source: npt.NDArray[np.str_]
    home: npt.NDArray[np.bool_]
    use: npt.NDArray[np.str_]
    shapes: npt.NDArray[np.object_]
    reasons: Mapping[str, int]

    @property
    def floor_area(self) -> F64:
        """Footprint times storeys, m2, shape (n,)."""
        return self.footprint * self.levels

    @property
    def living_area(self) -> F64:
        """Floor area by which people are spread, m2, shape (n,): that of homes, single houses with at most 150 m2."""
        single = (self.footprint <= HOUSE_FOOTPRINT_M2) & (self.levels <= HOUSE_LEVELS)
        return np.where(self.home, np.where(single, np.minimum(self.floor_area, HOUSE_AREA_M2), self.floor_area), 0.0)


def read_levels(tags: Tags) -> float:
    """Return tagged storeys, NaN where none or nonsense ("5;9" counts as the mean, "2 этажа" as 2)."""
    text = tags.get("building:levels", "")
    parts = [p.strip().replace(",", ".").split(" ")[0] for p in text.replace("-", ";").split(";") if p.strip()]
    try:
        values = [float(p) for p in parts]
    except ValueError:
        return float("nan")
    mean = float(np.mean(values)) if values else float("nan")
    return mean if 0.5 <= mean <= MAX_LEVELS else float("nan")


def classify_buildings(extract: OsmExtract, crs: str) -> Buildings:
    """Measure the buildings of an extract and decide which are homes.

    The order of rules (the first that applies decides; ``reasons`` counts them):

    1. a value in :data:`HOME_TYPES` is a home; ruins, roofs, tanks and sites are nothing; any other specific value is
       a workplace or an outbuilding;
    2. an unspecific building (``building=yes``) with its own amenity, office, tourism, industrial or leisure tag is not
       a home; one with ``shop`` is a home above the shop if it has a house number and three or more storeys;
    3. inside industrial, commercial, retail, garage or military land, or school, hospital ... grounds: not a home,
       unless it carries a house number and three or more storeys on commercial or construction land;
    4. under 25 m2, or over 4,000 m2 with at most two storeys: not a home;
    5. at most two storeys high with a school, clinic, town hall ... point inside: not a home;
    6. with a house number: a home;
    7. without one: not a home if it is under 60 m2 or over 2,000 m2, or if house numbers are mapped around it (at least
       half of the unspecific buildings of its H3 cell of 0.1 km2 have one), else a home.
    """
    features = [f for f in extract.areas if f.tags.get("building", "no") != "no"]
    n = len(features)
    shapes = project_shapes([f.geometry for f in features], crs) if n else np.empty(0, object)
    footprint = shapely.area(shapes) if n else np.empty(0)
    inner = (
        shapely.point_on_surface(np.array([f.geometry for f in features], dtype=object)) if n else np.empty(0, object)
    )
    lon, lat = shapely.get_x(inner), shapely.get_y(inner)
    kind = [_kind(f.tags) for f in features]
    tagged = np.array([read_levels(f.tags) for f in features], dtype=float).reshape(n)
    levels, source = _fill_levels(kind, footprint, tagged)
    grounds = _grounds(extract, inner)
    pointed = _work_points(extract, features)
    numbered = np.array([bool(f.tags.get("addr:housenumber")) for f in features], dtype=bool).reshape(n)
    share = _numbered_share(lon, lat, numbered, np.array([k == "" for k in kind], dtype=bool).reshape(n))
    home, use, reasons = np.zeros(n, bool), [""] * n, Counter[str]()
    for i, f in enumerate(features):
        known = not np.isnan(tagged[i])
        high = known and tagged[i] >= 3
        reason = _reason(
            f.tags,
            kind[i],
            footprint[i],
            float(tagged[i]),
            high,
            grounds[i],
            bool(pointed[i]),
            bool(numbered[i]),
            float(share[i]),
        )
        home[i] = reason.startswith("home")
        reasons[reason] += 1
        if kind[i] not in NOT_USED:
            use[i] = use_of(f.tags) or ("" if home[i] or kind[i] != "" else _use_of_ground(grounds[i], footprint[i]))
    return Buildings(
        lon, lat, footprint, levels, source, home, np.array(use, dtype=np.str_).reshape(n), shapes, dict(reasons)
    )


def _kind(tags: Tags) -> str:
    value = tags["building"].strip().lower()
    return "" if value in UNSPECIFIC or value.isdigit() else value


def _reason(
    tags: Tags,
    kind: str,
    footprint: float,
    levels: float,
    high: bool,
    ground: str,
    pointed: bool,
    numbered: bool,
    share: float,
) -> str:
    if kind in HOME_TYPES:
        return "home: tagged as one"
    if kind in NOT_USED:
        return "not a home: unfinished, ruined, a roof or a tank"
    if kind:
        return "not a home: tagged as something else"
    shop = tags.get("shop", "no") != "no"
    if (use_of(tags) and not shop) or any(
        k in tags for k in ("leisure", "tourism", "industrial", "military", "man_made")
    ):
        return "not a home: has a use of its own"
    if tags.get("amenity") in {"parking", "shelter", "toilets"} or "power" in tags or "public_transport" in tags:
        return "not a home: has a use of its own"
    if shop and not (numbered and high):
        return "not a home: has a use of its own"
    if ground and not (ground in {"commercial", "construction", "retail"} and numbered and high):
        return "not a home: on work, school or hospital grounds"
    if footprint < SHED_M2:
        return "not a home: under 25 m2"
    if footprint > HALL_M2 and not levels > 2:
        return "not a home: a hall (over 4,000 m2 and low)"
    if pointed and not high:
        return "not a home: low, with a public service inside"
    if numbered:
        return "home: has a house number"
    if footprint < OUTBUILDING_M2:
        return "not a home: no number and under 60 m2"
    if footprint > UNNUMBERED_MAX_M2:
        return "not a home: no number and over 2,000 m2"
    if share >= 0.5 and not high:
        return "not a home: no number where neighbours have one"
    return "home: no number, but of a home's size"


def _use_of_ground(ground: str, footprint: float) -> str:
    if footprint < SHED_M2:
        return ""
    if ground in {"industrial", "depot", "port"}:
        return "industrial"
    if ground in {"retail", "marketplace"}:
        return "retail"
    if ground == "commercial":
        return "commercial"
    return {
        "school": "school",
        "kindergarten": "kindergarten",
        "hospital": "hospital",
        "clinic": "clinic",
        "university": "university",
        "college": "school",
    }.get(ground, "")


def _fill_levels(kind: list[str], footprint: F64, tagged: F64) -> tuple[F64, npt.NDArray[np.str_]]:
    """Tagged storeys; else the median of the same kind and size class here (20 examples or more); else a default."""
    size = np.searchsorted([100.0, 250.0, 600.0, 1500.0], footprint)
    groups: dict[tuple[str, int], list[int]] = {}
    for i, k in enumerate(kind):
        groups.setdefault((k, int(size[i])), []).append(i)
    levels, source = tagged.copy(), np.full(len(tagged), "tagged", dtype="U7")
    for (k, _), rows in groups.items():
        at = np.array(rows)
        known = tagged[at][~np.isnan(tagged[at])]
        missing = at[np.isnan(tagged[at])]
        if len(known) >= MIN_EXAMPLES:
            levels[missing], source[missing] = float(np.median(known)), "median"
        else:
            levels[missing], source[missing] = DEFAULT_LEVELS.get(k, 1.0), "default"
    return levels, source


def _grounds(extract: OsmExtract, inner: npt.NDArray[np.object_]) -> list[str]:
    """Return the work land use or amenity area each point lies in ("" where none); grounds beat land use."""
    out = [""] * len(inner)
    held: list[tuple[object, str, int]] = []
    for f in extract.areas:
        if f.tags.get("building", "no") != "no":
            continue
        if f.tags.get("amenity") in WORK_AMENITY:
            held.append((f.geometry, f.tags["amenity"], 1))
        elif f.tags.get("landuse") in WORK_LANDUSE:
            held.append((f.geometry, f.tags["landuse"], 0))
    if not held or not len(inner):
        return out
    tree = shapely.STRtree(inner)
    a, p = tree.query(np.array([h[0] for h in held], dtype=object), predicate="contains")
    for j, i in sorted(zip(a.tolist(), p.tolist()), key=lambda t: held[t[0]][2]):
        out[i] = held[j][1]
    return out


def _work_points(extract: OsmExtract, features: list[Feature]) -> npt.NDArray[np.bool_]:
    out = np.zeros(len(features), bool)
    points = [
        f.geometry
        for f in extract.points
        if f.tags.get("amenity") in WORK_POINTS or f.tags.get("office") == "government"
    ]
    if points and features:
        tree = shapely.STRtree(np.array(points, dtype=object))
        hit, _ = tree.query(np.array([f.geometry for f in features], dtype=object), predicate="contains")
        out[hit] = True
    return out


def _numbered_share(lon: F64, lat: F64, numbered: npt.NDArray[np.bool_], unspecific: npt.NDArray[np.bool_]) -> F64:
    cells = [h3.latlng_to_cell(float(b), float(a), 9) for a, b in zip(lon, lat)]
    total: Counter[str] = Counter()
    with_number: Counter[str] = Counter()
    for c, num, u in zip(cells, numbered, unspecific):
        if u:
            total[c] += 1
            with_number[c] += int(num)
    return np.array([with_number[c] / total[c] if total[c] else 0.0 for c in cells], dtype=float)
