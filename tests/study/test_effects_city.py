"""Effects in the example city: equal to baselines run apart, whatever the number of threads, and said as they are."""

from __future__ import annotations

from dataclasses import replace

import numba
import pytest

from shaar.engine.city import folder
from shaar.engine.city.example import example_city_path
from shaar.engine.measures.scenario import carry_out, parse_scenario
from shaar.engine.study.baseline import baseline
from shaar.engine.study.effects import Workshop
from shaar.engine.study.effects_router import DRAWS, draw_seed

pytestmark = pytest.mark.slow

OFTEN = parse_scenario(
    {"name": "x", "changes": [
        {"type": "set_headway", "route_id": "R7", "start": "06:00", "end": "22:00", "minutes": 4},
        {"type": "remove_line", "route_id": "R40"},
    ]}
)  # fmt: skip


@pytest.fixture(scope="module")
def city():
    return folder.read(example_city_path("astana"))


@pytest.fixture(scope="module")
def workshop(city):
    return Workshop.open(city, None)


@pytest.fixture(scope="module")
def found(workshop):
    return workshop.appraise(OFTEN)


def test_both_sides_equal_baselines_run_apart(city, workshop, found):
    """From the reference network on; three draws of phases each, a baseline with one draw for each."""
    od = workshop._demand.ods[0]
    after = carry_out(workshop.state, OFTEN)
    for state, side in ((workshop.state, "before"), (after, "after")):
        runs = [
            baseline(
                state.city, state.feed, od=od, headway_draws=1,
                options=replace(workshop.options, seed=draw_seed(0, k)),
            )
            for k in range(DRAWS)
        ]  # fmt: skip
        mean = lambda values: sum(values) / len(values)  # noqa: E731
        e = found.effect("journey.minutes")
        assert getattr(e, side) == pytest.approx(mean([b.journeys.mean_all for b in runs]), abs=1e-6)
        for m in (400, 800):
            near = float(runs[0].zones[f"within_{m}"].sum())
            assert getattr(found.effect(f"stops.within_{m}"), side) == pytest.approx(near)
        for key in ("jobs_30", "jobs_60", "clinics_45"):
            expected = mean([b.zones[key].to_numpy() for b in runs])
            assert found.zones[f"access.{key}_{side}"].to_numpy() == pytest.approx(expected)
        n = runs[0].network
        assert n is not None
        assert getattr(found.effect("service.vehicles"), side) == n.fleet
        assert getattr(found.effect("service.vehicle_km"), side) == pytest.approx(n.vehicle_km)


def test_the_number_of_threads_does_not_matter(city, workshop, found):
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = Workshop.open(city, None).appraise(OFTEN)
    finally:
        numba.set_num_threads(threads)
    assert alone.effects == found.effects
    assert alone.zones.equals(found.zones)
    assert alone.provenance == found.provenance


def test_it_says_that_the_network_does_not_run(found):
    said = {f.code: f for f in found.assumptions}
    assert "does not run there" in said["effects.reference"].message
    assert {"baseline.demand", "effects.same_trips", "effects.draws"} <= set(said)


def test_places_by_name_the_most_affected_first(found):
    rows = found.places.to_dicts()
    assert [p["affected"] for p in rows] == sorted((p["affected"] for p in rows), reverse=True)
    assert all(p["name"] for p in rows)
    assert {p["kind"] for p in rows} == {"district", "settlement"}


def test_boardings_move_with_the_service(found):
    lines = {x["route_id"]: x for x in found.lines.to_dicts()}
    assert set(lines) == {"R7", "R40"}
    assert lines["R7"]["boardings_after"] > lines["R7"]["boardings_before"] > 0
    assert (lines["R40"]["status"], lines["R40"]["boardings_after"]) == ("gone", 0)
