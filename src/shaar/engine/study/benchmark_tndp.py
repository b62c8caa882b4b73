"""The transit network design benchmark: passenger views and one front per instance, beside published results."""

from __future__ import annotations

import contextlib
import csv
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..design.evaluate import evaluate
from ..design.feasible import violations
from ..design.front import front
from ..design.front_file import read_front
from ..design.instance import Instance
from ..design.limits import least_total
from ..design.one_way import with_return_drives
from ..design.search import search
from ..design.tndp import read_tndp, write_route_set
from ..design.tree_optimum import tree_optimum
from ..errors import InputError, ShaarError
from ..progress import Progress, silent
from .benchmark_published import PublishedPoint, published_front


@dataclass(frozen=True, slots=True)
class Task:
    """One instance with its rules: routes, nodes per route, and whether it has one-way links to be driven back."""

    name: str
    folder: str
    n_routes: int
    min_nodes: int
    max_nodes: int
    one_way: bool = False

    def read(self, data: Path) -> Instance:
        """Read the instance from its folder in ``data``; one-way links come with their return drives."""
        plain = read_tndp(
            data / self.folder, n_routes=self.n_routes, min_nodes=self.min_nodes, max_nodes=self.max_nodes
        )
        if not self.one_way:
            return plain
        found = with_return_drives(plain)
        if found.left_out:
            raise InputError(
                f"no bus can reach and leave node {found.left_out[0] + 1}", file=data / self.folder / "links.csv"
            )
        return found.instance


#: Rules of the literature (Mandl 1980; Mumford 2013).
STANDARD = (
    Task("mandl-4", "mandl", 4, 2, 8),
    Task("mandl-6", "mandl", 6, 2, 8),
    Task("mandl-7", "mandl", 7, 2, 8),
    Task("mandl-8", "mandl", 8, 2, 8),
    Task("mumford0", "mumford0", 12, 2, 15),
    Task("mumford1", "mumford1", 15, 10, 30),
    Task("mumford2", "mumford2", 56, 10, 22),
    Task("mumford3", "mumford3", 60, 12, 25),
)
#: No route sets are published for these. Numbers of routes: Stellenbosch as its source gives with 2-6 nodes; Rivera 13,
#: as the city runs (Mauttone, thesis); Tartu 13, its day lines since July 2019 (ERR News, 1 July 2019); Goettingen 22,
#: between the 17 of 2005 and the 27 of 2016 (de.wikipedia.org, Goettinger Verkehrsbetriebe). The other limits are ours.
FIRST = (
    Task("stellenbosch", "stellenbosch", 8, 2, 6),
    Task("rivera", "rivera1", 13, 4, 25),
    Task("tartu", "tartu", 13, 5, 40),
    Task("goettingen", "goettingen", 22, 5, 40, one_way=True),
)
_COLUMNS = (
    "instance", "seconds", "seed", "att", "d0", "d1", "d2", "dun", "trt", "iterations", "evaluations", "wall_s",
    "cpu_s", "machine", "date", "routes",
)  # fmt: skip
Row = dict[str, str]


