"""`shaar safety`: where crashes concentrate, and what children and passengers cross on their way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import polars as pl

from shaar.cli import console
from shaar.cli.baseline import _table, finite, number
from shaar.cli.files import write_text
from shaar.cli.options import NamesType, NumbersType, city_path
from shaar.engine.errors import InputError, ShaarError

if TYPE_CHECKING:
    from shaar.engine.city.model import City
    from shaar.engine.study.safety import CrashResult, SafetyResult

WORST = 10


@click.command()
@click.argument("city")
@click.option("--crashes", "crash_file", type=click.Path(path_type=Path),
              help="CSV of crashes; default: crashes.csv of the city's folder.")  # fmt: skip
@click.option("--flows", "flow_file", type=click.Path(path_type=Path),
              help="CSV of vehicles a day by link: link_id,flow.")  # fmt: skip
@click.option("--measures", type=NamesType(), default=(),
              help="Crash modification factors to try at the worst places: refuge_island,lighting ...")  # fmt: skip
@click.option("--set", "values", type=NumbersType("bandwidth=150"), help="Other values of the parameter table.")
@click.option("--csv", "csv_folder", type=click.Path(path_type=Path), help="Write all tables to this folder.")
@click.option("--geojson", "geojson_folder", type=click.Path(path_type=Path), help="Write maps to this folder.")
def safety(
    city: str,
    crash_file: Path | None,
    flow_file: Path | None,
    measures: tuple[str, ...],
    values: dict[str, float] | None,
    csv_folder: Path | None,
    geojson_folder: Path | None,
) -> None:
    """Rank the places of CITY where crashes happen, and audit the walks to schools and to stops.

    Without crash data (crashes.csv in the city's folder: date,lon,lat,severity,kind,victims,hour,light,source) only the
    walks are audited, and the command says so. CITY is a city folder or "astana".
    """
    from shaar.engine.access.safety_crashes import read_crashes
    from shaar.engine.access.safety_factors import load_factors
    from shaar.engine.city.folder import read
    from shaar.engine.demand.parameters import load_parameters
    from shaar.engine.study.safety import safety as run

    for folder in (csv_folder, geojson_folder):
        if folder is not None and folder.exists() and not folder.is_dir():
            raise ShaarError(f"{folder}: is a file; a folder is needed")
    parameters = load_parameters("safety.csv").with_values(values or {})
    factors = load_factors()
    for name in measures:
        if name not in factors:
            raise InputError(
                f"there is no crash modification factor of this name; known are {', '.join(factors)}", field=name
            )
    place = read(city_path(city))
    own = place.path / "crashes.csv"
    given = crash_file or (own if own.exists() else None)
    crashes = None if given is None else read_crashes(given)
    flows = None if flow_file is None else read_flows(flow_file, place.links.height)
    with console.progress() as progress:
        result = run(place, crashes, flows=flows, parameters=parameters, progress=progress)
    show(place.meta.name, result, own)
    if result.crashes is not None and measures:
        _forecast(result.crashes, measures)
    _rests_on(result)
    tables = tables_of(result)
    if csv_folder is not None:
        csv_folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            write_text(csv_folder / f"{name}.csv", table.write_csv(float_precision=4))
        console.out.print(f"tables: {csv_folder} ({', '.join(f'{n}.csv' for n in tables)})", soft_wrap=True)
    if geojson_folder is not None:
        geojson_folder.mkdir(parents=True, exist_ok=True)
        for name, text in maps_of(place, tables).items():
            write_text(geojson_folder / f"{name}.geojson", text)
        console.out.print(f"maps: {geojson_folder}", soft_wrap=True)
    if crashes is None and flow_file is not None:
        console.out.print("Flows are used only together with crashes.")


def read_flows(file: Path, n_links: int) -> Any:
    """Read vehicles a day by link, float64[l], nan where the file says nothing.

    Raises
    ------
    InputError
        The file or a column is missing, a link does not exist or stands twice, or a number is bad.
    """
    import numpy as np

    try:
        table = pl.read_csv(file, infer_schema=False)
    except FileNotFoundError as e:
        raise InputError("there is no such file of flows", file=file) from e
    except pl.exceptions.PolarsError as e:
        raise InputError("the file cannot be read as CSV", file=file) from e
    for c in ("link_id", "flow"):
        if c not in table.columns:
            raise InputError("the column is missing", file=file, field=c)
    out = np.full(n_links, np.nan)
    for row, (link, flow) in enumerate(table.select("link_id", "flow").iter_rows(), start=2):
        try:
            k, value = int(link), float(flow)
        except (TypeError, ValueError) as e:
            raise InputError("the cell is not a number", file=file, row=row) from e
        if not 0 <= k < n_links or not np.isnan(out[k]):
            raise InputError("the link does not exist or stands here twice", file=file, row=row, field="link_id")
        if not (np.isfinite(value) and value >= 0):
            raise InputError("vehicles a day must not be negative", file=file, row=row, field="flow")
        out[k] = value
    return out


def show(city: str, r: SafetyResult, expected: Path) -> None:
    """Print what the study found so that a stranger can read it."""
    console.out.print(f"\n[bold]{city}[/]: safety of streets\n")
    if r.crashes is None:
        console.out.print(
            f"There is no crash data ({expected}), so no place can be ranked by crashes. The walks to schools and "
            "stops below need none.\n",
            soft_wrap=True,
        )
    else:
        _crashes(r.crashes)
    _schools(r)
    _stops(r)


def _crashes(c: CrashResult) -> None:
    on = c.crashes.filter(pl.col("link_id").is_not_null())
    by = dict(on.group_by("severity").len().iter_rows())
    said = ", ".join(f"{by[s]:,} {s}" for s in ("fatal", "serious", "slight", "damage") if s in by)
    console.out.print(f"{on.height:,} crashes on streets in {c.years:.1f} years (reported): {said}\n")
    for kind, m in c.models.items():
        lines = [
            (n, number(b, 2), number(e, 2)) for n, b, e in zip(m.names, m.coefficients.tolist(), m.errors.tolist())
        ]
        lines.append(("dispersion", number(m.alpha, 2), number(m.alpha_error, 2)))
        _table(
            f"What explains crashes at {m.n:,} {kind}s (negative binomial, modelled)",
            ("", "coefficient", "error"),
            lines,
        )
    rows: list[tuple[object, ...]] = []
    for s in c.sites.head(WORST).iter_rows(named=True):
        rows.append(
            (
                f"{s['rank']}. {s['name'] or 'no name'} ({s['kind']})",
                f"{s['lat']:.4f}, {s['lon']:.4f}",
                number(s["crashes"], 0),
                number(s["predicted"], 1),
                number(s["expected"], 1),
                f"{s['low']:.1f}-{s['high']:.1f}",
                number(s["excess"], 1),
            )
        )
    _table(
        "Worst places by empirical Bayes (modelled)",
        ("place", "lat, lon", "count", "likes", "mean", "range", "excess"),
        rows,
    )
    console.out.print(
        "Crashes over the period. count: reported; likes: what places like it have; mean: what this place has in the "
        "long run, with the range that holds it in 9 of 10 cases; excess: mean less likes, what a change may save.\n"
    )
    rows = [
        (x["name"] or "no name", x["highway"], number(x["length"], 0), x["crashes"], number(x["peak_km"], 1))
        for x in c.links.sort("peak_km", descending=True).head(WORST).iter_rows(named=True)
    ]
    _table(
        "Highest density along streets, in slight crashes a km and year (severity weighted)",
        ("street", "class", "m", "crashes", "density"),
        rows,
    )


def _schools(r: SafetyResult) -> None:
    rows: list[tuple[object, ...]] = [
        (
            s["name"] or s["id"],
            number(s["pupils"], 0),
            number(s["metres"], 0),
            number(s["points"], 1),
            number(s["crossed_unlit"], 1),
        )
        for s in r.schools.filter(pl.col("points").is_not_null()).head(WORST).iter_rows(named=True)
    ]
    _table(
        "Schools with the most dangerous ways on foot (modelled)",
        ("school", "pupils", "mean m", "points", "no lights"),
        rows,
    )
    console.out.print(
        "pupils: who live nearest to it; points: of the crossings of one way, see below; no lights: main streets "
        "crossed without traffic lights on one way.\n"
    )
    rows = [
        (
            x["street"] or "no name",
            f"{x['lat']:.5f}, {x['lon']:.5f}",
            f"{x['kmh']:.0f}",
            f"{x['lanes']:.0f}",
            _control(x),
            number(x["people"], 0),
            number(x["score"], 0),
        )
        for x in r.school_crossings.head(WORST).iter_rows(named=True)
    ]
    _table(
        "Worst crossings on the way to school (modelled; score is pupils x points)",
        ("street crossed", "lat, lon", "km/h", "lanes", "control", "pupils", "score"),
        rows,
    )
    rows = [
        (
            x["name"] or "no name",
            f"{x['lat']:.4f}, {x['lon']:.4f}",
            x["highway"],
            number(x["length"], 0),
            f"{x['kmh']:.0f}",
            number(x["pupils"], 0),
            {True: "steep", False: "", None: ""}[x["steep"]],
        )
        for x in r.school_links.filter(pl.col("score") > 0).head(WORST).iter_rows(named=True)
    ]
    _table(
        "Streets along which most pupils walk beside the fastest traffic (modelled)",
        ("street", "lat, lon", "class", "m", "km/h", "pupils", ""),
        rows,
    )


def _stops(r: SafetyResult) -> None:
    known = bool(r.stop_crossings["kerb"].is_not_null().any())
    rows = [
        (
            f"{x['street'] or 'no name'}, at {x['stop'] or 'a stop without a name'}",
            f"{x['lat']:.5f}, {x['lon']:.5f}",
            f"{x['kmh']:.0f}",
            _control(x),
            *((x["kerb"] or "unknown",) if known else ()),
            number(x["people"], 0),
        )
        for x in r.stop_crossings.head(WORST).iter_rows(named=True)
    ]
    what = "lights or lowered kerbs" if known else "lights"
    _table(
        f"Crossings of main streets near stops without {what}: {r.stop_crossings.height:,}, the first ten (modelled)",
        ("street crossed, stop", "lat, lon", "km/h", "control", *(("kerb",) if known else ()), "people"),
        rows,
    )


def _control(x: Mapping[str, Any]) -> str:
    return "lights" if x["signal"] else "marked" if x["marked"] else "none"


def _forecast(c: CrashResult, measures: tuple[str, ...]) -> None:
    from shaar.engine.access.safety_factors import forecast, load_factors

    factors = load_factors()
    rows = []
    said: dict[str, str] = {}
    for s in c.sites.head(WORST).iter_rows(named=True):
        f = forecast(s["expected"] / c.years, measures, factors, expected_error=s["error"] / c.years)
        rows.append(
            (
                f"{s['rank']}. {s['name'] or 'no name'} ({s['kind']})",
                number(f.before, 2),
                number(f.after, 2),
                f"{f.saved:.2f} ({f.low:.2f} to {f.high:.2f})",
            )
        )
        said |= {x.code: x.message for x in f.findings}
    _table(
        f"Crashes a year if all were of the kind that the factors speak of: {', '.join(measures)} (modelled)",
        ("place", "expected", "with", "saved (95 % range)"),
        rows,
    )
    for name in measures:
        x = factors[name]
        error = "" if x.se != x.se else f" (standard error {x.se:g})"
        doubt = "" if x.checked == "yes" else " Not yet compared with the study itself."
        console.out.print(
            f"{name}: {x.measure}: {x.value:g}{error} on {x.crashes} crashes, severity {x.severity}; {x.country}; "
            f"{x.applies}. {x.study}.{doubt}",
            markup=False,
        )
    for message in said.values():
        console.out.print(f"[yellow]caution[/]: {message}")
    console.out.print()


def _rests_on(r: SafetyResult) -> None:
    console.out.print("[bold]What this rests on[/]")
    for f in r.findings:
        mark = {"assumed": "[cyan]assumed[/]", "info": "[cyan]note[/]"}.get(f.severity, "[yellow]odd[/]")
        console.out.print(f"{mark}: {f.message}")


def tables_of(r: SafetyResult) -> dict[str, pl.DataFrame]:
    """Return every table of a result by name."""
    out = {
        "schools": r.schools,
        "school_crossings": r.school_crossings,
        "school_links": r.school_links,
        "stop_crossings": r.stop_crossings,
    }
    if r.crashes is not None:
        out |= {"crashes": r.crashes.crashes, "crash_links": r.crashes.links, "crash_sites": r.crashes.sites}
    return out


def maps_of(city: City, tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Return every table as GeoJSON: lines for links, points for the rest."""
    import shapely

    out = {}
    for name, table in tables.items():
        if "lon" in table.columns and "link_id" not in table.columns:
            shapes: Iterable[str] = shapely.to_geojson(
                shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())
            ).tolist()
        elif name == "crashes":
            shapes = shapely.to_geojson(shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())).tolist()
        else:
            wkb = city.links["geometry"].gather(table["link_id"])
            shapes = shapely.to_geojson(shapely.from_wkb(wkb.to_numpy())).tolist()
        features = [
            {"type": "Feature", "geometry": json.loads(g), "properties": _plain(row)}
            for g, row in zip(shapes, table.iter_rows(named=True))
        ]
        out[name] = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)
    return out


def _plain(row: Mapping[str, Any]) -> Any:
    return finite({k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()})
