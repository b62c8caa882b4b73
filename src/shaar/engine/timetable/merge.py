"""Several feeds of one city as one, ids changed only where they clash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.timetable.feed import SCHEMA, Feed

#: Which columns hold an id of which kind; the first of each is where it is defined.
_IDS: dict[str, tuple[tuple[str, str], ...]] = {
    "agency_id": (("agency", "agency_id"), ("routes", "agency_id")),
    "stop_id": (("stops", "stop_id"), ("stops", "parent_station"), ("stop_times", "stop_id")),
    "route_id": (("routes", "route_id"), ("trips", "route_id")),
    "trip_id": (("trips", "trip_id"), ("stop_times", "trip_id"), ("frequencies", "trip_id")),
    "service_id": (
        ("calendar", "service_id"), ("calendar_dates", "service_id"), ("trips", "service_id"),
    ),
    "shape_id": (("shapes", "shape_id"), ("trips", "shape_id")),
    "block_id": (("trips", "block_id"),),
}  # fmt: skip


def merge_feeds(feeds: Sequence[Feed], names: Sequence[str]) -> Feed:
    """Put feeds together.

    Parameters
    ----------
    feeds, names
        Feeds and a short name for each. An id that stands in two feeds becomes ``name:id`` in every feed but the
        first that has it; all others stay as they are. A blank agency_id becomes the feed's name.

    Returns
    -------
    Feed
        Tables below each other. Tables that are not modelled (fares, ...) are kept only where one feed has them and
        none of that feed's ids changed, since their references could not be followed.

    Raises
    ------
    InputError
        No feed, as many names as feeds are not given, a name twice.
    """
    if not feeds or len(feeds) != len(names) or len(set(names)) != len(names):
        raise InputError(f"{len(feeds)} feeds need as many different names, not {list(names)}", field="names")
    if len(feeds) == 1:
        return feeds[0]
    feeds = [_name_agency(f, n) for f, n in zip(feeds, names, strict=True)]
    taken: dict[str, set[str]] = {kind: set() for kind in _IDS}
    parts: list[Feed] = []
    changed: list[bool] = []
    findings: list[Finding] = [x for f in feeds for x in f.findings]
    for feed, name in zip(feeds, names, strict=True):
        out, renamed = feed, 0
        for kind, places in _IDS.items():
            own: set[str] = set()
            for table, column in places if kind == "service_id" else places[:1]:
                own |= set(getattr(feed, table)[column].drop_nulls())
            clash = {i: _free(f"{name}:{i}", taken[kind] | own) for i in sorted(own & taken[kind])}
            taken[kind] |= {clash.get(i, i) for i in own}
            renamed += len(clash)
            if clash:
                for table, column in places:
                    frame: pl.DataFrame = getattr(out, table)
                    changes: dict[str, Any] = {table: frame.with_columns(pl.col(column).replace(clash))}
                    out = replace(out, **changes)
        if renamed:
            findings.append(
                Finding(
                    "merge.renamed",
                    f'{renamed} ids of the feed "{name}" were in use already and now start with "{name}:".',
                    renamed,
                    name,
                    "info",
                    {"ids": renamed, "feed": name},
                )
            )
        parts.append(out)
        changed.append(renamed > 0)
    tables = {t: pl.concat([getattr(p, t) for p in parts], how="diagonal") for t in SCHEMA}
    tables["stop_times"] = tables["stop_times"].sort("trip_id", "stop_sequence")
    tables["shapes"] = tables["shapes"].sort("shape_id", "sequence")
    others: dict[str, pl.DataFrame] = {}
    lost: list[str] = []
    for table in sorted({t for f in feeds for t in f.others}):
        having = [i for i, f in enumerate(feeds) if table in f.others]
        if len(having) == 1 and not changed[having[0]] and table != "feed_info":
            others[table] = feeds[having[0]].others[table]
        else:
            lost.append(table)
    if lost:
        findings.append(
            Finding(
                "merge.left_out",
                f"Tables left out of the merged feed: {', '.join(lost)}.",
                len(lost),
                lost[0],
                "info",
                {"tables": ", ".join(lost)},
            )
        )
    return Feed(**tables, findings=tuple(findings), others=others)


def _free(wanted: str, used: set[str]) -> str:
    """Return the wanted id, or the first of wanted.2, wanted.3, ... that is free."""
    k, candidate = 1, wanted
    while candidate in used:
        k += 1
        candidate = f"{wanted}.{k}"
    return candidate


def _name_agency(feed: Feed, name: str) -> Feed:
    """Give the only agency of a feed an id where it has none, so that routes still find it among others."""
    if feed.agency.height != 1:
        return feed
    aid = feed.agency["agency_id"][0] or name
    return replace(
        feed,
        agency=feed.agency.with_columns(pl.lit(aid).alias("agency_id")),
        routes=feed.routes.with_columns(pl.col("agency_id").fill_null(aid)),
    )
