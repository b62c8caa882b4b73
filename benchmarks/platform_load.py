"""Load the real server as a busy evening would: people who read, and proposals, supports and votes every second.

    python benchmarks/platform_load.py                      # 200 readers, 20 writes a second, one minute
    python benchmarks/platform_load.py --seconds 10 --readers 20 --writes 5

A fresh home is filled by the services with the example of the city and with people who have signed in (their sessions
stand in the database); then `shaar serve` is started as for real: granian, SQLite, the worker beside it. Afterwards the
database must hold exactly what was answered as done, the chain of events must fit, and 95 % of all answers must have
come within half a second. Times are from sending a request to the last byte of its answer, on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

#: Share of each kind of write; votes on statements are the lightest thing that people do, proposals the rarest.
MIX = {"proposal": 0.1, "support": 0.5, "opinion": 0.4}
LIMIT_MS = 500.0
TOKEN = "a" * 32
PAGES = ("/", "/proposals/", "/risks/", "/meetings/", "/plans/", "/opinions/", "/places/", "/processes/", "/events/")


def prepare(home: Path, people: int) -> dict[str, Any]:
    """Fill a fresh home; the keys of sessions and the things to read and to vote on."""
    os.environ["SHAAR_DEVELOPMENT"] = "yes"  # example data are made in development only; the server runs without it
    from shaar.cli import site

    site.prepare(home, "astana", development=True)
    site.bring_up_to_date()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from shaar.platform.accounts.models import Person
    from shaar.platform.example.build import fill
    from shaar.platform.kernel.models import Counter as Series
    from shaar.platform.propose.models import Conversation, Hazard, Measure, Meeting, Opinion, Plan, Process
    from shaar.platform.propose.services.measure import propose

    fill()
    process = Process.objects.first()
    assert process is not None
    place = Measure.objects.exclude(territory=None).first().territory  # type: ignore[union-attr]
    sessions = []
    for number in range(people):
        person = Person.objects.create_user(name=f"Житель {number}", email=f"load{number}@example.invalid", level=1)
        store = SessionStore()
        store[SESSION_KEY], store[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store.save()
        sessions.append(store.session_key)
        if number < 40:
            propose(
                acting=person, process=process, kind="park", title=f"Деревья у дома {number}", territory=place,
                text="Посадить деревья и поставить скамейки во дворе.",
            )  # fmt: skip
    assert Series.objects.exists()
    young = list(Measure.objects.filter(status__in=("open", "review")).values_list("ref", flat=True))
    asked = Conversation.objects.first()
    assert asked is not None
    read = [
        *PAGES,
        *(
            one.get_absolute_url()
            for model in (Measure, Hazard, Meeting, Plan, Conversation)
            for one in model.objects.all()[:40]
        ),
    ]
    refused = set(Measure.objects.filter(hidden=True).values_list("ref", flat=True))
    hazards = set(Hazard.objects.filter(status__in=("reported", "rejected")).values_list("ref", flat=True))
    return {
        "sessions": sessions, "process": process.slug, "place": place.code, "young": young, "question": asked.slug,
        "statements": list(Opinion.objects.filter(conversation=asked, status="shown").values_list("number", flat=True)),
        "pages": [page for page in read if not any(ref in page for ref in refused | hazards)],
    }  # fmt: skip


@dataclass
class Seen:
    """What came of it: times in seconds by kind, answers counted, faults in words, numbers of new proposals."""

    times: dict[str, list[float]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    bytes: int = 0


class Line:
    """A connection that is kept, as a browser keeps it."""

    def __init__(self, port: int, seen: Seen) -> None:
        self.port, self.seen = port, seen
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(
        self, kind: str, verb: str, path: str, *, session: str = "", body: bytes = b"", mime: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request and read the whole answer."""
        began = time.perf_counter()
        head = [
            f"{verb} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept-Encoding: gzip",
            "Accept-Language: ru", "User-Agent: load",
        ]  # fmt: skip
        if session:
            head += [f"Cookie: sessionid={session}; csrftoken={TOKEN}", f"X-CSRFToken: {TOKEN}"]
        if body or verb == "POST":
            head += [f"Content-Type: {mime}", f"Content-Length: {len(body)}"]
        request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        try:
            kept = self.writer is not None and not self.writer.is_closing()
            try:
                status, headers, content = await self._send(request)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                # A server may hang up on a connection that has been idle; whoever only reads calls again (RFC 9110,
                # 9.2.2), as browsers do. Half an answer is a fault all the same.
                if not kept or verb != "GET" or getattr(error, "partial", b""):
                    raise
                self.close()
                status, headers, content = await self._send(request)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.seen.faults.append(f"{kind} {path}: {type(error).__name__}")
            self.close()
            return 0, {}, b""
        self.seen.times.setdefault(kind, []).append(time.perf_counter() - began)
        self.seen.bytes += len(content)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return status, headers, content

    async def _send(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.writer is None or self.reader is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(request)
        await self.writer.drain()
        status, headers = await _head(self.reader)
        return status, headers, await _content(self.reader, headers)

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(lines[0].split()[1]), headers


async def _content(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return b"".join(parts)
    return await reader.readexactly(int(headers.get("content-length", 0)))


async def read(port: int, seen: Seen, city: dict[str, Any], until: float, think: float, chance: random.Random) -> None:
    """Somebody who opens a page, reads it for a while, and opens the next."""
    line = Line(port, seen)
    await asyncio.sleep(chance.uniform(0, think))
    first = True
    while time.monotonic() < until:
        page = chance.choice(city["pages"])
        status, _headers, _content = await line.ask("read", "GET", page)
        if status != 200:
            seen.faults.append(f"read {page}: {status}")
        seen.done["read"] += status == 200
        if first:
            await line.ask("file", "GET", "/static/shaar/shaar.css")
            first = False
        # People read for very different times; nobody for less than a second.
        await asyncio.sleep(1 + chance.expovariate(1 / max(think - 1, 0.1)))
    line.close()


async def write(port: int, seen: Seen, city: dict[str, Any], kind: str, session: str, what: Any) -> None:
    """Somebody on her phone who puts forward, supports or votes, and sees the page after it."""
    line, form = Line(port, seen), "application/x-www-form-urlencoded"
    if kind == "proposal":
        given = {
            "process": city["process"], "kind": "park", "title": f"Сквер номер {what}", "territory": city["place"],
            "text": "Вдоль дороги нет ни дерева, ни скамейки; просим посадить.", "key": str(uuid.uuid4()),
        }  # fmt: skip
        status, _head, content = await line.ask(
            kind, "POST", "/api/v1/proposals", session=session, body=json.dumps(given).encode(), mime="application/json"
        )
        if status == 201:
            import gzip

            text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
            seen.refs.append(json.loads(text)["ref"])
            after = f"/proposals/{seen.refs[-1]}/"
        good = status == 201
    else:
        path, facts = f"/proposals/{what}/support/", {}
        if kind == "opinion":
            path, facts = f"/opinions/{city['question']}/", {"number": what, "value": random.choice((1, 0, -1))}
        body = urlencode({**facts, "csrfmiddlewaretoken": TOKEN}).encode()
        status, headers, _content = await line.ask(kind, "POST", path, session=session, body=body, mime=form)
        good = status == 302 and "/account/" not in headers.get("location", "")
        after = headers.get("location", "").split("#")[0]
    seen.done[kind] += good
    if not good:
        seen.faults.append(f"{kind}: {status}")
    else:
        status, _headers, _content = await line.ask("after", "GET", after, session=session)
        if status != 200:
            seen.faults.append(f"after {after}: {status}")
    line.close()


async def run(port: int, city: dict[str, Any], seconds: float, readers: int, writes: float, think: float) -> Seen:
    """The busy minute."""
    seen, chance = Seen(), random.Random(1)
    until = time.monotonic() + seconds
    tasks = [asyncio.create_task(read(port, seen, city, until, think, random.Random(n))) for n in range(readers)]
    # Each pair at most once, so that every answer "done" must be a row of its own.
    pairs = {
        "support": [(session, ref) for session in city["sessions"][40:] for ref in city["young"]],
        "opinion": [(session, number) for session in city["sessions"] for number in city["statements"]],
        "proposal": [(session, n) for n, session in enumerate(city["sessions"])],
    }
    for rows in pairs.values():
        chance.shuffle(rows)
    began, number = time.monotonic(), 0
    while writes and time.monotonic() < until:
        kind = chance.choices(list(MIX), list(MIX.values()))[0]
        session, what = pairs[kind].pop()
        tasks.append(asyncio.create_task(write(port, seen, city, kind, session, what)))
        number += 1
        await asyncio.sleep(max(0.0, began + number / writes - time.monotonic()))
    await asyncio.gather(*tasks)
    return seen


TABLES = {"proposal": "propose_measure", "support": "propose_support", "opinion": "propose_opinionvote"}


def rows(home: Path) -> dict[str, int]:
    """How many rows each kind of write has."""
    with sqlite3.connect(f"file:{home / 'shaar.sqlite3'}?mode=ro", uri=True) as base:
        found = {kind: base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for kind, table in TABLES.items()}
        found["miscounted"] = base.execute(
            "SELECT count(*) FROM propose_measure m WHERE supports_count != "
            "(SELECT count(*) FROM propose_support s WHERE s.measure_id = m.id)"
        ).fetchone()[0]
        found["events"] = base.execute("SELECT count(*) FROM kernel_event").fetchone()[0]
        return found


def faults_of(home: Path, before: dict[str, int], seen: Seen) -> list[str]:
    """What was lost or doubled; empty if nothing was."""
    after, found = rows(home), list(seen.faults)
    made = {kind: after[kind] - before[kind] for kind in TABLES}
    wanted = {kind: seen.done[kind] for kind in TABLES}
    wanted["support"] += seen.done["proposal"]  # an author stands behind what she puts forward
    found += [f"{kind}: {made[kind]} rows for {wanted[kind]} answers" for kind in TABLES if made[kind] != wanted[kind]]
    if len(set(seen.refs)) != len(seen.refs):
        found.append("two proposals have one number")
    if after["miscounted"]:
        found.append(f"{after['miscounted']} proposals count their supports wrongly")
    if after["events"] == before["events"] and sum(wanted.values()):
        found.append("no event was recorded")
    checked = subprocess.run(
        [sys.executable, "-m", "shaar", "manage", "verify_events"], env=_environment(home), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if checked.returncode:
        found.append(f"the chain of events: {(checked.stdout + checked.stderr).strip()[-200:]}")
    return found


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHAAR_")}
    return {**kept, "SHAAR_HOME": str(home), "SHAAR_CITY": "astana"}


def share(times: list[float], part: float) -> float:
    """Milliseconds within which this part of the answers came (nearest rank)."""
    ordered = sorted(times)
    return 1000 * ordered[min(len(ordered) - 1, max(0, round(part * len(ordered) + 0.5) - 1))]


def say(seen: Seen, seconds: float) -> float:
    """Print the table; the 95th percentile of all, in milliseconds."""
    print(f"{'':10}{'answers':>9}{'a second':>10}{'median ms':>11}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    every = [one for times in seen.times.values() for one in times]
    for kind, times in [*sorted(seen.times.items()), ("all", every)]:
        figures = [share(times, part) for part in (0.5, 0.95, 0.99, 1.0)]
        print(
            f"{kind:10}{len(times):9}{len(times) / seconds:10.1f}{figures[0]:11.0f}"
            + "".join(f"{one:9.0f}" for one in figures[1:])
        )
    print(f"{seen.bytes / 1e6:.1f} MB of answers, as sent")
    return share(every, 0.95)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _second in range(120):
        if server.poll() is not None:
            raise SystemExit("the server ended before it answered")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as held:
                held.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if held.recv(20).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        time.sleep(1)
    raise SystemExit("the server does not answer")


def main() -> int:
    """Prepare, serve, load, check; 0 if all holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--writes", type=float, default=20, help="proposals, supports and votes a second")
    parser.add_argument("--think", type=float, default=10, help="mean seconds for which a page is read")
    parser.add_argument("--processes", type=int, default=2, help="web processes of the server")
    parser.add_argument("--home", type=Path, help="keep the home there (must not exist); else a temporary one")
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--people", type=int, default=600, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare:
        (given.home / "load.json").write_text(json.dumps(prepare(given.home, given.people)), encoding="utf-8")
        return 0
    home = given.home or Path(tempfile.mkdtemp(prefix="shaar-load-"))
    home.mkdir(parents=True, exist_ok=True)
    server = None
    try:
        print("preparing a city …", flush=True)
        subprocess.run(
            [sys.executable, __file__, "--prepare", "--home", str(home), "--people", str(given.people)],
            env=_environment(home), check=True,
        )  # fmt: skip
        city = json.loads((home / "load.json").read_text(encoding="utf-8"))
        before, port = rows(home), _free_port()
        server = subprocess.Popen(
            [
                sys.executable, "-m", "shaar", "serve", "--home", str(home), "--port", str(port),
                "--processes", str(given.processes),
            ],
            env=_environment(home), stdout=subprocess.DEVNULL,
        )  # fmt: skip
        _wait(port, server)
        print(f"{given.readers} readers and {given.writes:g} writes a second for {given.seconds:g} s", flush=True)
        seen = asyncio.run(run(port, city, given.seconds, given.readers, given.writes, given.think))
        slow = say(seen, given.seconds)
        faults = faults_of(home, before, seen)
    finally:
        if server is not None:
            server.terminate()
            server.wait(timeout=60)
        if given.home is None:
            shutil.rmtree(home, ignore_errors=True)
    done = ", ".join(f"{seen.done[kind]} {kind}" for kind in (*TABLES, "read"))
    print(f"done: {done}; " + ("nothing lost or doubled, no error" if not faults else f"{len(faults)} FAULTS"))
    for words, times in Counter(faults).most_common(20):
        print(f"  {times} × {words}")
    print(f"p95 of all {slow:.0f} ms, limit {LIMIT_MS:.0f} ms: {'met' if slow < LIMIT_MS else 'NOT met'}")
    return 0 if not faults and slow < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
