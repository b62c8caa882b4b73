"""Effects in a town small enough to work out by hand, against baselines run apart, and what must hold for all.

A --1000 m-- B --1000 m-- . --1000 m-- C        stops at A and C, a vehicle each way every 10 minutes, 6 minutes
100 people   300              600               10, 20, 40 jobs; a school at B; C is a settlement, A and B a district
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from test_baseline import AT, OPTIONS, TRIPS, feed, town

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError
from shaar.engine.measures import AddLine, Headway, NewStop, RemoveLine, Scenario, SetHeadway
from shaar.engine.measures.scenario import carry_out
from shaar.engine.measures.state import State
from shaar.engine.study.baseline import baseline
from shaar.engine.study.effects import Workshop, appraisal_json, most_affected
from shaar.engine.study.effects_router import DRAWS, draw_seed

NOTHING = Scenario(name="nothing")
REMOVED = Scenario(name="no line", changes=(RemoveLine(route_id="1"),))
OFTEN = Scenario(name="often", changes=(SetHeadway(route_id="1", start="06:30", end="09:30", minutes=4),))
#: A line from B to C by a stop of its own in the middle of B.
ADDED = Scenario(
    name="a second line",
    changes=(
        AddLine(
            line_id="2", name="2", stops_forward=("b", "east"), minutes_forward=(0, 3), stops_backward=("east", "b"),
            minutes_backward=(0, 3), headways=(Headway(start="06:00", end="10:00", minutes=5),),
            new_stops=(NewStop(stop_id="b", lon=AT["B"], lat=0.0, name="B"),),
        ),
    ),
)  # fmt: skip
ALL = (NOTHING, REMOVED, OFTEN, ADDED)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def workshop(city):
    return Workshop.open(city, feed(), options=OPTIONS, od=TRIPS, others=(TRIPS.T + 0.5 * TRIPS,))


@pytest.fixture(scope="module")
def whole(workshop):
    return {s.name: workshop.appraise(s) for s in ALL}


def test_journeys_by_hand(whole):
    """A to C and back 10 min by the line and 50 on foot; A to B 1000 s, on foot either way."""
    e = whole["no line"].effect("journey.minutes")
    assert e.before == pytest.approx((200 * 10 + 50 * 1000 / 60) / 250, abs=0.01)
    assert e.after == pytest.approx((200 * 50 + 50 * 1000 / 60) / 250, abs=0.01)
    assert e.change == e.after - e.before == pytest.approx(32, abs=1e-6)
    assert (e.unit, e.better, e.badge, e.clear) == ("min", "less", "modelled", -1)


def test_journeys_of_places_by_hand(whole):
    """Trips from and to C: 200, all by the line. Of A and B: 250 with an end at A, 50 with an end at B."""
    far = whole["no line"].effect("journey.minutes", place="s1")
    assert (far.before, far.after) == (pytest.approx(10), pytest.approx(50))
    west = whole["no line"].effect("journey.minutes", place="d1")
    assert west.before == pytest.approx((200 * 10 + 2 * 50 * 1000 / 60) / 300, abs=0.01)
    assert west.after == pytest.approx((200 * 50 + 2 * 50 * 1000 / 60) / 300, abs=0.01)


def test_the_range_holds_what_the_demand_could_be(whole):
    """The other matrix: A-B 25, B-A 50, A-C 150, C-A 150; 300 of 375 trips lose 40 minutes."""
    e = whole["no line"].effect("journey.minutes")
    assert (e.low, e.high) == (pytest.approx(40 * 200 / 250), pytest.approx(40 * 300 / 375))


def test_people_near_stops_by_hand(whole):
    for m in (400, 800):
        e = whole["no line"].effect(f"stops.within_{m}")
        assert (e.before, e.after) == (700, 0)
        assert (e.low, e.high) == (-700, -700)
    assert whole["no line"].effect("stops.within_400", place="s1").change == -600
    assert whole["a second line"].effect("stops.within_400").after == 1000


def test_access_by_hand(whole):
    """Jobs within 12 min: 50, 20, 50 with the line and 10, 20, 40 on foot; from C to the school at B 26.7 min."""
    gone = whole["no line"]
    jobs = gone.effect("access.jobs_12")
    assert jobs.before == pytest.approx((100 * 50 + 300 * 20 + 600 * 50) / 1000)
    assert jobs.after == pytest.approx((100 * 10 + 300 * 20 + 600 * 40) / 1000)
    assert gone.effect("access.jobs_12", place="s1").change == pytest.approx(-10)
    assert gone.effect("access.jobs_12", place="d1").change == pytest.approx(-40 * 100 / 400)
    school = gone.effect("reach.schools_30")
    assert (school.before, school.after, school.change) == (1000, 400, -600)
    assert gone.effect("reach.schools_20").change == 0
    assert gone.effect("reach.clinics_30").after == 0


def test_groups_by_hand(whole):
    """Half of everybody has no car, and that could be a quarter or three quarters; only C is a settlement."""
    gone = whole["no line"]
    e = gone.effect("reach.schools_30", group="carless")
    assert (e.before, e.change, e.low, e.high) == (500, -300, -450, -150)
    assert gone.effect("access.jobs_12", group="carless").change == gone.effect("access.jobs_12").change
    settlement = gone.effect("reach.schools_30", group="settlement")
    assert (settlement.before, settlement.after) == (600, 0)
    # older people walk at another pace and not as far, so what they reach on foot is less
    old = gone.effect("access.jobs_30", group="elderly")
    assert old.after is not None and old.after <= gone.effect("access.jobs_30").after


def test_service_by_hand(whole):
    """24 trips of 6 minutes each day, 3 km as the crow flies; 5 minutes of rest after each."""
    gone = whole["no line"]
    assert (gone.effect("service.lines").before, gone.effect("service.vehicles").before) == (1, 4)
    assert gone.effect("service.vehicle_hours").change == pytest.approx(-2.4)
    km = gone.effect("service.vehicle_km").before
    assert km == pytest.approx(24 * 3 * 1.15, rel=0.01)
    p, v = load_parameters("climate.csv"), load_parameters("vehicles.csv")
    days, road = p["days_per_year"], km * (1 + p["empty_share"])
    cost = gone.effect("money.cost")
    for end, value in (("value", cost.change), ("low", cost.high), ("high", cost.low)):
        hour, metre = (getattr(v.row(f"bus_12m.cost_{x}"), end) for x in ("hour", "km"))
        assert value == pytest.approx(-days * (24 * 11 / 60 * hour + road * metre))
    assert gone.effect("money.capital").change == 0


def test_more_vehicles_cost_capital_by_hand(whole):
    """Every 4 minutes: 11 minutes of run and rest each way are 2.75 vehicles, 3 each way; 6 in place of 4."""
    often = whole["often"]
    assert often.effect("service.vehicles").after == 6
    row = load_parameters("effects_values.csv").row("capital.bus_12m")
    e = often.effect("money.capital")
    assert (e.change, e.low, e.high) == (2 * row.value, 2 * row.low, 2 * row.high)


def test_winners_and_losers(whole):
    gone = whole["no line"]
    assert gone.zones["clear"].to_list() == [-1, 0, -1]  # from and to B people walk before and after
    rows = {p["place_id"]: p for p in gone.places.to_dicts()}
    assert (rows["s1"]["losers"], rows["s1"]["gainers"], rows["d1"]["losers"]) == (600, 0, 100)
    assert (rows["s1"]["clear"], rows["s1"]["name"]) == (-1, "Far")
    assert rows["s1"]["affected"] == pytest.approx(600 * 40)
    assert gone.places["place_id"].to_list() == ["s1", "d1"]  # most person-minutes first
    assert most_affected(gone, 1)["name"].to_list() == ["Far"]


def test_lines_that_change(whole):
    assert whole["no line"].lines.select("route_id", "status", "vehicles_before", "vehicles_after").rows() == [
        ("1", "gone", 4.0, 0.0)
    ]
    assert whole["a second line"].lines.select("route_id", "status").rows() == [("2", "new")]
    row = whole["often"].lines.to_dicts()[0]
    assert (row["status"], row["vehicles_after"]) == ("changed", 6)
    assert row["boardings_before"] == whole["often"].effect("service.boardings").before
    assert whole["no line"].lines["boardings_after"].to_list() == [0]


def test_boardings_by_hand(whole):
    """Everybody between A and C rides, from 7 to 9; the timetable has two hours, the morning three of the day's."""
    e = whole["no line"].effect("service.boardings")
    assert e.after == 0
    assert e.before > 0
    assert e.low == pytest.approx(-e.before * (250 + 125) / 250)  # the other matrix has half as many trips more


