"""Keeping what was drawn over HTTP: two officers at one alternative, runs, publishing, files."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shaar.engine.measures.scenario import parse_scenario
from shaar.engine.measures.state import State
from shaar.engine.timetable.read import read_gtfs
from shaar.platform.appraise.models import Alternative, Run, Study
from shaar.platform.kernel.models import Event

OFTEN = {"type": "set_headway", "route_id": "east", "start": "07:00", "end": "10:00", "minutes": 5}
GONE = {"type": "remove_line", "route_id": "north"}


@pytest.fixture
def study(in_town: Path, ask: Any) -> str:
    answer = ask("post", "studies", {"title": "Автобус чаще", "about": "Что это даст?"})
    assert answer.status_code == 201
    return str(answer.json()["ref"])


@pytest.fixture
def row(study: str, ask: Any) -> dict[str, Any]:
    answer = ask("post", f"studies/{study}/alternatives", {"name": "Чаще", "changes": [OFTEN]})
    assert answer.status_code == 201
    return dict(answer.json())


def test_a_study_with_an_alternative_is_kept_and_listed(study: str, row: dict[str, Any], ask: Any) -> None:
    assert (row["name"], row["version"], row["changes"], row["run"]) == ("Чаще", 1, [OFTEN], None)
    assert row["hash"] == parse_scenario({"name": "-", "changes": [OFTEN]}).hash
    assert len(row["sentences"]) == 1
    whole = ask("get", f"studies/{study}").json()
    assert (whole["title"], whole["state"], whole["alternatives"]) == ("Автобус чаще", "draft", [row])
    listed = ask("get", "studies").json()["studies"]
    assert [(one["ref"], [a["id"] for a in one["alternatives"]]) for one in listed] == [(study, [row["id"]])]
    assert ask("get", f"studies/{study}/alternatives").json() == {"alternatives": [row]}
    assert ask("get", f"studies/{study}/alternatives/{row['id']}").json() == row


def test_a_form_sent_twice_is_taken_once(study: str, ask: Any) -> None:
    sent = {"name": "Дважды", "changes": [GONE], "once_key": str(uuid4())}
    made = [ask("post", f"studies/{study}/alternatives", sent).json()["id"] for _ in range(2)]
    assert made[0] == made[1] and Alternative.objects.count() == 1


def test_of_two_officers_the_second_sees_the_first_and_loses_nothing(
    study: str, row: dict[str, Any], ask: Any, person: Any, sign_in: Any
) -> None:
    path = f"studies/{study}/alternatives/{row['id']}"
    other = sign_in(person("Гульнара", officer=None))
    saved = ask("put", path, {"name": "Чаще", "changes": [OFTEN, GONE], "expected_version": 1}, client=other).json()
    assert (saved["version"], len(saved["changes"])) == (2, 2)
    late = ask("put", path, {"name": "Чаще", "changes": [], "expected_version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    assert late.json()["current"] == saved and "Гульнара" in late.json()["message"]
    assert Alternative.objects.get().changes == [OFTEN, GONE]
    mine = ask("put", path, {"name": "Чаще", "changes": [], "expected_version": 2}).json()
    assert (mine["version"], mine["changes"]) == (3, [])


def test_a_change_that_the_engine_does_not_know_is_not_kept(study: str, ask: Any) -> None:
    answer = ask("post", f"studies/{study}/alternatives", {"name": "Х", "changes": [{"type": "wings"}]})
    assert answer.status_code == 422 and Alternative.objects.count() == 0
    named = ask("post", f"studies/{study}/alternatives", {"name": "Х" * 121, "changes": []})
    assert (named.status_code, named.json()["field"]) == (422, "name")


def test_a_run_is_asked_for_followed_and_cancelled(study: str, row: dict[str, Any], ask: Any) -> None:
    path = f"studies/{study}/alternatives/{row['id']}"
    stale = ask("post", f"{path}/runs", {"expected_version": 9})
    assert stale.status_code == 409 and Run.objects.count() == 0
    begun = ask("post", f"{path}/runs", {"seed": 3})
    assert begun.status_code == 201
    run = begun.json()
    assert (run["state"], run["seed"], run["version"]) == ("queued", 3, 1)
    assert ask("get", path).json()["run"] == run == ask("get", f"runs/{run['id']}").json()
    again = ask("post", f"{path}/runs", {})
    assert again.status_code == 409 and Run.objects.count() == 1
    ended = ask("delete", f"runs/{run['id']}").json()
    assert ended["state"] == "cancelled" and Run.objects.get().state == Run.State.CANCELLED


def test_nothing_is_published_before_it_is_computed(study: str, row: dict[str, Any], ask: Any) -> None:
    answer = ask("post", f"studies/{study}/publish", {})
    assert answer.status_code == 409 and answer.json()["message"]
    assert Study.objects.get().state == Study.State.DRAFT


def test_the_timetable_that_an_alternative_gives_is_the_engine_s(
    study: str, ask: Any, in_town: Path, tmp_path: Path
) -> None:
    from shaar.engine.city.folder import read
    from shaar.engine.measures.scenario import carry_out

    sent = {"name": "Файл", "changes": [OFTEN, GONE]}
    made = ask("post", f"studies/{study}/alternatives", sent).json()
    answer = ask("get", f"studies/{study}/alternatives/{made['id']}/export.gtfs.zip")
    raw = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == f'attachment; filename="{study}-1.gtfs.zip"'
    assert {"stops.txt", "routes.txt", "trips.txt", "stop_times.txt"} <= set(
        zipfile.ZipFile(io.BytesIO(raw)).namelist()
    )
    (tmp_path / "x.zip").write_bytes(raw)
    given = read_gtfs(tmp_path / "x.zip")
    scenario = parse_scenario({"name": "-", "changes": sent["changes"]})
    expected = carry_out(State(read(in_town), read_gtfs(in_town / "gtfs.zip")), scenario).feed
    assert expected is not None
    assert given.routes["route_id"].to_list() == ["east"]
    assert sorted(given.frequencies.rows()) == sorted(expected.frequencies.rows())


def test_lines_of_an_alternative_say_what_becomes_of_them(study: str, ask: Any) -> None:
    made = ask("post", f"studies/{study}/alternatives", {"name": "Карта", "changes": [OFTEN, GONE]}).json()
    answer = ask("get", f"studies/{study}/alternatives/{made['id']}/export.geojson")
    features = json.loads(b"".join(answer.streaming_content))["features"]
    assert [(f["properties"]["route_id"], f["properties"]["status"]) for f in features] == [
        ("east", "changed"), ("east", "changed"), ("north", "gone"), ("north", "gone")
    ]  # fmt: skip
    assert all(f["geometry"]["type"] == "LineString" for f in features)


def test_what_is_not_there_is_not_found(study: str, ask: Any) -> None:
    for path in ("studies/S-99-9999", f"studies/{study}/alternatives/{uuid4()}", f"runs/{uuid4()}"):
        assert ask("get", path).status_code == 404


@pytest.mark.parametrize("who", ["nobody", "resident", "auditor", "operator"])
def test_others_neither_see_nor_change_anything(
    study: str, row: dict[str, Any], ask: Any, person: Any, sign_in: Any, who: str
) -> None:
    someone = None if who == "nobody" else person("Х") if who == "resident" else person("Х", **{who: None})
    client, status = sign_in(someone), 401 if someone is None else 403
    before = (
        Study.objects.count(),
        list(Alternative.objects.values_list()),
        Run.objects.count(),
        Event.objects.count(),
    )
    path = f"studies/{study}/alternatives/{row['id']}"
    sent = {"name": "Чужое", "changes": []}
    for method, to, body in (
        ("get", "studies", None), ("post", "studies", {"title": "Чужое исследование"}), ("get", path, None),
        ("get", f"studies/{study}", None), ("post", f"studies/{study}/alternatives", sent),
        ("put", path, {**sent, "expected_version": 1}), ("post", f"{path}/runs", {}),
        ("post", f"studies/{study}/publish", {}), ("get", f"{path}/export.gtfs.zip", None),
    ):  # fmt: skip
        assert ask(method, to, body, client=client).status_code == status, (method, to)
    after = (Study.objects.count(), list(Alternative.objects.values_list()), Run.objects.count(), Event.objects.count())
    assert after == before


def test_a_proposal_leads_to_its_study_or_begins_one(
    in_town: Path, ask: Any, sign_in: Any, officer: Any, resident: Any, territories: dict[str, Any]
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from shaar.platform.propose.models import Phase, Process
    from shaar.platform.propose.services.measure import propose

    process = Process.objects.create(slug="ideas", names={"ru": "Идеи", "en": "Ideas"}, threshold=3)
    Phase.objects.create(
        process=process, names={"en": "Open"}, since=timezone.now() - timedelta(days=1),
        until=timezone.now() + timedelta(days=30), features=["propose", "comment", "support"],
    )  # fmt: skip
    wish = propose(
        acting=resident, process=process, kind="park", title="Сквер у школы", territory=territories["ak-ordo"],
        text="Посадить деревья на пустыре у школы.",
    )  # fmt: skip
    client = sign_in(officer)
    page = client.get(f"/workbench/?measure={wish.ref}")
    assert page.status_code == 200 and f'"ref": "{wish.ref}"' in page.content.decode()
    made = ask("post", "studies", {"title": "Сквер у школы", "measure": wish.ref}).json()
    assert (made["measure"]["ref"], Study.objects.get().measure_id) == (wish.ref, wish.pk)
    again = client.get(f"/workbench/?measure={wish.ref}")
    assert (again.status_code, again["Location"]) == (302, f"/workbench/?study={made['ref']}")
    assert ask("post", "studies", {"title": "Сквер у школы", "measure": "P-99-9999"}).status_code == 404
    assert client.get("/workbench/?measure=P-99-9999").status_code == 404