def run(
    data: Path,
    *,
    out: Path | None = None,
    instances: Sequence[str] | None = None,
    seconds: float = 10.0,
    front_seconds: float = 0.0,
    seeds: int = 5,
    progress: Progress = silent,
) -> list[str]:
    """Search on benchmark instances and compare with what is published.

    Parameters
    ----------
    data
        Folder with a folder per instance, as `design.tndp.read_tndp` reads it, and ``published_results.csv``; a
        ``solutions.csv`` in an instance folder is used where it is there.
    out
        Folder for ``passenger.csv`` (each search with its routes; done ones are not repeated) and ``front-NAME.csv``
        (the front so far; a sweep goes on until it has had ``front_seconds`` in all). None: nothing is kept.
    instances
        Names of `STANDARD` and `FIRST`; None or empty: all of `STANDARD`.
    seconds, seeds
        CPU time of one passenger search (so that other work on the machine does not count), and seeds 0, 1, ... per
        instance; 0 seconds: only what is stored.
    front_seconds
        CPU time of the sweep per instance, all sittings together; 0: only what is stored.
    progress
        Told of each search.

    Returns
    -------
    list of str
        Lines of the tables.

    Raises
    ------
    InputError
        If a name is unknown or a file is missing or wrong.
    """
    tasks = {task.name: task for task in (*STANDARD, *FIRST)}
    chosen = list(instances) if instances else [task.name for task in STANDARD]
    if unknown := [name for name in chosen if name not in tasks]:
        raise InputError(f"there is no instance {unknown[0]}; there are {', '.join(tasks)}", field="instances")
    rows = _read(None if out is None else out / "passenger.csv")
    lines: list[str] = []
    sweeps: list[tuple[Task, Instance, npt.NDArray[np.float64], dict[str, float]]] = []
    for number, name in enumerate(chosen):
        instance = tasks[name].read(data)

        def tell(stage: str, done: float, total: float | None = None, note: str = "", name: str = name) -> None:
            progress(stage, done, total, f"{name}: {note}")

        if seconds > 0:
            _passenger(tasks[name], instance, rows, out, seconds, seeds, tell)
        points, stand = _sweep(tasks[name], instance, out, front_seconds, tell)
        if len(points):
            sweeps.append((tasks[name], instance, points, stand))
        progress("benchmark", number + 1, len(chosen), name)
    published = {name: published_front(data, tasks[name].folder, tasks[name].n_routes) for name in chosen}
    lines += _passenger_table(rows, [tasks[name] for name in chosen], published)
    lines += _front_table(sweeps, published)
    lines += _rate_table(rows, [(tasks[name], tasks[name].read(data).n) for name in chosen])
    return lines


def machine() -> str:
    """Processor and number of cores."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = f"{names[0]}, {len(names)} cores" if names else model
    return f"{model}, Python {platform.python_version()}"


def _read(file: Path | None) -> list[Row]:
    if file is None or not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as table:
        return [dict(row) for row in csv.DictReader(table)]


def _passenger(
    task: Task, instance: Instance, rows: list[Row], out: Path | None, seconds: float, seeds: int, progress: Progress
) -> None:
    done = {(row["instance"], float(row["seconds"]), int(row["seed"])) for row in rows}
    wanted = [seed for seed in range(seeds) if (task.name, seconds, seed) not in done]
    if wanted:
        _compile(search, instance)
    for seed in wanted:
        began, cpu = time.monotonic(), time.process_time()
        found = search(instance, seconds=seconds, seed=seed, progress=progress, clock=time.process_time)
        if found.interrupted:
            raise KeyboardInterrupt
        if broken := violations(instance, found.routes):
            raise AssertionError(f"{task.name}, seed {seed}: {broken[0]}")
        value = evaluate(instance, found.routes)
        fields = (
            task.name, f"{seconds:g}", seed, f"{value.att:.6f}", f"{value.d0:.3f}", f"{value.d1:.3f}",
            f"{value.d2:.3f}", f"{value.dun:.3f}", f"{value.trt:.6g}", found.iterations, found.evaluations,
            f"{time.monotonic() - began:.2f}", f"{time.process_time() - cpu:.2f}", machine(),
            time.strftime("%Y-%m-%d", time.gmtime()), write_route_set(found.routes),
        )  # fmt: skip
        rows.append(dict(zip(_COLUMNS, map(str, fields))))
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            part = out / "passenger.part"
            with part.open("w", encoding="utf-8", newline="") as table:
                writer = csv.DictWriter(table, _COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            part.replace(out / "passenger.csv")


def _compile(method: Callable[..., object], instance: Instance) -> None:
    """Run the kernels once outside the clock; that one proposal need not repair a first route set is no matter."""
    with contextlib.suppress(ShaarError):
        method(instance, iterations=1)


def _sweep(
    task: Task, instance: Instance, out: Path | None, seconds: float, progress: Progress
) -> tuple[npt.NDArray[np.float64], dict[str, float]]:
    """The front's (TRT, ATT), shape (k, 2), by rising TRT, and where its sweep stands."""
    store = None if out is None else out / f"front-{task.name}.csv"
    spent = read_front(store, instance).seconds if store is not None and store.exists() else 0.0
    points: list[tuple[float, float]] = []
    stand = {"seconds": seconds, "cpu": 0.0, "evaluations": 0.0}
    if seconds - spent >= 1.0:
        _compile(front, instance)
        found = front(
            instance, seconds=seconds - spent, store=store, caps=24, progress=progress, clock=time.process_time
        )
        points = [(one.trt, one.att) for one in found]
        stand["evaluations"] = float(found[0].evaluations)
        if found[0].interrupted:
            raise KeyboardInterrupt
    if store is not None and store.exists():  # the table speaks of what is stored, checked again
        sitting = read_front(store, instance)
        points = []
        for routes in sitting.routes:
            if broken := violations(instance, routes):
                raise AssertionError(f"{store}: {broken[0]}")
            value = evaluate(instance, routes)
            points.append((value.trt, value.att))
        stand = {"seconds": sitting.seconds, "cpu": sitting.cpu_seconds, "evaluations": float(sitting.evaluations)}
    return np.array(sorted(points)).reshape(-1, 2), stand