def test_nothing_changes_nothing(whole):
    for e in whole["nothing"].effects:
        assert e.not_modelled or (e.change, e.low, e.high, e.clear) == (0.0, 0.0, 0.0, 0), e
    z = whole["nothing"].zones
    assert set(z["change"].drop_nulls()) == {0.0}
    assert z["access.jobs_12_before"].equals(z["access.jobs_12_after"].alias("access.jobs_12_before"))
    assert whole["nothing"].lines.is_empty()
    assert most_affected(whole["nothing"]).is_empty()


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.name)
def test_quick_is_the_same_to_the_last_digit(workshop, whole, scenario):
    quick, full = workshop.quick(scenario), whole[scenario.name]
    every = {(e.indicator, e.group, e.place): e for e in full.effects}
    assert len(every) == len(full.effects)
    assert all(every[e.indicator, e.group, e.place] == e for e in quick.effects)
    assert {e.indicator for e in full.effects} - {e.indicator for e in quick.effects} == {"service.boardings"}
    assert quick.zones.equals(full.zones) and quick.places.equals(full.places)
    assert quick.provenance == full.provenance


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.name)
def test_equal_to_baselines_run_apart(city, whole, scenario):
    """Each draw is the baseline with one draw of phases; figures are means over the draws."""
    state = carry_out(State(city, feed()), scenario)
    if scenario is REMOVED:
        after = [baseline(city, None, options=OPTIONS, od=TRIPS)]
    else:
        draws = range(1 if scenario is NOTHING else DRAWS)
        after = [
            baseline(state.city, state.feed, options=replace(OPTIONS, seed=draw_seed(0, k)), od=TRIPS, headway_draws=1)
            for k in draws
        ]
    was = baseline(city, feed(), options=OPTIONS, od=TRIPS)
    found = whole[scenario.name]
    mean = lambda values: sum(values) / len(values)  # noqa: E731
    journey = found.effect("journey.minutes")
    assert journey.before == pytest.approx(was.journeys.mean_all, abs=1e-9)
    assert journey.after == pytest.approx(mean([b.journeys.mean_all for b in after]), abs=1e-9)
    assert found.effect("journey.unreached").after == pytest.approx(100 * mean([b.journeys.unreached for b in after]))
    for m in (400, 800):
        assert found.effect(f"stops.within_{m}").after == pytest.approx(after[0].zones[f"within_{m}"].sum())
    for key in ("jobs_12", "jobs_20", "jobs_30", "schools_20", "schools_30"):
        expected = mean([b.zones[key].to_numpy() for b in after])
        assert found.zones[f"access.{key}_after"].to_numpy() == pytest.approx(expected)
        assert found.effect(f"access.{key}").after == pytest.approx(
            mean([b.places.filter(pl.col("kind") == "city")[key][0] for b in after])
        )
    if after[0].network is not None:
        n = after[0].network
        assert found.effect("service.vehicle_km").after == pytest.approx(n.vehicle_km)
        assert found.effect("service.vehicle_hours").after == pytest.approx(n.vehicle_hours)
        assert (found.effect("service.vehicles").after, found.effect("service.lines").after) == (n.fleet, n.lines)


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.name)
def test_ranges_hold_their_change_and_figures_are_finite(whole, scenario):
    for e in whole[scenario.name].effects:
        if e.not_modelled:
            assert (e.before, e.after, e.change, e.low, e.high) == (None,) * 5
        else:
            assert e.low <= e.change <= e.high and np.isfinite([e.before, e.after, e.low, e.high]).all(), e
            assert e.method and e.source, e
    json.dumps(appraisal_json(whole[scenario.name]), allow_nan=False)


