"""What the report says of the service: lines, periods beside today's, vehicles, what is short, and areas."""

from __future__ import annotations

import dataclasses
import re

import pytest

from shaar.engine.design.city_measures import area_names
from shaar.report import write_report
from shaar.report.i18n import LANGUAGES, Speaker
from shaar.report.maps import zone_maps
from shaar.report.numbers import NBSP
from shaar.report.sections.access import access
from shaar.report.sections.service import areas, period_texts, service
from shaar.report.shared import prepare

from .sample import sample_result


@pytest.fixture(scope="module")
def result():
    return sample_result(with_network=True)


@pytest.fixture(scope="module")
def shared(result):
    return prepare(result)


def cells(table: str) -> list[list[str]]:
    """Text of the cells of the body rows of a table."""
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.S)
    return [[re.sub("<.*?>", "", c) for c in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.S)] for row in rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_its_vehicle_headways_load_and_place(shared, result, language) -> None:
    s = Speaker(language)
    found = service(shared, s)
    plan = result.design.front[result.design.chosen]
    rows = cells(found["lines"])
    assert [r[0] for r in rows] == [line.name for line in plan.lines]
    assert rows[1][1] == s.word("vehicle", "articulated_18m")
    assert rows[1][2] == f"{s.n(8)} · {s.n(15)}"
    assert rows[1][4] == s.sig(4000)
    assert rows[1][5] == s.pct(0.7)
    assert rows[0][6]
    assert rows[0][9] == s.sig(1000.0 * sum(x.kgco2e for x in plan.service.lines if x.name == "1") / 8000.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_periods_of_the_plan_stand_above_those_of_today(shared, result, language) -> None:
    s = Speaker(language)
    rows = cells(service(shared, s)["periods"])
    plan, today = result.design.front[result.design.chosen].service, result.design.today.service
    assert len(rows) == len(plan.periods) + len(today.periods)
    assert rows[2][0].startswith(s.t("service.day"))
    assert rows[5][0].startswith(s.t("word.today"))
    assert rows[2][2] == s.sig(plan.day.boardings)
    assert rows[5][2] == s.sig(today.day.boardings)


def test_a_report_without_a_timetable_has_no_rows_of_today_and_no_areas() -> None:
    shared = prepare(sample_result())
    s = Speaker("en")
    assert len(cells(service(shared, s)["periods"])) == 3
    assert areas(shared, s) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_short_is_said_with_what_would_help(shared, language) -> None:
    s = Speaker(language)
    said = service(shared, s)["short"]
    values = {"line": "4", "period": s.word("period", "peak"), "load": s.n(700), "places": s.n(640)}
    assert said == [s.t("service.short", extra="2", **values), s.t("service.short_never", **values)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_areas_are_named_in_the_language_with_signed_changes(shared, language) -> None:
    s = Speaker(language)
    rows = cells(areas(shared, s))
    assert [r[0] for r in rows] == ["Koktal", s.t("area.north-east"), s.t("area.centre")]
    assert rows[0][4] == f"{s.signed(3.75, 1)}{NBSP}%"
    assert rows[2][4] == f"{s.signed(-10.0, 1)}{NBSP}%"


def test_a_line_says_each_period_and_a_plan_without_service_its_headways(result, tmp_path) -> None:
    plan = result.design.front[result.design.chosen]
    s = Speaker("en")
    said = period_texts(plan.service, plan.lines[0], s)
    boardings, share = s.sig(1000.0), s.pct(0.5)
    assert said[0] == (
        f"peak: every 4{NBSP}min, 12 vehicles, {boardings} boardings, at the fullest hour {share} of places taken"
    )
    assert len(said) == 2
    bare = dataclasses.replace(plan, service=None)
    front = tuple(bare if p is plan else p for p in result.design.front)
    other = dataclasses.replace(result, design=dataclasses.replace(result.design, front=front))
    assert service(prepare(other), s) is None
    text = write_report(other, tmp_path / "r.html").read_text(encoding="utf-8")
    assert s.t("service.lines") not in text
    assert f"peak: every 4{NBSP}min; off-peak" in text


@pytest.fixture(scope="module")
def mapped(result, shared):
    """Areas of the sample's own zones: one gains clearly, one loses, one hardly changes, the rest is not known."""
    first, second, third = list(dict.fromkeys(area_names(result.city)))[:3]
    rows = tuple(
        {**shared.facts.chosen.areas[0], "area": name, "before_minutes": 40.0, "after_minutes": 40.0 + change}
        for name, change in ((first, -4.0), (second, 1.5), (third, 0.4))
    )
    facts = dataclasses.replace(shared.facts, chosen=dataclasses.replace(shared.facts.chosen, areas=rows))
    layer = zone_maps.areas(result, facts, shared.window)
    return dataclasses.replace(shared, facts=facts, areas=layer), (first, second, third)


def test_areas_are_drawn_by_the_change_of_their_mean_journey(mapped, result) -> None:
    shared, (first, second, third) = mapped
    people = dict.fromkeys((first, second, third), 0.0)
    for name, p in zip(area_names(result.city), result.city.zones["population"], strict=True):
        people[name] = people.get(name, 0.0) + p
    # Shorter by 3 to 6 minutes; longer by 1 to 3; no clear change.
    assert shared.areas.people == pytest.approx((0.0, 0.0, people[second], people[third], 0.0, people[first], 0.0))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_of_areas_tells_the_share_of_residents_who_gain_and_lose(mapped, language) -> None:
    shared, _ = mapped
    s = Speaker(language)
    page = access(shared, s)["area_map"]
    people = shared.areas.people
    assert s.t("areas.title", gain=s.pct(people[5] / sum(people)), loss=s.pct(people[2] / sum(people))) in page
    assert 'href="#areas"' in page


def test_without_todays_network_there_is_no_map_of_areas() -> None:
    shared = prepare(sample_result())
    assert shared.areas is None
    assert access(shared, Speaker("en"))["area_map"] is None
