"""How safe a city's streets are: crashes where they are known, and the walks of children and of passengers anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.access.facilities import Facilities, facilities_of
from shaar.engine.access.safety_crashes import SEVERITIES, Crashes
from shaar.engine.access.safety_density import network_density
from shaar.engine.access.safety_negbin import CountModel
from shaar.engine.access.safety_risk import death_risk, is_main, is_steep, open_to_vehicles
from shaar.engine.access.safety_sites import find_sites, site_of_crashes
from shaar.engine.access.safety_spf import exposure, rank_sites
from shaar.engine.access.safety_walks import Walking, walk_to_doors
from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.graph import StreetGraph, street_graph
from shaar.engine.routing.snap import snap
from shaar.engine.study.access_times import PLACE_TO_STREET_M
from shaar.engine.study.baseline_walks import HOME_STREETS, STOP_TO_STREET_M, _zone_of_links

F64 = npt.NDArray[np.float64]
WORST = 10
#: Schools with fewer pupils in their catchment are not ranked.
FEWEST_PUPILS = 20.0
#: Values of an optional column ``kerb`` of the nodes (as tagged in OpenStreetMap) that a wheelchair can use.
LOW_KERBS = ("lowered", "flush", "no")


@dataclass(frozen=True, slots=True)
class CrashResult:
    """What the crashes say.

    ``crashes``: the table with link_id, along, metres (to the street) and site; ``links``: link_id, name, highway,
    length, crashes, weighted (by severity), per_km (mean density), peak_km, and where flows were given million_km and
    per_million_km; ``sites``: the ranking; ``models``: the safety performance functions.
    """

    crashes: pl.DataFrame
    years: float
    links: pl.DataFrame
    sites: pl.DataFrame
    models: Mapping[str, CountModel]


@dataclass(frozen=True, slots=True)
class SafetyResult:
    """How safe streets are.

    Parameters
    ----------
    crashes
        None where the city has no crash data.
    schools
        One row a school: id, name, lon, lat, pupils (who live nearest to it), metres (mean walk), points (mean of one
        child's way), crossed_unlit (pupils x main streets crossed without lights, a head).
    school_crossings, school_links
        Where children cross, and along which links they walk: people and points, worst first.
    stop_crossings
        Crossings of main streets without traffic lights near stops, most people first; ``kerb`` as far as known.
    findings
        What was assumed or is missing.
    """

    crashes: CrashResult | None
    schools: pl.DataFrame
    school_crossings: pl.DataFrame
    school_links: pl.DataFrame
    stop_crossings: pl.DataFrame
    findings: tuple[Finding, ...]


def safety(
    city: City,
    crashes: Crashes | None = None,
    *,
    flows: npt.ArrayLike | None = None,
    schools: Facilities | None = None,
    parameters: Parameters | None = None,
    shares: Parameters | None = None,
    progress: Progress = silent,
) -> SafetyResult:
    """Audit the walks to schools and stops, and where crashes are given rank the places where they happen.

    Parameters
    ----------
    city
        The city.
    crashes
        Of :func:`shaar.engine.access.safety_crashes.read_crashes`.
    flows
        Vehicles a day on each link, both ways, shape (l,), nan where not known.
    schools
        Instead of those of the city's places.
    parameters, shares
        ``parameters/safety.csv`` and ``parameters/access.csv`` when None.

    Raises
    ------
    InputError
        The city has no zones or no street to walk on, or no crash lies near a street.
    """
    parameters = parameters or load_parameters("safety.csv")
    shares = shares or load_parameters("access.csv")
    if city.zones.height == 0:
        raise InputError("the city has no zones, so nobody walks", file=city.path / "zones.parquet")
    if not city.links["walk"].fill_null(False).any():
        raise InputError("the city has no street to walk on", file=city.path / "links.parquet", field="walk")
    findings: list[Finding] = []
    result = None
    if crashes is not None:
        findings += crashes.findings
        result, said = crash_result(city, crashes, flows, parameters)
        findings += said
    progress("crashes", 1, 1)
    graph = street_graph(city.nodes, city.links, mode="walk", cost="metres")
    people = home_people(city, graph)
    schools = schools or facilities_of(city.places, city.zones, "schools")
    table, crossings, walked, said = _schools(city, graph, people, schools, parameters, shares)
    findings += said
    progress("ways to school", 1, 1)
    stops, said = _stops(city, graph, people, parameters)
    findings += said
    progress("ways to stops", 1, 1)
    return SafetyResult(result, table, crossings, walked, stops, tuple(findings))


def home_people(city: City, graph: StreetGraph) -> F64:
    """Residents by link, float64[l]: those of a zone evenly along its streets with homes, else on the street next to
    it.

    The sum is the residents of the zones that lie near any street to walk on.
    """
    from_node, to_node = city.links["from_node"].to_numpy(), city.links["to_node"].to_numpy()
    length = city.links["length"].to_numpy().astype(np.float64)
    homes = city.links["highway"].is_in(HOME_STREETS) & city.links["walk"].fill_null(False)
    links = np.flatnonzero(homes.to_numpy() & (graph.component[from_node] == graph.component[to_node]))
    zone = _zone_of_links(city, links)
    links, zone = links[zone >= 0], zone[zone >= 0]
    residents = city.zones["population"].fill_null(0.0).fill_nan(0.0).to_numpy().astype(np.float64)
    total = np.bincount(zone, weights=length[links], minlength=city.zones.height)
    out = np.zeros(city.links.height)
    out[links] = residents[zone] * length[links] / total[zone]
    bare = np.flatnonzero((total <= 0) & (residents > 0))
    if len(bare):
        lon, lat = (city.zones[c].to_numpy()[bare] for c in ("lon", "lat"))
        at = snap(lon, lat, graph, city.links, crs=city.meta.crs, max_metres=1500.0)
        np.add.at(out, at.link[at.link >= 0], residents[bare][at.link >= 0])
    return out


def crash_result(
    city: City, crashes: Crashes, flows: npt.ArrayLike | None, parameters: Mapping[str, float]
) -> tuple[CrashResult, list[Finding]]:
    """Put crashes on streets, smooth them along the streets, and rank junctions and sections."""
    vehicles = open_to_vehicles(city.links)
    graph = street_graph(city.nodes, city.links.with_columns(walk=pl.Series(vehicles)), mode="walk", cost="metres")
    table = crashes.table
    at = snap(
        table["lon"].to_numpy(), table["lat"].to_numpy(), graph, city.links, crs=city.meta.crs,
        max_metres=parameters["snap_metres"],
    )  # fmt: skip
    on = at.link >= 0
    findings: list[Finding] = []
    if not on.all():
        far = table.filter(pl.Series(~on))
        findings.append(
            Finding(
                "safety.off_streets",
                f"{far.height} of {table.height} crashes lie more than {parameters['snap_metres']:.0f} m from any "
                f"street for vehicles and are left out; the first is line {far['crash_id'][0]}.",
                far.height,
                f"line {far['crash_id'][0]}",
                values={"crashes": far.height, "all": table.height, "metres": round(parameters["snap_metres"])},
                points=tuple(far.select("lon", "lat").head(20).iter_rows()),
            )
        )
    if not on.any():
        raise InputError("no crash lies near a street of this city; are longitude and latitude exchanged?")
    sites = find_sites(city.nodes, city.links)
    site = site_of_crashes(sites, city.links, at.link, at.along, junction_metres=parameters["junction_metres"])
    counts = np.bincount(site[on], minlength=sites.table.height)
    by_site = None
    if flows is not None:
        flow = np.asarray(flows, np.float64)
        if flow.shape != (city.links.height,):
            raise ValueError("flows must have a number for each link")
        by_site = _flow_of_sites(sites.of_link, sites.of_node, city.links, flow, sites.table.height)
    ranking = rank_sites(sites.table, counts, years=crashes.years, flow=by_site)
    weight = table["severity"].replace_strict(
        {s: parameters[f"weight_{s}"] for s in SEVERITIES}, return_dtype=pl.Float64
    ).to_numpy()  # fmt: skip
    use = np.flatnonzero(vehicles)
    row = np.full(city.links.height, -1, np.int64)
    row[use] = np.arange(len(use))
    links = city.links[use]
    density = network_density(
        links["from_node"], links["to_node"], np.maximum(links["length"].to_numpy(), 0.1), row[at.link[on]],
        at.along[on], weight=weight[on], bandwidth=parameters["bandwidth"],
    )  # fmt: skip
    out = links.select("link_id", "name", "highway", "length").with_columns(
        crashes=pl.Series(np.bincount(row[at.link[on]], minlength=len(use))),
        weighted=pl.Series(np.bincount(row[at.link[on]], weights=weight[on], minlength=len(use))),
        per_km=pl.Series(1000 * density.by_link / crashes.years),
        peak_km=pl.Series(1000 * density.peak / crashes.years),
    )
    if flows is not None:
        million = exposure(city.links, flows, crashes.years)[use]
        rate = np.divide(out["crashes"].to_numpy(), million, out=np.full(len(use), np.nan), where=million > 0)
        out = out.with_columns(million_km=pl.Series(million), per_million_km=pl.Series(rate)).with_columns(
            pl.col("million_km", "per_million_km").fill_nan(None)
        )
    told = table.with_columns(
        link_id=pl.Series(np.where(on, at.link, -1)),
        along=pl.Series(at.along),
        metres=pl.Series(np.where(on, at.beside, np.nan)),
        site=pl.Series(site),
    ).with_columns(pl.col("metres").fill_nan(None), pl.when(pl.col("link_id") >= 0).then("link_id").alias("link_id"))
    findings += ranking.findings
    return CrashResult(told, crashes.years, out, ranking.table, ranking.models), findings


def _flow_of_sites(of_link: npt.ArrayLike, of_node: npt.ArrayLike, links: pl.DataFrame, flow: F64, n: int) -> F64:
    """Vehicles a day of a section: mean over its links by length; of a junction: half the sum over its arms."""
    site, node = np.asarray(of_link), np.asarray(of_node)
    length = links["length"].to_numpy().astype(np.float64)
    known = (site >= 0) & np.isfinite(flow)
    total = np.bincount(site[known], weights=(flow * length)[known], minlength=n)
    metres = np.bincount(site[known], weights=length[known], minlength=n)
    out = np.divide(total, metres, out=np.full(n, np.nan), where=metres > 0)
    arms = np.zeros(n)
    for end in ("from_node", "to_node"):
        here = node[links[end].to_numpy()]
        meets = known & (here >= 0) & (site != here)
        np.add.at(arms, here[meets], flow[meets] / 2)
    junction = np.unique(node[node >= 0])
    out[junction] = np.where(arms[junction] > 0, arms[junction], np.nan)
    return out


def _schools(
    city: City, graph: StreetGraph, people: F64, schools: Facilities, parameters: Parameters, shares: Parameters
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, list[Finding]]:
    doors = snap(schools.lon, schools.lat, graph, city.links, crs=city.meta.crs, max_metres=PLACE_TO_STREET_M)
    pupils = people * shares["share_pupils"]
    findings = [
        Finding(
            "safety.pupils",
            f"{100 * shares['share_pupils']:g} % of the residents of every zone go to school, live along its streets "
            f"and walk the shortest way to the nearest school within {parameters['school_limit']:.0f} m; no data says "
            "who goes where.",
            severity="assumed",
        ),
        Finding(
            "safety.points",
            "The points of a crossing compare places: speed, lanes and control of the street crossed, with 1 for an "
            "uncontrolled two-lane street at 50 km/h. They are not a number of crashes.",
            severity="assumed",
        ),
    ]
    if schools.from_zones and schools.n:
        findings.append(
            Finding(
                "safety.schools_by_zone",
                f"The data names no school, only how many there are in a zone; the {schools.n:,} zones with schools "
                "stand for them, at the place where their people are, so single crossings mean little.",
                schools.n,
                values={"zones": schools.n},
            )
        )
    if not (doors.link >= 0).any():
        findings.append(
            Finding("safety.no_schools", "The data holds no school near a street, so no way to school is audited.")
        )
    w = walk_to_doors(graph, city.nodes, city.links, pupils, doors, parameters, limit=parameters["school_limit"])
    if w.lost > 0.5 and (doors.link >= 0).any():
        findings.append(
            Finding(
                "safety.pupils_far",
                f"{w.lost:,.0f} of {pupils.sum():,.0f} pupils live farther than {parameters['school_limit']:.0f} m "
                "from any school in the data; their ways are not looked at.",
                round(w.lost),
                values={"far": round(w.lost), "all": round(float(pupils.sum()))},
            )
        )
    unlit = w.crossings.filter(pl.col("main") & ~pl.col("signal"))
    bare = np.bincount(unlit["door"].to_numpy(), weights=unlit["people"].to_numpy(), minlength=schools.n)
    some = np.maximum(w.door_people, 1e-9)
    table = pl.DataFrame(
        {
            "id": schools.ids,
            "name": schools.names,
            "lon": schools.lon,
            "lat": schools.lat,
            "pupils": w.door_people,
            "metres": w.door_metres,
            "points": w.door_points,
            "crossed_unlit": np.where(w.door_people > 0, bare / some, np.nan),
        },
        schema_overrides={"id": pl.String, "name": pl.String},
    ).with_columns(pl.col("metres", "points", "crossed_unlit").fill_nan(None))
    table = table.sort(pl.col("pupils") < FEWEST_PUPILS, -pl.col("points"), nulls_last=True)
    crossings = w.crossings.with_columns(score=pl.col("people") * pl.col("points")).sort("score", descending=True)
    return table, crossings, _walked(city, w, parameters), findings


def _walked(city: City, w: Walking, parameters: Mapping[str, float]) -> pl.DataFrame:
    """Links that children walk along beside vehicles, worst first: pupil-kilometres x risk at the speed driven."""
    links = city.links
    speed = links["free_speed"].fill_null(0.0).to_numpy()
    a, b = parameters["fatal_a"], parameters["fatal_b"]
    risk = np.where(open_to_vehicles(links), death_risk(speed, a, b) / death_risk(50.0, a, b), 0.0)
    steep = is_steep(links, parameters["steep"])
    risk *= np.where(steep.fill_null(False).to_numpy(), parameters["steep_factor"], 1.0)
    score = w.link_people * links["length"].to_numpy() / 1000 * risk
    at = shapely.line_interpolate_point(shapely.from_wkb(links["geometry"].to_numpy()), 0.5, normalized=True)
    return (
        links.select("link_id", "name", "highway", "length")
        .with_columns(
            kmh=pl.Series(speed),
            lon=pl.Series(shapely.get_x(at)),
            lat=pl.Series(shapely.get_y(at)),
            main=pl.Series(is_main(links, parameters["main_kmh"])),
            pupils=pl.Series(w.link_people),
            steep=steep,
            score=pl.Series(score),
        )
        .filter(pl.col("pupils") > 0)
        .sort("score", descending=True)
    )


def _stops(city: City, graph: StreetGraph, people: F64, parameters: Parameters) -> tuple[pl.DataFrame, list[Finding]]:
    stops = city.stops
    doors = snap(
        stops["lon"].to_numpy(), stops["lat"].to_numpy(), graph, city.links, crs=city.meta.crs,
        max_metres=STOP_TO_STREET_M,
    )  # fmt: skip
    w = walk_to_doors(graph, city.nodes, city.links, people, doors, parameters, limit=parameters["stop_limit"])
    findings: list[Finding] = []
    kerbs = "kerb" in city.nodes.columns
    if not kerbs:
        findings.append(
            Finding(
                "safety.no_kerbs",
                "Nothing in the data says where kerbs are lowered, so every crossing near a stop is listed with its "
                "kerb unknown.",
                severity="assumed",
            )
        )
    findings.append(
        Finding(
            "safety.stop_people",
            f"The people at a crossing are the residents whose shortest walk to the nearest stop (up to "
            f"{parameters['stop_limit']:.0f} m) crosses there.",
            severity="assumed",
        )
    )
    kerb = city.nodes["kerb"].cast(pl.String) if kerbs else pl.Series([None] * city.nodes.height, dtype=pl.String)
    table = w.crossings.filter((pl.col("metres") <= parameters["stop_crossing_metres"]) & pl.col("main"))
    table = table.with_columns(
        kerb=kerb.gather(table["node"]),
        stop_id=stops["stop_id"].gather(table["door"]),
        stop=stops["name"].gather(table["door"]),
    )
    wanting = ~pl.col("signal")
    if kerbs:
        wanting |= ~pl.col("kerb").is_in(LOW_KERBS).fill_null(False)
    return table.filter(wanting).sort("people", descending=True).drop("door"), findings


def without_crashes(result: SafetyResult) -> SafetyResult:
    """Return the result without its crashes, to publish the audits alone."""
    return replace(result, crashes=None)