def test_equal_provenance_gives_equal_figures(city, workshop, whole):
    other = Workshop.open(city, feed(), options=OPTIONS, od=TRIPS, others=(TRIPS.T + 0.5 * TRIPS,))
    again = other.appraise(ADDED)
    assert again.provenance == whole[ADDED.name].provenance
    assert again.effects == whole[ADDED.name].effects
    assert again.zones.equals(whole[ADDED.name].zones)
    seed = workshop.quick(ADDED, seed=7)
    assert seed.provenance != again.provenance
    assert seed.effect("journey.minutes").after != again.effect("journey.minutes").after
    assert seed.effect("journey.minutes").before == again.effect("journey.minutes").before  # scheduled


def test_many_threads_see_the_same(workshop, whole):
    def ask(k):
        scenario = ALL[k % len(ALL)]
        return scenario.name, workshop.quick(scenario).effect("journey.minutes")

    with ThreadPoolExecutor(4) as pool:
        for name, effect in pool.map(ask, range(16)):
            assert effect == whole[name].effect("journey.minutes")


def test_against_another_scenario(city, whole):
    """From the second line to none: the change is the difference of both against today."""
    w = Workshop.open(city, feed(), base=ADDED, options=OPTIONS, od=TRIPS)
    e = w.quick(REMOVED).effect("journey.minutes")
    assert e.before == whole[ADDED.name].effect("journey.minutes").after
    assert e.after == whole[REMOVED.name].effect("journey.minutes").after
    back = w.quick(ADDED)
    assert back.effect("journey.minutes").change == 0
    assert back.provenance.compared_with == ADDED.hash != workshop_hash(city)


def workshop_hash(city):
    return Workshop.open(city, feed(), options=OPTIONS, od=TRIPS).provenance.compared_with


