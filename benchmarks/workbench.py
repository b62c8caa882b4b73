"""The workbench as an officer has it: effects of random edits of Las Palmas over HTTP, and what a map costs.

    python benchmarks/workbench.py [--edits 60] [--city out/cities/las_palmas] [--maps]

A fresh home, the real server (granian, one process, the worker beside it), one officer with a session. Each edit is a
change of a kind that people draw, made from nothing (no answer is kept from before); its time is from sending the
request to the last byte of the answer, and beside it stand the processor seconds that the server spent on it, since
other programs may want the same cores. ``--maps`` makes the map of each city and measures it by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import json
import os
import platform
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
TOKEN = "a" * 32
TICKS = os.sysconf("SC_CLK_TCK")
Json = dict[str, Any]


def prepare(home: Path, city: Path) -> str:
    """Make a home for the city with one officer; the key of her session."""
    from shaar.cli import site

    site.prepare(home, str(city), development=True)
    with contextlib.redirect_stdout(sys.stderr):
        site.bring_up_to_date()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from shaar.platform.accounts.models import Person, Role

    officer = Person.objects.create_user(name="Эрмек", email="officer@example.invalid", level=1)
    Role.objects.create(person=officer, kind="officer", until=date.today() + timedelta(days=30), reason="benchmark")
    store = SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(officer.pk), officer.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store.save()
    return str(store.session_key)


class Server:
    """The server as `shaar serve` starts it, with one web process."""

    def __init__(self, home: Path, city: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        environment = {**os.environ, "SHAAR_DEVELOPMENT": "yes"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shaar", "serve", "--home", str(home), "--city", str(city), "--port", str(self.port),
             "--processes", "1"],
            env=environment, stdout=log.open("w"), stderr=subprocess.STDOUT,
        )  # fmt: skip

    def processor(self) -> float:
        """Processor seconds of the server and of everything it started."""
        return sum(_seconds(pid) for pid in _family(self.process.pid))

    def memory(self) -> float:
        """Resident memory of the largest process, MB."""
        sizes = [0.0]
        for pid in _family(self.process.pid):
            for line in _text(f"/proc/{pid}/status").splitlines():
                if line.startswith("VmRSS"):
                    sizes.append(float(line.split()[1]) / 1024)
        return max(sizes)

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(30)


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _family(pid: int) -> list[int]:
    out = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _text(str(task)).split():
            out += _family(int(child))
    return out


def _seconds(pid: int) -> float:
    parts = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICKS if parts else 0.0


class Officer:
    """One browser: a kept connection and a session."""

    def __init__(self, server: Server, session: str) -> None:
        self.server, self.session = server, session
        self.line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)

    def ask(self, method: str, path: str, body: Json | None = None, **more: str) -> tuple[int, bytes]:
        """Status and body as sent (gzip)."""
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN, "Accept-Language": "en",
            "Accept-Encoding": "gzip", **more,
        }  # fmt: skip
        sent = None
        if body is not None:
            headers["Content-Type"], sent = "application/json", json.dumps(body)
        try:
            self.line.request(method, path, sent, headers)
            answer = self.line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.line.close()  # the server is not there yet, or has hung up
            raise

    def data(self, method: str, path: str, body: Json | None = None) -> Any:
        """The answer as data; anything but 2xx is a fault of the benchmark."""
        status, raw = self.ask(method, f"/workbench/api/{path}", body)
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
        if status >= 300:
            raise LookupError(f"{path}: {status} {raw[:300]!r}")
        return json.loads(raw)


class Edits:
    """Random changes of the kinds that people draw."""

    def __init__(self, officer: Officer, seed: int) -> None:
        self.officer, self.random, self.number = officer, random.Random(seed), 0
        lines = officer.data("GET", "layers/lines.json")["features"]
        self.lines = [f["properties"] for f in lines if f["properties"]["direction"] == 0]
        zones = officer.data("GET", "layers/zones.json")["features"]
        self.zones = [(z["properties"]["population"], _middle(z["geometry"])) for z in zones]
        stops = officer.data("GET", "layers/stops.json")["features"]
        self.stops = {f["properties"]["stop_id"]: f["geometry"]["coordinates"] for f in stops}
        self.drawing: list[float] = []

    def make(self, kind: str) -> Json:
        """A change of a kind."""
        self.number += 1
        made: Json = getattr(self, kind.replace(" ", "_"))()
        return made

    def line(self) -> Json:
        """A random line that runs in the morning."""
        return self.random.choice([one for one in self.lines if one["headways"]["morning_peak"]])

    def new_headway(self) -> Json:
        """Another headway in the morning."""
        minutes = self.random.choice([4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20]) + self.number / 1000
        return {"type": "set_headway", "route_id": self.line()["route_id"], "start": "07:00", "end": "10:00",
                "minutes": round(minutes, 3)}  # fmt: skip

    def remove_a_line(self) -> Json:
        """A line that no longer runs."""
        return {"type": "remove_line", "route_id": self.line()["route_id"]}

    def other_vehicles(self) -> Json:
        """Battery buses on a line."""
        kind = self.random.choice(["battery_12m", "articulated_18m", "midi_9m"])
        return {"type": "set_vehicle_type", "route_id": self.line()["route_id"], "vehicle_type": kind}

    def move_a_stop(self) -> Json:
        """A stop by up to 150 m."""
        stop = self.random.choice([s for s in self.line()["stops"] if s in self.stops])
        lon, lat = self.stops[stop]
        moved = [
            round(lon + self.random.uniform(-1, 1) * 0.0012, 6),
            round(lat + self.random.uniform(-1, 1) * 0.0012, 6),
        ]
        return {"type": "move_stop", "stop_id": stop, "point": moved}

    def new_line(self) -> Json:
        """A line through three places where people live, drawn along the streets."""
        people = [p for p, _ in self.zones]
        while True:
            points = [at for _, at in self.random.choices(self.zones, people, k=3)]
            try:
                began = time.perf_counter()
                drawn = self.officer.data("POST", "draw", {
                    "waypoints": points, "name": f"N{self.number}",
                    "headways": [{"start": "06:00", "end": "22:00", "minutes": self.random.choice([6, 8, 10, 12, 15])}],
                })  # fmt: skip
            except LookupError:
                continue  # a place off the streets, or a way that would wind
            self.drawing.append(time.perf_counter() - began)
            return dict(drawn["change"])


def _middle(geometry: Json) -> list[float]:
    import shapely

    at = shapely.geometry.shape(geometry).centroid
    return [round(at.x, 6), round(at.y, 6)]


KINDS = ("new headway", "new line", "remove a line", "move a stop", "other vehicles")


def quantiles(values: list[float]) -> str:
    """Median, 95 %, greatest."""
    return " ".join(f"{v:7.3f}" for v in (*np.percentile(values, (50, 95)), max(values)))


def edits(city: Path, number: int, seed: int) -> None:
    """Print the table of latencies."""
    home = Path(tempfile.mkdtemp(prefix="shaar-workbench-"))
    session = prepare(home, city)
    server = Server(home, city, home / "server.log")
    try:
        officer = Officer(server, session)
        began, cpu = time.perf_counter(), server.processor()
        until(lambda: officer.ask("GET", "/workbench/api/city"))
        opening, opened = time.perf_counter() - began, server.processor() - cpu
        known = officer.data("GET", "city")
        made = Edits(officer, seed)
        warm = {"changes": [made.make("new headway")], "sequence": 0}
        officer.data("POST", "effects", warm)
        rows: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
        for k in range(number):
            kind = KINDS[k % len(KINDS)]
            asked = {"changes": [made.make(kind)], "sequence": k + 1}
            before, cpu = time.perf_counter(), server.processor()
            status, raw = officer.ask("POST", "/workbench/api/effects", asked)
            wall, spent = time.perf_counter() - before, server.processor() - cpu
            if status != 200:
                print(f"{kind}: {status} {raw[:200]!r}", file=sys.stderr)
                continue
            engine = float(json.loads(gzip.decompress(raw))["seconds"])
            rows[kind].append((wall, engine, spent, len(raw)))
            print(f"{k + 1}/{number} {kind}: {wall:.3f} s, {spent:.2f} CPU, {len(raw) / 1000:.0f} kB", file=sys.stderr)
        isochrones = [timed(officer, made) for _ in range(12)]
        memory = server.memory()
    finally:
        server.end()
        shutil.rmtree(home, ignore_errors=True)
    rows["all"] = [row for own in rows.values() for row in own]
    zones, lines = len(made.zones), len(made.lines)
    print(f"{known['name']}: {zones} zones, {lines} lines; {platform.processor() or platform.machine()}, "
          f"{os.cpu_count()} cores, {date.today()}; load {os.getloadavg()[1]:.1f}\n")  # fmt: skip
    print(f"opening the model: {opening:.1f} s, {opened:.1f} CPU seconds of the server; then {memory:.0f} MB\n")
    print("wall: from sending to the last byte; engine: of it, until the engine has the figures; CPU: of the server\n")
    head = "wall p50     p95     max  engine p50  p95     max   CPU p50     p95     max   answer kB"
    print(f"{'edit':16s} {'n':>3s}  {head}")
    for kind, own in rows.items():
        wall, engine, spent, size = (list(column) for column in zip(*own, strict=True))
        print(f"{kind:16s} {len(own):3d} {quantiles(wall)}  {quantiles(engine)}  {quantiles(spent)}   "
              f"{np.mean(size) / 1000:8.0f}")  # fmt: skip
    print(f"{'draw a line':16s} {len(made.drawing):3d} {quantiles(made.drawing)}")
    print(f"{'isochrone':16s} {len(isochrones):3d} {quantiles(isochrones)}")


def timed(officer: Officer, made: Edits) -> float:
    """Seconds of an isochrone from a place where people live."""
    lon, lat = made.random.choices([at for _, at in made.zones], [p for p, _ in made.zones])[0]
    began = time.perf_counter()
    try:
        officer.data("POST", "isochrone", {"lon": lon, "lat": lat, "at": "08:00"})
    except LookupError:
        return timed(officer, made)
    return time.perf_counter() - began


def until(ask: Callable[[], tuple[int, bytes]], seconds: float = 400) -> None:
    """Ask until the answer is there."""
    end = time.monotonic() + seconds
    while True:
        try:
            status, raw = ask()
        except (OSError, http.client.HTTPException):
            status, raw = 0, b""
        if status == 200:
            return
        if status not in {0, 503} or time.monotonic() > end:
            raise SystemExit(f"the workbench did not open: {status} {raw[:300]!r}")
        time.sleep(0.25)


def maps(cities: list[Path]) -> None:
    """Print what the map of each city costs."""
    from shaar.engine.city.folder import read
    from shaar.engine.prepare.tiles import build_tiles

    print(f"\n{'map':12s} {'MB':>6s} {'tiles':>6s} {'CPU s':>6s} {'largest tile kB':>16s} {'at z 11 kB':>11s}")
    for path in cities:
        city = read(path)
        with tempfile.TemporaryDirectory() as scratch:
            spent = []
            for _ in range(3):
                cpu = time.process_time()
                made = build_tiles(city, Path(scratch) / "x.pmtiles")
                spent.append(time.process_time() - cpu)
            from pmtiles.reader import MmapSource, all_tiles

            with made.path.open("rb") as file:
                sizes = {tile: len(raw) for tile, raw in all_tiles(MmapSource(file))}
                assert all(gzip.decompress(raw) for _, raw in all_tiles(MmapSource(file)))
        far = sum(size for (zoom, _, _), size in sizes.items() if zoom == 11)
        print(f"{path.name:12s} {made.size / 1e6:6.2f} {len(sizes):6d} {np.median(spent):6.2f} "
              f"{max(sizes.values()) / 1000:16.1f} {far / 1000:11.1f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--city", type=Path, default=HERE.parent / "out" / "cities" / "las_palmas")
    parser.add_argument("--seed", type=int, default=2023)
    parser.add_argument("--maps", action="store_true", help="only make the maps")
    given = parser.parse_args()
    if not (given.city / "city.toml").exists():
        from design_cities import CASES, build

        build(CASES["las_palmas"], given.city)
    if not given.maps:
        edits(given.city, given.edits, given.seed)
    example = HERE.parent / "src" / "shaar" / "data" / "cities" / "astana"
    maps([example, given.city])


if __name__ == "__main__":
    main()
