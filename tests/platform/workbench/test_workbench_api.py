"""What the workbench asks of the live engine: the city, layers, drawn lines, effects, isochrones, suggestions."""

from __future__ import annotations

import gzip
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from shaar.engine.city.folder import read
from shaar.engine.measures.scenario import parse_scenario
from shaar.engine.study.effects import Workshop, appraisal_json
from shaar.engine.timetable.read import read_gtfs
from shaar.platform.appraise import live
from shaar.platform.kernel import limits
from shaar.platform.kernel.models import LimitCount

OFTEN = {"type": "set_headway", "route_id": "east", "start": "07:00", "end": "10:00", "minutes": 5}
QUESTIONS = ("draw", "effects", "isochrone", "suggest", "lines/propose")


def test_before_the_model_is_open_it_says_how_far_it_is(in_town: Path, ask: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(live, "workshop", lambda: live.Opening("walks", 3.0, 9.0))
    for answer in (ask("get", "city"), ask("get", "layers/lines.json"), ask("post", "effects", {"changes": [OFTEN]})):
        assert answer.status_code == 503
        assert answer.json() == {
            "code": "opening", "message": "The model of the city is being opened.", "field": None,
            "progress": {"note": "walks", "done": 3.0, "total": 9.0},
        }  # fmt: skip
        assert answer["Retry-After"] == "2"


def test_a_city_that_cannot_be_opened_says_why(tmp_path: Path, settings: Any, ask: Any) -> None:
    from dataclasses import replace

    (tmp_path / "city.toml").write_text("name = ", encoding="utf-8")
    settings.PROFILE = replace(settings.PROFILE, model=tmp_path)
    live.forget()
    for _ in range(200):
        answer = ask("get", "city")
        if answer.status_code != 503:
            break
        threading.Event().wait(0.05)
    assert (answer.status_code, answer.json()["code"]) == (409, "model.broken")
    assert "not valid TOML" in answer.json()["message"]
    live.forget()


def test_a_place_without_a_model_has_no_workbench_engine(settings: Any, ask: Any) -> None:
    from dataclasses import replace

    settings.PROFILE = replace(settings.PROFILE, model=None)
    answer = ask("get", "city")
    assert (answer.status_code, answer.json()["code"]) == (409, "model.none")


def test_the_city_tells_what_the_workbench_has_to_know(opened: Any, ask: Any) -> None:
    city = ask("get", "city").json()
    assert (city["name"], city["currency"], city["time_zone"]) == ("Town", "KZT", "Asia/Almaty")
    assert city["reference"] is None
    assert [p["key"] for p in city["periods"]] == ["early", "morning_peak", "midday", "evening_peak", "evening"]
    assert city["periods"][1] == {
        "key": "morning_peak", "start": "07:00", "end": "10:00", "label": city["periods"][1]["label"],
    }  # fmt: skip
    assert {"set_headway", "add_line", "remove_line"} <= {kind["type"] for kind in city["catalogue"]}
    assert {"journey.minutes", "service.vehicles"} <= {one["key"] for one in city["indicators"]}
    assert all(set(one["labels"]) == {"en", "ru", "ky", "kk"} for one in city["indicators"])
    assert "bus_12m" in {one["key"] for one in city["vehicle_types"]}
    west, south, east, north = city["bbox"]
    assert west <= city["center"][0] <= east and south <= city["center"][1] <= north


def test_layers_are_the_tables_of_the_engine_on_the_map(opened: Workshop, ask: Any) -> None:
    lines = ask("get", "layers/lines.json").json()["features"]
    assert [(f["properties"]["route_id"], f["properties"]["direction"]) for f in lines] == [
        ("east", 0), ("east", 1), ("north", 0), ("north", 1)
    ]  # fmt: skip
    east = lines[0]["properties"]
    assert (east["headways"]["morning_peak"], east["trips"], len(east["stops"])) == (10.0, 96, 7)
    row = opened.baseline.lines.row(0, named=True)
    assert (east["boardings"], east["vehicle_km"]) == (row["boardings"], row["vehicle_km"])
    stops = {f["properties"]["stop_id"]: f["properties"] for f in ask("get", "layers/stops.json").json()["features"]}
    assert (stops["east0"]["departures"], stops["east0"]["lines"]) == (192, ["east"])
    zones = ask("get", "layers/zones.json").json()["features"]
    assert [z["properties"] for z in zones] == opened.baseline.zones.to_dicts()
    flows = ask("get", "layers/links_flow.json").json()["features"]
    assert len(flows) == 24 and {f["properties"]["buses_day"] for f in flows} == {96}
    assert {f["properties"]["buses_hour"]["morning_peak"] for f in flows} == {6.0}
    stress = ask("get", "layers/streets_stress.json").json()["features"]
    assert {f["properties"]["stress"] for f in stress} == {2}
    assert ask("get", "layers/other.json").status_code == 404


def test_a_layer_is_sent_once(opened: Any, ask: Any) -> None:
    first = ask("get", "layers/zones.json", headers={"accept-encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip" and json.loads(gzip.decompress(first.content))["features"]
    again = ask("get", "layers/zones.json", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_effects_are_those_of_the_engine_to_the_last_digit(opened: Any, in_town: Path, ask: Any) -> None:
    answer = ask("post", "effects", {"changes": [OFTEN], "sequence": 7}).json()
    assert (answer["sequence"], len(answer["sentences"])) == (7, 1)
    city = read(in_town)
    scenario = parse_scenario({"name": "-", "changes": [OFTEN]})
    own = Workshop.open(city, read_gtfs(in_town / "gtfs.zip")).quick(scenario)
    expected = json.loads(json.dumps(appraisal_json(own)))
    given = answer["appraisal"]
    assert given["words"]["methods"]
    assert {k: v for k, v in given.items() if k != "words"} == expected
    assert answer["hash"] == scenario.hash
    assert next(e for e in given["effects"] if e["indicator"] == "service.vehicles")["change"] > 0


def test_sentences_are_in_the_reader_s_language(opened: Any, ask: Any) -> None:
    said = {
        code: ask("post", "effects", {"changes": [OFTEN]}, headers={"accept-language": code}).json()["sentences"][0]
        for code in ("en", "ru", "ky", "kk")
    }
    assert len(set(said.values())) == 4 and all("5" in one for one in said.values())


def test_a_change_that_cannot_be_made_is_refused_with_its_field(opened: Any, ask: Any) -> None:
    none = ask("post", "effects", {"changes": [{**OFTEN, "minutes": 0}]})
    assert (none.status_code, none.json()["code"]) == (422, "scenario.refused")
    assert none.json()["field"] == "changes.0.set_headway.minutes"
    lost = ask("post", "effects", {"changes": [{**OFTEN, "route_id": "77"}]})
    assert (lost.status_code, lost.json()["field"]) == (422, "route_id")
    assert "77" in lost.json()["message"]


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("effects", {}, "changes"),
        ("effects", {"changes": [], "colour": "red"}, "colour"),
        ("effects", {"changes": {}}, "changes"),
        ("effects", {"changes": [], "sequence": "1"}, "sequence"),
        ("effects", {"changes": [], "full": "yes"}, "full"),
        ("isochrone", {"lon": 181, "lat": 0}, "lon"),
        ("isochrone", {"lon": 0, "lat": 0, "minutes": []}, "minutes"),
        ("isochrone", {"lon": 0, "lat": 0, "minutes": [5, 500]}, "minutes.1"),
        ("isochrone", {"lon": 0, "lat": 0, "at": "8 o'clock"}, "at"),
        ("draw", {"waypoints": [[0, 0], [0.01, "x"]]}, "waypoints.1.1"),
        ("draw", {}, "waypoints"),
        ("draw", {"waypoints": [[0, 0]], "stops": ["a"]}, "waypoints"),
        ("suggest", {"kind": "add_line", "lon": 0}, "lat"),
        ("suggest", {"kind": "wings", "lon": 0.02, "lat": 0.02}, "kind"),
        ("lines/propose", {"place_ids": [], "vehicles": 3}, "place_ids"),
        ("lines/propose", {"place_ids": ["corner"], "vehicles": 0}, "vehicles"),
        ("lines/propose", {"place_ids": ["corner"], "vehicles": 3, "seconds": 7200}, "seconds"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(opened: Any, ask: Any, path: str, sent: Any, field: str) -> None:
    answer = ask("post", path, sent)
    said = answer.json()
    assert (answer.status_code, said["field"]) == (422, field)
    assert said["message"] and set(said) == {"code", "message", "field"}


@pytest.mark.parametrize("raw", ["", "{", "[1,2]", '{"changes": [NaN]}', '{"a":' * 3000 + "1" + "}" * 3000])
def test_what_is_no_json_is_refused(opened: Any, officer: Any, sign_in: Any, raw: str) -> None:
    answer = sign_in(officer).post("/workbench/api/effects", raw, content_type="application/json")
    assert answer.status_code == 422 and answer.json()["code"].startswith("body.")
    as_form = sign_in(officer).post("/workbench/api/effects", {"changes": "[]"})
    assert as_form.json()["code"] == "body.type"


def test_a_line_is_laid_on_streets_and_can_be_taken_as_a_change(opened: Any, ask: Any) -> None:
    block = 400 / 111_320
    sent = {
        "waypoints": [[2 * block, 2 * block], [10 * block, 10 * block]], "name": "38",
        "headways": [{"start": "06:00", "end": "22:00", "minutes": 10}],
    }  # fmt: skip
    drawn = ask("post", "draw", sent).json()
    forward, change = drawn["forward"], drawn["change"]
    assert forward["km"] == pytest.approx(6.4, abs=0.2)
    assert len(forward["stops"]) == len(forward["minutes"]) and forward["minutes"][0] == 0
    assert change["stops_forward"] == forward["stops"]
    named = {s["stop_id"] for s in drawn["new_stops"]}
    assert named | {"north12"} >= set(forward["stops"]) - {f"{w}{k}" for w in ("east", "north") for k in range(13)}
    effects = ask("post", "effects", {"changes": [change]}).json()
    lines = effects["appraisal"]["lines"]
    assert [(row["name"], row["status"]) for row in lines] == [("38", "new")]


def test_a_line_off_the_streets_is_refused_by_the_number_of_its_point(opened: Any, ask: Any) -> None:
    answer = ask("post", "draw", {"waypoints": [[0.0, 0.0], [1.0, 1.0]]})
    assert answer.status_code == 422 and "2" in answer.json()["message"]


def test_an_isochrone_grows_with_its_minutes(opened: Any, ask: Any) -> None:
    found = ask("post", "isochrone", {"lon": 0.021, "lat": 0.021, "at": "08:00", "minutes": [10, 30]}).json()
    assert found["type"] == "FeatureCollection"
    assert sorted(f["properties"]["minutes"] for f in found["features"]) == [10, 30]
    sizes = {f["properties"]["minutes"]: len(json.dumps(f["geometry"])) for f in found["features"]}
    assert sizes[10] > 50


def test_suggestions_can_be_taken_as_they_are(opened: Any, ask: Any) -> None:
    found = ask("post", "suggest", {"kind": "set_headway", "lon": 0.021, "lat": 0.021}).json()["suggestions"]
    assert found and all(one["sentence"] and one["why"] and one["geometry"]["type"] for one in found)
    assert ask("post", "effects", {"changes": [found[0]["change"]]}).status_code == 200


def test_the_same_scenario_is_computed_once(opened: Any, ask: Any, monkeypatch: Any) -> None:
    sent = {"changes": [{**OFTEN, "minutes": 7.5}]}
    first = ask("post", "effects", sent).json()
    monkeypatch.setattr(type(opened), "quick", lambda *a, **k: pytest.fail("computed again"))
    again = ask("post", "effects", {**sent, "sequence": 9}).json()
    assert again["appraisal"] == first["appraisal"]


def test_of_edits_that_wait_only_the_last_is_computed() -> None:
    turns, begun, go, log = live.Turns(), threading.Event(), threading.Event(), []

    def first() -> None:
        with turns.turn("a", 1):
            begun.set()
            go.wait(5)
            log.append(1)

    def later(number: int) -> None:
        try:
            with turns.turn("a", number):
                log.append(number)
        except live.Superseded:
            log.append(-number)

    threads = [threading.Thread(target=first)]
    threads[0].start()
    begun.wait(5)
    for number in (2, 3):
        threads.append(threading.Thread(target=later, args=(number,)))
        threads[-1].start()
        while turns._latest.get("a", 0) < number:
            threading.Event().wait(0.01)
    go.set()
    for one in threads:
        one.join(5)
    assert sorted(log) == [-2, 1, 3]
    with pytest.raises(live.Superseded), turns.turn("a", 2):
        pytest.fail("an edit that came late was let in")
    with turns.turn("b", 1):
        log.append(4)
    assert log[-1] == 4


def test_an_edit_that_comes_late_is_told_so(opened: Any, ask: Any) -> None:
    sent = {"changes": [{**OFTEN, "minutes": 8.25}], "window": "w1"}
    assert ask("post", "effects", {**sent, "sequence": 5}).status_code == 200
    late = ask("post", "effects", {"changes": [{**OFTEN, "minutes": 8.5}], "window": "w1", "sequence": 4})
    assert (late.status_code, late.json()["code"]) == (409, "superseded")
    assert ask("post", "effects", {"changes": [{**OFTEN, "minutes": 8.5}], "sequence": 4}).status_code == 200


def test_too_many_questions_are_held_back(opened: Any, ask: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(limits.RATES, "workbench", (2, 3600))
    codes = [ask("post", "effects", {"changes": [OFTEN]}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


@pytest.mark.parametrize("who", ["nobody", "resident", "operator", "auditor", "admin"])
def test_the_workbench_is_closed_to_others(opened: Any, person: Any, sign_in: Any, ask: Any, who: str) -> None:
    someone = None if who == "nobody" else person("Х") if who == "resident" else person("Х", **{who: None})
    client = sign_in(someone)
    status, code = (401, "signed_out") if someone is None else (403, "workbench.role")
    before = LimitCount.objects.count()
    for path in QUESTIONS:
        answer = ask("post", path, {}, client=client)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    for path in ("city", "layers/zones.json", "studies"):
        assert ask("get", path, client=client).status_code == status
    assert client.get("/workbench/").status_code == (302 if someone is None else 403)
    assert LimitCount.objects.count() == before


def test_another_method_is_refused(opened: Any, ask: Any) -> None:
    answer = ask("get", "effects")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert ask("delete", "city").status_code == 405


def test_without_the_token_of_the_page_nothing_is_asked(opened: Any, officer: Any, sign_in: Any) -> None:
    client = sign_in(officer, enforce_csrf_checks=True)
    sent = {"data": json.dumps({"changes": [OFTEN]}), "content_type": "application/json"}
    assert client.post("/workbench/api/effects", **sent).status_code == 403
    page = client.get("/workbench/")
    boot = json.loads(
        page.content.decode().split('id="workbench-boot" type="application/json">')[1].split("</script>")[0]
    )
    assert boot["urls"]["api"] == "/workbench/api" and boot["person"] == str(officer.pk)
    passed = client.post("/workbench/api/effects", **sent, headers={"x-csrftoken": boot["csrf"]})
    assert passed.status_code == 200
