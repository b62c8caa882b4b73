"""What people travel to: schools, clinics, shops and parks counted once each, and jobs by the use of buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city.buildings import Buildings
from shaar.engine.city.extract import Feature, OsmExtract, Tags
from shaar.engine.city.population import People
from shaar.engine.city.projection import project_shapes
from shaar.engine.city.uses import use_of

#: use -> (gross floor m2 per job, jobs at a point that is mapped without a building of its own).
#: Office, retail, industry and warehouse follow the Employment Density Guide, 3rd edition (Homes and Communities
#: Agency, London, November 2015: offices 10-13 m2 net, shops 15-20 m2 net, industry 36 m2, storage 70-95 m2), turned
#: from net to gross by about 0.8; the others and all point values are assumed.
JOBS: dict[str, tuple[float, float]] = {
    "office": (15.0, 20.0),
    "commercial": (20.0, 15.0),
    "large_retail": (40.0, 30.0),
    "retail": (22.0, 4.0),
    "catering": (20.0, 8.0),
    "industrial": (40.0, 30.0),
    "warehouse": (80.0, 15.0),
    "hotel": (80.0, 25.0),
    "school": (90.0, 70.0),
    "kindergarten": (60.0, 30.0),
    "university": (60.0, 150.0),
    "hospital": (50.0, 200.0),
    "clinic": (40.0, 20.0),
    "culture": (100.0, 15.0),
}

#: Jobs per resident taken where no employment total is given: about 57 % of those aged 15 and over are employed
#: (world, ILO modelled estimates) and about three quarters of people are that old.
JOBS_PER_RESIDENT = 0.43

#: kind -> whether it is counted into which zone column.
COLUMN_OF = {"school": "schools", "clinic": "clinics", "hospital": "clinics", "shop": "shops", "market": "shops",
             "mall": "shops", "park": "parks"}  # fmt: skip
#: Two points of one kind and name within this distance (m) are one place.
SAME_PLACE_M = 150.0


@dataclass(frozen=True, slots=True)
class Attraction:
    """A place people travel to: ``kind``, tags (for names), ``lon``/``lat``, and the OSM object it was taken from."""

    kind: str
    tags: Tags
    lon: float
    lat: float
    source: str


def kind_of(tags: Tags) -> str:
    """Return the kind of attraction a feature is by its tags, or ""."""
    amenity, shop, leisure = tags.get("amenity", ""), tags.get("shop", ""), tags.get("leisure", "")
    if amenity in {"school", "kindergarten", "hospital", "university", "college", "clinic", "library"}:
        return {"college": "university"}.get(amenity, amenity)
    if amenity == "doctors" or tags.get("healthcare") in {"clinic", "doctor", "centre", "hospital"}:
        return "hospital" if tags.get("healthcare") == "hospital" else "clinic"
    if amenity == "marketplace":
        return "market"
    if shop in {"mall", "department_store"}:
        return "mall"
    if shop not in {"", "no", "vacant"}:
        return "shop"
    if leisure == "park":
        return "park"
    if amenity == "bus_station" or tags.get("railway") == "station" or tags.get("public_transport") == "station":
        return "station"
    if tags.get("building") in {"school", "kindergarten", "hospital", "university", "college"}:
        return {"college": "university"}.get(tags["building"], tags["building"])
    return ""


def find_attractions(extract: OsmExtract, crs: str) -> tuple[Attraction, ...]:
    """Return schools, clinics, shops, parks ... of an extract, each once.

    A point inside an area of its kind, an area inside a larger area of its kind (a school building on school grounds),
    and points or areas of one kind and name within 150 m of each other are one place. The largest area is kept, since
    its outline is where people go; tags of the others fill in missing names.
    """
    found: dict[str, list[Feature]] = {}
    for f in (*extract.areas, *extract.points):
        kind = kind_of(f.tags)
        if kind:
            found.setdefault(kind, []).append(f)
    out: list[Attraction] = []
    for kind in sorted(found):
        out.extend(_merge(kind, found[kind], crs))
    return tuple(out)


def _merge(kind: str, features: list[Feature], crs: str) -> list[Attraction]:
    shapes = project_shapes([f.geometry for f in features], crs)
    shapely.prepare(shapes)
    order = np.argsort(-shapely.area(shapes), kind="stable")
    inner = shapely.point_on_surface(shapes)
    tree = shapely.STRtree(inner)
    names = [f.tags.get("name", "").casefold() for f in features]
    owner = np.full(len(features), -1)
    for i in order.tolist():
        if owner[i] >= 0:
            continue
        owner[i] = i
        inside = tree.query(shapes[i], predicate="contains") if shapely.area(shapes[i]) > 0 else np.empty(0, int)
        near = tree.query(shapes[i], predicate="dwithin", distance=SAME_PLACE_M) if names[i] else np.empty(0, int)
        for j in {*inside.tolist(), *(k for k in near.tolist() if names[k] == names[i])}:
            if owner[j] < 0:
                owner[j] = i
    members: dict[int, list[int]] = {}
    for j, i in enumerate(owner.tolist()):
        members.setdefault(i, []).append(j)
    out = []
    for i in sorted(members):
        tags = dict(features[i].tags)
        for j in members[i]:
            for key, value in features[j].tags.items():
                if key.startswith("name"):
                    tags.setdefault(key, value)
        where = shapely.point_on_surface(features[i].geometry)
        out.append(Attraction(kind, tags, float(shapely.get_x(where)), float(shapely.get_y(where)),
                              f"{features[i].osm_type}/{features[i].osm_id}"))  # fmt: skip
    return out


def find_jobs(extract: OsmExtract, buildings: Buildings) -> People:
    """Return workplaces as points: floor area of buildings with a use over m2 per job, plus points outside those.

    A tagged point (shop, bank, office) inside a building that already counts by its own use adds nothing; inside a home
    or in the open it adds the number of its kind in :data:`JOBS`.
    The numbers are relative until they are scaled to an employment total.
    """
    use = buildings.use
    per_job = np.array([JOBS[u][0] if u in JOBS else np.inf for u in use.tolist()], dtype=float).reshape(len(use))
    works = (use != "") & ~buildings.home
    jobs = np.where(works, buildings.floor_area / per_job, 0.0)
    lon, lat, number = [buildings.lon[jobs > 0]], [buildings.lat[jobs > 0]], [jobs[jobs > 0]]
    points = [(f, use_of(f.tags)) for f in extract.points]
    points = [(f, u) for f, u in points if u in JOBS]
    if points:
        at = np.array([f.geometry for f, _ in points], dtype=object)
        free = np.ones(len(points), bool)
        if works.any():
            held = [f for f in extract.areas if f.tags.get("building", "no") != "no"]
            outlines = np.array([f.geometry for f in held], dtype=object)[works]
            hit, _ = shapely.STRtree(outlines).query(at, predicate="within")
            free[hit] = False
        lon.append(shapely.get_x(at)[free])
        lat.append(shapely.get_y(at)[free])
        number.append(np.array([JOBS[u][1] for _, u in points])[free])
    return People(np.concatenate(lon), np.concatenate(lat), np.concatenate(number))


def count_by_zone(
    attractions: tuple[Attraction, ...], zone_of: npt.NDArray[np.int64], n_zones: int
) -> dict[str, npt.NDArray[np.float64]]:
    """Count schools, clinics, shops and parks by zone; ``zone_of`` is the zone row of each attraction, -1 for none."""
    out = {c: np.zeros(n_zones) for c in ("schools", "clinics", "shops", "parks")}
    for a, z in zip(attractions, zone_of.tolist()):
        if z >= 0 and a.kind in COLUMN_OF:
            out[COLUMN_OF[a.kind]][z] += 1.0
    return out
