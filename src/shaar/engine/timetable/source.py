"""The files of a GTFS feed, from a zip or a folder, as checked UTF-8 bytes."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

_KNOWN = ("agency", "stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies", "shapes")


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes of each table by name without ``.txt``, and what was odd about the container."""

    label: str
    tables: dict[str, bytes]
    findings: tuple[Finding, ...] = ()

    def file(self, table: str) -> str:
        """Name a table's file for a message: the feed as the user named it, then the file inside."""
        return f"{self.label}/{table}.txt"


def open_source(path: Path) -> Source:
    """Read every ``.txt`` table of a feed.

    Parameters
    ----------
    path
        A zip file or a folder. Tables may stand in one folder inside the zip; file names may be in any case.

    Raises
    ------
    InputError
        No such file, not a zip, a damaged or protected zip, several feeds in one zip, no tables, not UTF-8.
    """
    if path.is_dir():
        raw = {p.relative_to(path).as_posix(): p for p in path.rglob("*") if p.suffix.lower() == ".txt" and p.is_file()}
        chosen, findings = _choose(path, list(raw))
        tables = {table: raw[name].read_bytes() for table, name in chosen.items()}
    elif path.is_file():
        tables, findings = _unzip(path)
    else:
        raise InputError("there is no such file or folder", file=path)
    return Source(str(path), {t: _clean(b, f"{path}/{t}.txt") for t, b in tables.items()}, findings)


def _unzip(path: Path) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    try:
        with zipfile.ZipFile(path) as z:
            chosen, findings = _choose(path, [n for n in z.namelist() if n.lower().endswith(".txt")])
            tables = {}
            for table, name in chosen.items():
                try:
                    tables[table] = z.read(name)
                except (zipfile.BadZipFile, zlib.error, EOFError) as e:
                    raise InputError("the zip is damaged here; fetch the feed again", file=f"{path}/{name}") from e
                except RuntimeError as e:  # zipfile's way to say that a member is encrypted
                    raise InputError("the zip is protected by a password", file=f"{path}/{name}") from e
            return tables, findings
    except zipfile.BadZipFile as e:
        head = path.open("rb").read(4)
        text = "the zip is cut off; fetch it again" if head == b"PK\x03\x04" else "this is not a zip file"
        raise InputError(f"{text} (a GTFS feed is a zip or a folder of .txt tables)", file=path) from e


def _choose(path: Path, names: list[str]) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """Pick the folder that holds the tables: map table name -> member name."""
    folders: dict[str, dict[str, str]] = {}
    for name in names:
        p = PurePosixPath(name)
        if "__MACOSX" not in p.parts and not p.name.startswith("."):
            folders.setdefault(str(p.parent), {})[p.stem.lower()] = name
    feeds = sorted(f for f, tables in folders.items() if "stops" in tables or "stop_times" in tables)
    if len(feeds) > 1:
        raise InputError(f"it holds several feeds ({', '.join(feeds)}); give one of them", file=path)
    if not feeds:
        if names:
            raise InputError("stops.txt is missing", file=path)
        raise InputError("there are no .txt tables in it, so it is not a GTFS feed", file=path)
    tables = folders[feeds[0]]
    findings: list[Finding] = []
    if feeds[0] != ".":
        findings.append(
            Finding(
                "feed.folder",
                f'The tables stand in the folder "{feeds[0]}" of the feed.',
                where=feeds[0],
                severity="info",
                values={"folder": feeds[0]},
            )
        )
    known = {t: n for t, n in tables.items() if t in _KNOWN}
    others = {t: n for t, n in sorted(tables.items()) if t not in _KNOWN}
    return {**known, **others}, tuple(findings)


def _clean(raw: bytes, file: str) -> bytes:
    """Drop a byte order mark, turn old Mac line ends, and make sure that the bytes are UTF-8."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError("the file is in UTF-16; GTFS files are UTF-8", file=file)
    while raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    if not raw.isascii():
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as e:
            row = raw.count(b"\n", 0, e.start) + 1
            byte = raw[e.start]
            raise InputError(
                f"byte 0x{byte:02x} at offset {e.start} is not UTF-8; save the file as UTF-8 "
                "(it may be Windows-1251 or Latin-1)",
                file=file,
                row=row,
            ) from e
    if b"\r" in raw and b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    return raw