def hypervolume(points: npt.NDArray[np.float64], corner: tuple[float, float]) -> float:
    """Area that points (TRT, ATT), shape (k, 2), dominate below and left of ``corner``, minutes squared."""
    area, height = 0.0, corner[1]
    for trt, att in points[np.lexsort((points[:, 1], points[:, 0]))]:
        if trt < corner[0] and att < height:
            area += (corner[0] - trt) * (height - att)
            height = att
    return float(area)


def undominated(
    points: npt.NDArray[np.float64], published: Sequence[PublishedPoint]
) -> list[tuple[PublishedPoint, float]]:
    """Published points that no point (TRT, ATT) is at least as good as, in the digits printed, and how far they are.

    The distance is the least d such that some point is within ``(1 + d)`` times both published figures.
    """
    left = []
    for one in published:
        excess = np.maximum(points[:, 0] / one.trt, points[:, 1] / (one.att + one.rounding)) - 1.0
        if excess.min() > 1e-12:
            left.append((one, float(excess.min())))
    return left


def _passenger_table(rows: list[Row], tasks: list[Task], published: dict[str, list[PublishedPoint]]) -> list[str]:
    lines = [
        "Passenger view: least mean travel time (ATT, minutes) over seeds, s CPU seconds each; best published and TRT",
        f"{'instance':13}{'published ATT / TRT':>22}{'s':>5}{'seeds':>6}{'median':>9}{'best':>9}{'worst':>9}"
        f"{'TRT':>7}{'d0 %':>7}{'evals/s':>9}{'<= published':>14}",
    ]
    for task in tasks:
        mine = [row for row in rows if row["instance"] == task.name]
        best_known = min(published[task.name], key=lambda one: one.att, default=None)
        for seconds in sorted({float(row["seconds"]) for row in mine}):
            some = [row for row in mine if float(row["seconds"]) == seconds]
            atts = [float(row["att"]) for row in some]
            best = min(some, key=lambda row: float(row["att"]))
            speed = statistics.median(float(row["evaluations"]) / float(row["cpu_s"]) for row in some)
            known = f"{best_known.att:.2f} / {best_known.trt:.0f}" if best_known else "-"
            met = sum(att <= best_known.att + best_known.rounding for att in atts) if best_known else 0
            lines.append(
                f"{task.name:13}{known:>22}{seconds:>5g}{len(some):>6}{statistics.median(atts):>9.4f}"
                f"{min(atts):>9.4f}{max(atts):>9.4f}{float(best['trt']):>7.0f}{float(best['d0']):>7.2f}{speed:>9,.0f}"
                f"{f'{met} of {len(some)}' if best_known else '-':>14}"
            )
    return [*lines, ""]


