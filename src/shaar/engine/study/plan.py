"""The main job, whole: check a city, say how it stands, design a better network, and compare."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from shaar.engine.city.model import City
from shaar.engine.progress import Progress, silent
from shaar.engine.study.baseline import baseline
from shaar.engine.study.check import check_city
from shaar.engine.study.climate import climate_account
from shaar.engine.study.demand import city_demand
from shaar.engine.study.design import design
from shaar.engine.study.design_output import design_feed
from shaar.engine.study.design_rules import Wishes
from shaar.engine.study.results import Options, PlanResult
from shaar.engine.timetable.feed import Feed


def plan(
    city: City,
    feed: Feed | None = None,
    *,
    options: Options | None = None,
    fleet: int | None = None,
    fleets: Sequence[int] | None = None,
    lines: int | None = None,
    seconds: float = 60.0,
    wishes: Wishes | None = None,
    progress: Progress = silent,
) -> PlanResult:
    """Check, baseline, design, the same baseline again on the designed network, and its energy account.

    Parameters
    ----------
    city, feed
        The city and its timetable as it stands; without one, the baseline is on foot and says so.
    options
        Day, window, walking and limits of the journeys; ``options.seed`` also seeds the search.
    fleet, fleets, lines
        Vehicles of the chosen plan, fleet sizes of the front, and number of lines; None leaves each to the design.
    seconds
        Time given to the search of the design; the other stages take what they need.
    wishes
        What is asked of the design: mode, lines that stay, coverage ...

    Returns
    -------
    PlanResult
        Before and after are computed by the same function on the same demand, so they differ by the network alone.

    Raises
    ------
    ShaarError
        The city cannot be planned as it is (no people, no streets for buses, an impossible fleet); one sentence.
    """
    options = options or Options()
    clock: dict[str, float] = {}
    with _timed(clock, "check"):
        findings = check_city(city, feed)
    with _timed(clock, "demand"):
        od = city_demand(city, progress=progress)
    with _timed(clock, "baseline"):
        before = baseline(city, feed, options=options, label="today", od=od, progress=_of("today", progress))
    with _timed(clock, "design"):
        designed = design(
            city,
            od,
            feed=feed,
            fleet=fleet,
            fleets=fleets,
            lines=lines,
            seconds=seconds,
            seed=options.seed,
            options=options,
            wishes=wishes,
            progress=progress,
        )
    with _timed(clock, "after"):
        after = baseline(
            city,
            design_feed(city, designed, feed=feed),
            options=options,
            label="plan",
            od=od,
            progress=_of("plan", progress),
        )
    with _timed(clock, "climate"):
        assert after.network is not None  # a designed feed always has service
        climate = climate_account(city, before.network, designed.front[designed.chosen], after.network, options=options)
    return PlanResult(
        city=city,
        options=options,
        findings=(*findings, *designed.findings),
        before=before,
        after=after,
        design=designed,
        climate=climate,
        made=dt.datetime.now(dt.UTC),
        seconds=clock,
    )


def _of(network: str, progress: Progress) -> Progress:
    """Name the network that a stage belongs to, since both go through the same stages."""

    def named(stage: str, done: float, total: float | None = None, note: str = "") -> None:
        progress(f"{network}: {stage}", done, total, note)

    return named


@contextmanager
def _timed(clock: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    clock[stage] = time.perf_counter() - start