def test_a_seed_draws_both_sides_alike(city):
    """Where headways are compared with the same headways, nothing changes, whatever is drawn."""
    w = Workshop.open(city, feed(), base=OFTEN, options=OPTIONS, od=TRIPS)
    minutes = set()
    for seed in (0, 1, 2, 3, 1):
        e = w.quick(OFTEN, seed=seed).effect("journey.minutes")
        assert (e.change, e.low, e.high) == (0, 0, 0)
        minutes.add(e.before)
    assert len(minutes) == 4


def test_what_cannot_be_carried_out_is_one_sentence(workshop):
    wrong = Scenario(name="x", changes=(RemoveLine(route_id="77"),))
    for ask in (workshop.quick, workshop.appraise):
        with pytest.raises(InputError, match=r"change 1 \(remove_line\): the timetable has no line 77"):
            ask(wrong)


def test_bad_input_is_one_sentence(city):
    with pytest.raises(InputError, match=r"has shape \(2, 2\)"):
        Workshop.open(city, feed(), options=OPTIONS, od=np.zeros((2, 2)))
    with pytest.raises(InputError, match="negative or missing"):
        Workshop.open(city, feed(), options=OPTIONS, od=-TRIPS)
    with pytest.raises(InputError, match="no zones"):
        Workshop.open(replace(city, zones=city.zones.clear()), feed(), od=np.zeros((0, 0)))
    with pytest.raises(InputError, match="no such table"):
        Workshop.open(city, feed(), options=OPTIONS, od=TRIPS, parameters={"prices": {}})


def test_parameters_may_be_replaced(city):
    w = Workshop.open(
        city, feed(), options=OPTIONS, od=TRIPS, parameters={"vehicles": {"bus_12m.cost_hour": 0, "bus_12m.cost_km": 0}}
    )
    e = w.quick(REMOVED).effect("money.cost")
    assert (e.before, e.change, e.low, e.high) == (0, 0, 0, 0)
    assert w.provenance.options["values"] == {"vehicles": {"bus_12m.cost_hour": 0, "bus_12m.cost_km": 0}}


def test_a_stopped_appraisal_stops(workshop):
    def stop(stage, done, total=None, note=""):
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workshop.appraise(ADDED, progress=stop)
    assert workshop.quick(NOTHING).effect("journey.minutes").change == 0


def test_a_city_without_lines_may_get_one(city):
    """Nobody rides before; the first line takes those between B and C."""
    w = Workshop.open(city, None, options=OPTIONS, od=TRIPS)
    first = Scenario(
        name="first",
        changes=(
            ADDED.changes[0].model_copy(
                update={
                    "stops_forward": ("a", "c"), "stops_backward": ("c", "a"),
                    "new_stops": (NewStop(stop_id="a", lon=AT["A"], lat=0), NewStop(stop_id="c", lon=AT["C"], lat=0)),
                }
            ),
        ),
    )  # fmt: skip
    found = w.appraise(first)
    assert found.effect("journey.minutes").before == pytest.approx((200 * 50 + 50 * 1000 / 60) / 250, abs=0.01)
    # a ride of 3 minutes, and a wait of 2.5 in the mean of a headway of 5
    assert found.effect("journey.minutes").after < (200 * 8 + 50 * 1000 / 60) / 250 + 0.01
    assert found.effect("service.vehicles").before == 0
    assert found.lines["status"].to_list() == ["new"]


def test_the_network_compared_with(workshop):
    b = workshop.baseline
    assert b.zones["minutes"].to_list()[2] == pytest.approx(10)
    assert b.places["place_id"].to_list() == ["city", "d1", "s1"]
    assert b.places["minutes"].to_list()[1] == pytest.approx((200 * 10 + 2 * 50 * 1000 / 60) / 300, abs=0.01)
    line = b.lines.to_dicts()[0]
    assert (line["name"], line["vehicle_type"], line["vehicles"]) == ("1", "bus_12m", 4)
    assert line["headway_morning_peak"] == 15  # 12 departures each way from 7 to 8:50, in three hours
    assert line["headway_midday"] is None


def test_isochrones(workshop):
    """From A at 7:00: within 12 minutes the vehicle is at C, and only with the line."""
    near = workshop.isochrone(AT["A"], 0.0, minutes=(12,), at=7 * 3600)
    far = workshop.isochrone(AT["A"], 0.0, REMOVED, minutes=(12,), at=7 * 3600)
    people = [x["features"][0]["properties"]["people"] for x in (near, far)]
    assert people[0] > people[1]
    with pytest.raises(InputError, match="minutes"):
        workshop.isochrone(AT["A"], 0.0, minutes=())
    with pytest.raises(InputError, match="further than"):
        workshop.isochrone(16.0, 0.5)