def _front_table(
    sweeps: list[tuple[Task, Instance, npt.NDArray[np.float64], dict[str, float]]],
    published: dict[str, list[PublishedPoint]],
) -> list[str]:
    lines = [
        "Fronts: one sweep per instance; hypervolume in % of the box from nothing to 1.1 times the largest published "
        "TRT and ATT",
        f"{'instance':13}{'CPU s':>7}{'evaluations':>13}{'points':>8}"
        f"{'TRT from - to':>16}{'ATT from - to':>18}{'published':>11}{'left':>6}{'HV ours':>9}{'HV publ.':>9}",
    ]
    left_lines = []
    for task, instance, points, stand in sweeps:
        known = published[task.name]
        line = (
            f"{task.name:13}{stand['cpu']:>7.0f}{stand['evaluations']:>13,.0f}{len(points):>8}"
            f"{f'{points[0, 0]:.0f} - {points[-1, 0]:.0f}':>16}{f'{points[0, 1]:.3f} - {points[-1, 1]:.3f}':>18}"
        )
        if known:
            left = undominated(points, known)
            theirs = np.array([(one.trt, one.att) for one in known])
            corner = (1.1 * float(theirs[:, 0].max()), 1.1 * float(theirs[:, 1].max()))
            box = corner[0] * corner[1]
            line += (
                f"{len(known):>11}{len(left):>6}{hypervolume(points, corner) / box:>9.2%}"
                f"{hypervolume(theirs, corner) / box:>9.2%}"
            )
            left_lines += [_left_line(task, instance, points, one, distance) for one, distance in left]
        lines.append(line)
    lines += ["", "Published points left undominated:", *(left_lines or ["none"]), ""]
    return lines


def _left_line(
    task: Task, instance: Instance, points: npt.NDArray[np.float64], one: PublishedPoint, distance: float
) -> str:
    within = points[points[:, 0] <= one.trt + 1e-9]
    as_good = points[points[:, 1] <= one.att + one.rounding]
    line = (
        f"{task.name:13}{one.label[:56]}: ATT {one.att:.4f} at TRT {one.trt:.0f}; ours "
        f"{f'ATT {within[:, 1].min():.4f} at that TRT' if len(within) else f'TRT from {points[0, 0]:.0f}'}, "
        f"{f'TRT {as_good[:, 0].min():.0f} for that ATT' if len(as_good) else 'no such ATT'}; {distance:.2%} away"
    )
    if instance.n <= 15 and one.trt <= least_total(instance) + 1e-9:
        exact, count = tree_optimum(instance)
        if exact > one.att + one.rounding:
            line += f" (impossible: of all {count} route sets with this TRT the best has ATT {exact:.4f})"
    return line


def _rate_table(rows: list[Row], sizes: list[tuple[Task, int]]) -> list[str]:
    lines = ["Route sets evaluated per CPU second", f"{'instance':13}{'nodes':>6}{'routes':>8}{'per s':>10}"]
    known: list[tuple[int, float]] = []
    for task, n in sizes:
        rates = [
            float(row["evaluations"]) / float(row["cpu_s"])
            for row in rows
            if row["instance"] == task.name and float(row["cpu_s"]) > 0
        ]
        if rates:
            known.append((n, statistics.median(rates)))
            lines.append(f"{task.name:13}{n:>6}{task.n_routes:>8}{known[-1][1]:>10,.0f}")
    if len({n for n, _ in known}) > 1:
        slope = np.polyfit(np.log([n for n, _ in known]), np.log([rate for _, rate in known]), 1)[0]
        lines.append(
            f"The time of one evaluation grows as nodes to the power {-slope:.2f} (least squares, logarithms)."
        )
    return lines
