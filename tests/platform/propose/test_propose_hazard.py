from __future__ import annotations

from typing import Any

import pytest

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event
from shaar.platform.propose.models import Hazard, HazardAssessment
from shaar.platform.propose.selectors import hazard as selectors
from shaar.platform.propose.services import hazard as services

KEY = "0f0c4f5e-1111-4222-8333-444455556666"
POINT = {"type": "Point", "coordinates": [74.5, 42.9]}


@pytest.fixture
def office(territories: dict[str, Any]) -> Organisation:
    return Organisation.objects.create(kind="department", names={"ru": "Отдел ЧС"}, territory=territories["city"])


def report(who: Any, **more: Any) -> Hazard:
    given: dict[str, Any] = {
        "kind": "mudflow", "title": "Селевое русло у школы", "text": "Русло забито мусором, вода идёт по улице.",
        "address": "ул. Речная, 5",
    }  # fmt: skip
    return services.report_hazard(acting=who, **{**given, **more})


def judge(who: Any, hazard: Hazard, office: Organisation, **more: Any) -> Hazard:
    given: dict[str, Any] = {
        "confirmed": True, "severity": 4, "likelihood": 3, "owner": office, "words": "Проверено на месте.",
    }  # fmt: skip
    return services.judge_hazard(acting=who, hazard=hazard, **{**given, **more})


def test_a_report_is_seen_by_its_writer_and_the_offices_until_it_is_confirmed(person, office):
    resident, officer, other = person(home="ak-ordo"), person(officer="north"), person()
    hazard = report(resident)
    assert hazard.ref.startswith("H-") and hazard.territory.code == "ak-ordo" and hazard.level == ""
    seen = [bool(selectors.hazards(viewer=who)) for who in (resident, officer, other, None, person(officer="south"))]
    assert seen == [True, True, False, False, False]
    judge(officer, hazard, office)
    assert [h.ref for h in selectors.hazards(viewer=None)] == [hazard.ref]
    hazard.refresh_from_db()
    assert (hazard.risk, hazard.level, hazard.status) == (12, "high", "confirmed")
    assert [event.verb for event in events.story(hazard)] == ["hazard.confirmed"]


@pytest.mark.parametrize(
    ("severity", "likelihood", "level"),
    [(1, 4, "low"), (1, 5, "medium"), (3, 3, "medium"), (2, 5, "high"), (3, 5, "critical"), (5, 5, "critical")],
)
def test_classes_of_risk_have_these_bounds(severity, likelihood, level):
    assert Hazard(severity=severity, likelihood=likelihood).level == level


def test_nobody_confirms_her_own_report(person, office):
    officer = person(officer="north", home="ak-ordo")
    hazard = report(officer)
    with pytest.raises(Forbidden):
        judge(officer, hazard, office)
    hazard.refresh_from_db()
    assert hazard.status == "reported" and not HazardAssessment.objects.exists()


def test_the_second_of_two_officers_is_told_that_the_first_has_decided(person, office):
    hazard = report(person(home="ak-ordo"))
    judge(person(officer="north"), hazard, office, seen_status="reported")
    with pytest.raises(Conflict, match=r"hazard\.changed"):
        judge(person(officer="city"), hazard, office, seen_status="reported", confirmed=False)
    assert HazardAssessment.objects.count() == 1


def test_a_confirmation_needs_figures_and_an_office(person, office):
    hazard = report(person(home="ak-ordo"))
    officer = person(officer="north")
    for missing in ("severity", "likelihood", "owner"):
        with pytest.raises(Invalid):
            judge(officer, hazard, office, **{missing: None})
    with pytest.raises(Invalid) as refused:
        judge(officer, hazard, office, severity=6)
    assert refused.value.field == "severity"
    hazard.refresh_from_db()
    assert hazard.status == "reported" and not HazardAssessment.objects.exists()


def test_a_form_sent_twice_makes_one_report(person):
    who = person(home="ak-ordo")
    assert report(who, once_key=KEY).pk == report(who, once_key=KEY).pk
    assert Hazard.objects.count() == 1 and Event.objects.count() == 1


def test_a_report_says_where_it_is(person):
    with pytest.raises(Invalid) as refused:
        report(person(), address=" ")
    assert refused.value.field == "place" and not Hazard.objects.exists()


def test_a_hazard_in_no_known_place_is_the_whole_citys(person, office, territories):
    hazard = report(person(), geometry=POINT)
    assert hazard.territory == territories["city"]
    with pytest.raises(Forbidden):
        judge(person(officer="north"), hazard, office)
    assert judge(person(officer=None), hazard, office).status == "confirmed"


def test_a_resolved_hazard_stays_on_the_register(person, office):
    officer = person(officer="north")
    hazard = judge(officer, report(person(home="ak-ordo")), office)
    services.begin_work(acting=officer, hazard=hazard, measure=None, words="Начата чистка русла.")
    services.resolve_hazard(acting=officer, hazard=hazard, words="Русло очищено, берег укреплён.")
    assert selectors.hazard(viewer=None, ref=hazard.ref).status == "resolved"
    assert [e.verb for e in events.story(hazard)] == ["hazard.confirmed", "hazard.in_work", "hazard.resolved"]
    with pytest.raises(Conflict):
        services.begin_work(acting=officer, hazard=hazard, measure=None, words="Ещё раз начали.")


def test_open_data_name_nobody(person, office):
    resident = person("Бурул Жээнбекова", home="ak-ordo")
    judge(person(officer="north"), report(resident), office)
    row = selectors.public_row(selectors.hazards(viewer=None)[0])
    assert "Бурул" not in str(row) and str(resident.pk) not in str(row)
    assert (row["risk"], row["level"], row["territory"]) == (12, "high", "ak-ordo")
