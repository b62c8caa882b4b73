"""The public pages and the desk over HTTP: what is shown, to whom, and that nothing typed is lost."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from django.test import Client

from shaar.platform.appraise.models import Alternative, Contest, Run, Study
from shaar.platform.appraise.services.study import publish
from shaar.platform.kernel import events
from shaar.platform.kernel.models import Message
from shaar.platform.propose.models import Measure
from shaar.platform.propose.services.measure import propose

TEXT = "На остановке каждое утро стоит больше людей, чем здесь сказано."
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def measure(officer, resident, territories):
    return propose(
        acting=officer, on_behalf_of=resident, process=None, kind="facility", title="Амбулатория в Ак-Ордо",
        text="Просим открыть амбулаторию на первом этаже дома.", territory=territories["ak-ordo"],
        channel="meeting", geometry={"type": "Point", "coordinates": [71.43, 51.13]},
    )  # fmt: skip


def test_the_public_page_says_in_plain_words_what_would_change(published):
    page = Client().get(published.get_absolute_url(), headers=ENGLISH)
    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "Ak-Ordo: 7\u202f400 people reach a clinic within 30 minutes, today 1\u202f900",
        "The mean journey is 4.2 min shorter", "4 more buses on the road", "+180 t CO2e a year",
        "between +140 and +220", "1\u202f000 people live where journeys", "Places most affected", "Show the numbers",
        "How was this computed?",
    ):  # fmt: skip
        assert words in text, words
    assert "not modelled" in text.lower()
    assert 'class="badge badge-modelled"' in text
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert not re.search(r"<script(?![^>]*src=)", text)


def test_drafts_are_nobodys_business(study, alternative, compute, sign_in, resident, officer):
    run = compute(alternative)
    for client in (Client(), sign_in(resident, headers=ENGLISH)):
        for address in (study.get_absolute_url(), f"/studies/{study.ref}/effects.csv",
                        f"/studies/{study.ref}/scenario-1.toml"):  # fmt: skip
            assert client.get(address).status_code == 404, address
        assert client.get(f"/api/v1/studies/{study.ref}").status_code == 404
        assert client.get(f"/api/v1/runs/{run.pk}/effects").status_code == 404
        assert study.ref not in client.get("/studies/").content.decode()
        assert client.get(f"/studies/compare/?a={run.pk}&b={run.pk}").status_code == 404
    assert sign_in(officer, headers=ENGLISH).get(study.get_absolute_url()).status_code == 200


def test_figures_leave_the_house_whole(published):
    text = b"".join(Client().get(f"/studies/{published.ref}/effects.csv").streaming_content).decode()
    row = next(line for line in text.splitlines() if "journey.minutes" in line)
    assert ",41.5,37.25,-4.25," in row
    [run] = Run.objects.all()
    data = Client().get(f"/api/v1/runs/{run.pk}/effects").json()
    co2 = next(one for one in data if one["indicator"] == "climate.co2e")
    assert co2["change"] == 280.1 - 100.0
    toml = Client().get(f"/studies/{published.ref}/scenario-1.toml").content.decode()
    assert 'type = "population_total"' in toml


def test_somebody_contests_a_figure_and_the_desk_answers(published, sign_in, resident, colleague):
    browser, figure = sign_in(resident, headers=ENGLISH), Run.objects.get().effects.get(indicator="climate.co2e")
    short = browser.post(f"/studies/{published.ref}/contest/", {"text": "мало", "effect_row": str(figure.pk)})
    assert short.status_code == 422
    assert "мало" in short.content.decode()
    sent = {"text": TEXT, "effect_row": str(figure.pk), "once_key": str(uuid.uuid4())}
    for _twice in range(2):
        assert browser.post(f"/studies/{published.ref}/contest/", sent).status_code == 302
    made = Contest.objects.get()
    assert made.effect_row == figure
    assert TEXT in Client().get(published.get_absolute_url()).content.decode()
    desk = sign_in(colleague, headers=ENGLISH)
    assert "1" in desk.get("/desk/contests/").content.decode()
    assert desk.post(f"/desk/contests/{made.pk}/", {"answer": "нет"}).status_code == 422
    answer = "Пересчитали по данным турникетов: расхождение в пределах диапазона."
    assert desk.post(f"/desk/contests/{made.pk}/", {"answer": answer}).status_code == 302
    assert answer in Client().get(published.get_absolute_url()).content.decode()
    late = desk.post(f"/desk/contests/{made.pk}/", {"answer": "Второй ответ, который опоздал."})
    assert late.status_code == 409
    assert "Второй ответ" in late.content.decode()


def test_a_study_from_the_desk_begin_to_end(sign_in, officer, program):
    desk = sign_in(officer, headers=ENGLISH)
    key = str(uuid.uuid4())
    for _twice in range(2):
        made = desk.post("/desk/studies/", {"title": "Маршрут 38", "about": "Что даст?", "once_key": key})
    study = Study.objects.get()
    assert made["Location"] == f"/desk/studies/{study.ref}/"
    base = f"/desk/studies/{study.ref}/"
    new = desk.post(f"{base}alternatives/new/", {"name": "Первый", "note": "", "base": ""})
    row = Alternative.objects.get()
    assert new["Location"] == f"{base}alternatives/{row.pk}/"
    change = json.dumps({"type": "population_total", "value": 1_700_000, "date": "2026-02-01", "source": "проба"})
    look = desk.post(f"{base}alternatives/{row.pk}/change/", {"change": change, "type": "population_total"})
    assert look.status_code == 200
    assert "1,700,000" in look.content.decode() or "1\u00a0700\u00a0000" in look.content.decode()
    kept = desk.post(
        f"{base}alternatives/{row.pk}/change/", {"change": change, "save": "yes", "expected_version": "1"}
    )  # fmt: skip
    assert kept.status_code == 302
    stale = desk.post(f"{base}alternatives/{row.pk}/", {"name": "Моё имя", "note": "", "expected_version": "1"})
    assert stale.status_code == 409
    assert "Моё имя" in stale.content.decode()
    row.refresh_from_db()
    assert (row.name, row.version, len(row.changes)) == ("Первый", 2, 1)
    program("done")
    assert desk.post(f"{base}alternatives/{row.pk}/run/", {}).status_code == 302
    run = Run.objects.get()
    assert "waits for its turn" in desk.get(base).content.decode()
    from shaar.platform.appraise.tasks import run_alternative

    run_alternative.call(str(run.pk))
    page = desk.get(base).content.decode()
    assert "4 more buses on the road" in page
    assert desk.get(f"/desk/runs/{run.pk}/").status_code == 200
    old = desk.post(f"{base}publish/", {"seen": str(uuid.uuid4())})
    assert old.status_code == 409
    assert desk.post(f"{base}publish/", {"seen": str(run.pk)}).status_code == 302
    study.refresh_from_db()
    assert study.state == "published"
    drop = {"name": "Первый", "note": "", "expected_version": "2", "drop": "0"}
    assert desk.post(f"{base}alternatives/{row.pk}/", drop).status_code == 302
    row.refresh_from_db()
    assert row.changes == []


def test_from_wish_to_change_in_three_steps(sign_in, officer, resident, measure):
    desk, address = sign_in(officer, headers=ENGLISH), f"/desk/proposals/{measure.ref}/change/"
    first = desk.get(address).content.decode()
    assert "Step 1 of 3" in first
    assert "Take this" in first  # a suggestion near the pin
    second = desk.get(f"{address}?type=facility").content.decode()
    assert "Step 2 of 3" in second
    assert "71.43000, 51.13000" in second  # the pin stands in the form already
    wrong = desk.post(f"{address}?type=facility", {"kind": "clinic", "point": "север"})
    assert wrong.status_code == 422
    assert "север" in wrong.content.decode()
    far = desk.post(f"{address}?type=facility", {"kind": "clinic", "point": "10, 10"})
    assert far.status_code == 422
    assert "outside the city" in far.content.decode()
    third = desk.post(f"{address}?type=facility", {"kind": "clinic", "point": "71.43, 51.13"})
    assert third.status_code == 200
    text = third.content.decode()
    assert "Step 3 of 3" in text
    hidden = re.search(r'name="change" value="([^"]+)"', text)
    assert hidden is not None
    change = json.loads(hidden[1].replace("&quot;", '"'))
    assert change == {"type": "facility", "kind": "clinic", "point": [71.43, 51.13], "name": ""}
    sent = {"change": json.dumps(change), "seen": "null", "save": "yes", "once_key": str(uuid.uuid4())}
    kept = desk.post(address, sent)
    study = Study.objects.get()
    assert kept["Location"] == f"/desk/studies/{study.ref}/"
    measure.refresh_from_db()
    assert measure.change == change
    assert study.measure == measure
    assert Run.objects.get().state == Run.State.QUEUED
    assert Message.objects.filter(person=resident, event__verb="measure.typed").count() == 1
    assert "measure.typed" in [event.verb for event in events.story(measure)]
    story = Client().get(measure.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "The model is computing it" in story
    late = desk.post(address, {**sent, "once_key": str(uuid.uuid4()), "change": json.dumps({**change, "kind": "park"})})
    assert late.status_code == 409
    measure.refresh_from_db()
    assert measure.change["kind"] == "clinic"


def test_the_proposer_sees_what_it_shows(sign_in, officer, resident, measure, program):
    from shaar.platform.appraise.services.change import change_for_measure
    from shaar.platform.appraise.tasks import run_alternative

    program("done")
    change = {"type": "facility", "kind": "clinic", "point": [71.43, 51.13]}
    row = change_for_measure(acting=officer, measure=measure, change=change)
    run_alternative.call(str(row.runs.get().pk))
    before = Client().get(measure.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "people reach a clinic" not in before  # not before somebody has published it
    publish(acting=officer, study=row.study)
    after = Client().get(measure.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "7\u202f400 people reach a clinic within 30 minutes, today 1\u202f900" in after
    assert Message.objects.filter(person=resident, event__verb="measure.appraised").count() == 1


def test_an_officer_of_another_district_models_nothing(sign_in, person, measure):
    stranger = sign_in(person("Чужой", officer="south"), headers=ENGLISH)
    change = json.dumps({"type": "facility", "kind": "clinic", "point": [71.43, 51.13]})
    answer = stranger.post(f"/desk/proposals/{measure.ref}/change/", {"change": change, "seen": "null", "save": "yes"})
    assert answer.status_code == 403
    assert Measure.objects.get().change is None
    assert Study.objects.count() == Run.objects.count() == 0


def test_two_estimates_side_by_side(officer, study, alternative, compute):
    from tests.platform.appraise.conftest import appraisal

    from shaar.platform.appraise.services.alternative import save_alternative

    first = compute(alternative)
    other = save_alternative(acting=officer, study=study, changes=[], name="Как есть")
    second = compute(other, "done", appraisal(clinic=20000.0))
    publish(acting=officer, study=study)
    page = Client().get(f"/studies/compare/?a={first.pk}&b={second.pk}", headers=ENGLISH)
    text = page.content.decode()
    assert page.status_code == 200
    assert "Как есть" in text
    assert "not computed on the same data" not in text
