"""What is said of a line, of long tables and of a timetable that holds only a part of the day."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from shaar.engine.findings import Finding
from shaar.engine.study.results import ClimateAccount
from shaar.report import write_report
from shaar.report.facts import account, gather
from shaar.report.figure import MOST_ROWS, Table
from shaar.report.i18n import LANGUAGES, Speaker, catalogue
from shaar.report.numbers import NBSP
from shaar.report.sections.access import MOST_ROWS as MOST_PLACES
from shaar.report.sections.access import access
from shaar.report.sections.climate import climate
from shaar.report.sections.head import cards, unknown
from shaar.report.sections.lines import PARTS, RANGES, ZEROS, line_ends, line_text, why_texts
from shaar.report.shared import prepare

from .sample import sample_climate, sample_design, sample_result

#: What the design says of a line: engine/design/lines_why.py and engine/study/design_draws.py.
WHY = {
    "trips_day": 12_345, "people_400": 23_456, "jobs_400": 9_876, "settlements": "Koktal", "minutes_lost": 0.0312,
    "people_losing": 321, "peak_load": 61.2, "speed": 19.4, "detour": 1.31, "loss_low": 0.012, "loss_high": 1.25,
    "rank_low": 2, "rank_high": 7, "found_in_draws": 0.8,
}  # fmt: skip


def with_why(**why):
    return dataclasses.replace(sample_design(sample_result().city).front[2].lines[0], why=why)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_a_line_is_said_in_words(language):
    s = Speaker(language)
    answers = why_texts(with_why(**WHY), s)
    text = " ".join(a for _, a in answers)
    ends = {e for pair in RANGES.values() for e in pair}
    assert all(s.has(f"why.{key}") for key in WHY if key not in ends)
    numbers = (s.sig(12_345), s.sig(23_456), s.sig(9_876), s.n(321), s.sig(61.2, 2), s.pct(0.8), s.sig(1.31, 2))
    for said in (*numbers, "Koktal", s.unit(1.872, "s", 1), s.unit(0.72, "s", 1), s.unit(1.25, "min", 1), s.n(7)):
        assert said in text, said
    assert [q for q, _ in answers] == [s.t(f"why_part.{p}") for p in ("exists", "serves", "lost", "stable")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_lines_belong_to_a_question_and_unknown_figures_stay_away(language):
    s = Speaker(language)
    keys = {k for _, part in PARTS for k in part}
    assert {k.removeprefix("why.") for k in catalogue(language).messages if k.startswith("why.")} <= keys
    assert all(s.has(f"why_none.{k}") for k in ZEROS)
    assert why_texts(with_why(unheard_of=3.0, speed=float("nan"), settlements="", loss_low=1.0), s) == []


def test_nothing_lost_is_said():
    s = Speaker("en")
    (question, answer), *more = why_texts(with_why(minutes_lost=-0.001, people_losing=0, speed=0.0), s)
    assert question == s.t("why_part.lost")
    assert answer == f"{s.t('why_none.minutes_lost')} {s.t('why_none.people_losing')}"
    assert more == []


def test_status_is_said_only_beside_todays_lines():
    result = sample_result()
    design = result.design
    plan = design.front[design.chosen]
    kept = (dataclasses.replace(plan.lines[0], status="kept", stops_backward=(), km_backward=0.0), *plan.lines[1:])
    front = (*design.front[:2], dataclasses.replace(plan, lines=kept), *design.front[3:])
    other = prepare(dataclasses.replace(result, design=dataclasses.replace(design, front=front)))
    s = Speaker("ru")
    alone = prepare(result)
    assert s.t("status.designed") not in line_text(alone, alone.drawn[0], s).facts
    assert line_text(other, other.drawn[0], s).facts[:2] == [s.t("status.kept"), s.unit(kept[0].km_forward, "km", 1)]
    assert line_text(other, other.drawn[1], s).facts[0] == s.t("status.designed")


def test_a_stop_without_a_name_takes_the_nearest_street():
    result = sample_result()
    line = result.design.front[2].lines[0]
    first = line.stops_forward[0]
    stops = result.design.stops.with_columns(
        name=pl.when(pl.col("stop_id") == first).then(None).otherwise(pl.col("name")),
        link_id=pl.lit(None, dtype=pl.Int64),
    )
    design = dataclasses.replace(result.design, stops=stops)
    links = result.city.links.with_columns(name=pl.when(pl.col("link_id") == 0).then(pl.lit("Main Street")))
    for table, words in ((links, "near Main Street"), (result.city.links, "<Өндіріс & Co>")):
        city = dataclasses.replace(result.city, links=table)
        shared = prepare(dataclasses.replace(result, city=city, design=design))
        assert line_ends(shared, line, Speaker("en")).split(" – ")[0] == words


def test_long_tables_fold_and_keep_every_row():
    s = Speaker("en")

    def table(n):
        return Table(("a", "b"), tuple((f"r{i}", "x") for i in range(n)), frozenset(), "Rows", "rows").html(s)

    assert table(MOST_ROWS + 3).count("<table") == 1
    long = table(MOST_ROWS + 10)
    assert long.count("<table") == 2
    assert long.count("<td") == MOST_ROWS + 10
    assert "<summary>10 more rows</summary>" in long


def test_many_places_show_those_that_gain_most_and_least():
    result = sample_result(with_network=True)
    places = [
        {**result.after.places.row(0, named=True), "place_id": f"p{i}", "kind": "settlement", "name": f"Place {i:02d}",
         "mean_minutes": 30.0 + i,
         "population": 1000.0 - i}
        for i in range(30)
    ]  # fmt: skip
    rows = pl.concat([result.after.places, pl.DataFrame(places, schema=result.after.places.schema)])
    before = pl.concat([result.before.places, pl.DataFrame([{**p, "mean_minutes": 40.0} for p in places],
                                                          schema=result.before.places.schema)])  # fmt: skip
    result = dataclasses.replace(
        result,
        before=dataclasses.replace(result.before, places=before),
        after=dataclasses.replace(result.after, places=rows),
    )
    shared = prepare(result)
    chart, twin = access(shared, Speaker("en"))["places"].split("<details", 1)
    assert chart.count('class="row"') == MOST_PLACES
    assert "Place 29" in chart
    assert "Place 14" not in chart
    assert all(f"Place {i:02d}" in twin for i in range(30))


def test_a_mean_over_all_journeys_is_said_beside_the_mean_of_possible_ones():
    result = sample_result(with_network=True)
    s = Speaker("en")
    assert "Counted as" not in cards(prepare(result), s)[0].note
    before = dataclasses.replace(result.before, journeys=dataclasses.replace(result.before.journeys, mean_all=51.2))
    after = dataclasses.replace(result.after, journeys=dataclasses.replace(result.after.journeys, mean_all=44.9))
    note = cards(prepare(dataclasses.replace(result, before=before, after=after)), s)[0].note
    assert note.endswith(s.t("card.mean_all", before="51", after=s.unit(45, "min"), limit="120"))


def test_emissions_are_a_choice_of_vehicles():
    s = Speaker("en")
    card = cards(prepare(sample_result()), s)[-1]
    assert [o[1] for o in card.options] == [f"{s.sig(1512.4)}{NBSP}t", f"{s.sig(4210.0)}{NBSP}t"]
    assert [o[0] for o in card.options] == [None, None]
    assert "not an uncertainty" in card.note


def test_a_part_of_a_day_is_not_compared_with_a_day(tmp_path):
    today = sample_climate().rows.with_columns(scenario=pl.lit("today"), co2e_wtw_t=pl.lit(777.0))
    account_rows = ClimateAccount(pl.concat([sample_climate().rows, today]))
    whole = dataclasses.replace(sample_result(with_network=True), climate=account_rows)
    found = Finding("check.concentrated", "Most trips start between 6:00 and 10:00.", severity="warning")
    part = dataclasses.replace(whole, findings=(*whole.findings, found))
    s = Speaker("en")
    assert len(account(whole, gather(whole))) == 6
    assert len(account(part, gather(part))) == 3
    assert cards(prepare(whole), s)[-1].before == f"{s.sig(777.0)}{NBSP}t"
    assert cards(prepare(part), s)[-1].before is None
    assert found.message in unknown(prepare(part), s)
    assert s.t("unknown.partial_day") not in unknown(prepare(whole), s)
    assert climate(prepare(part), s)["note"] == s.t("climate.partial_day")
    text = write_report(part, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "777" not in text
    assert s.t("card.before_unknown") not in text.split('id="en-stands"')[0].split('id="en-title"')[1]
