"""Small grants for programs: what the pages show, and what an applicant does there."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.utils import timezone

from shaar.platform.decide.models import Application, BallotBox, Call, Report
from shaar.platform.decide.services import application as services
from shaar.platform.decide.services import delivery
from shaar.platform.kernel.models import Event
from shaar.platform.propose.models import Measure

CALLS, APPLICATIONS = "/api/v1/calls", "/api/v1/applications"
WORDS = "Посадим деревья и поставим скамейки до конца лета."


def _send(client, path, given, verb="post"):
    return getattr(client, verb)(path, given, content_type="application/json")


def _new(measure, **given):
    fields = {
        "proposal": measure.ref, "territory": "north", "text": WORDS, "asked": "400.00",
        "own": [{"kind": "labour", "words": "Субботник", "amount": "100.00"}], "key": str(uuid.uuid4()),
    }  # fmt: skip
    return {**fields, **given}


def test_a_call_shows_its_money_criteria_and_minutes(approved, client, manager, sign_in):
    row = approved()
    found = client.get(f"{CALLS}/{row.call.slug}").json()
    assert (found["stage"], found["ceiling"], found["share"], found["ballot"]) == ("open", "600.00", 20, None)
    assert [(one["territory"], one["money"], one["awarded"], one["left"]) for one in found["lots"]] == [
        ("north", "1000.00", "400.00", "600.00"), ("south", "500.00", "0.00", "500.00"),
    ]  # fmt: skip
    assert [(one["names"]["en"], one["weight"]) for one in found["criteria"]] == [("Need", 60), ("Care", 40)]
    (session,) = found["sessions"]
    assert session["minutes"] == "Слушали, обсудили, постановили."
    assert [(one["application"], one["outcome"], one["votes_for"]) for one in session["decisions"]] == [
        (row.ref, "approved", 3)
    ]
    assert client.get("/api/v1/programmes").json()[0]["calls"] == [row.call.slug]
    Call.objects.update(status="draft")
    assert client.get(CALLS).json() == {"count": 0, "items": []} and client.get("/api/v1/programmes").json() == []
    assert client.get(f"{CALLS}/{row.call.slug}").json()["code"] == "call.missing"
    assert [one["stage"] for one in sign_in(manager).get(CALLS).json()["items"]] == ["draft"]


def test_calls_are_listed_by_stage(make_call, client):
    make_call("spring")
    Call.objects.filter(pk=make_call("autumn").pk).update(closes=timezone.now())
    found = {stage: client.get(f"{CALLS}?stage={stage}").json() for stage in ("open", "over", "coming")}
    assert {stage: [one["slug"] for one in rows["items"]] for stage, rows in found.items()} == {
        "open": ["spring"], "over": ["autumn"], "coming": [],
    }  # fmt: skip
    assert client.get(f"{CALLS}?stage=closed").json()["field"] == "stage"


def test_the_file_of_an_application_opens_when_it_is_decided(reviewed, approved, client, sign_in, measure):
    judged, decided = reviewed(), approved(measure=measure(title="Двор"))
    before, after = (client.get(f"{APPLICATIONS}/{row.ref}").json() for row in (judged, decided))
    assert (before["file"], before["scores"], before["mean"]) == (None, [], None)
    assert after["file"]["own"] == [{"kind": "labour", "words": "Субботник", "amount": "100.00"}]
    assert (after["mean"], [row["total"] for row in after["scores"]]) == ("80.00", ["80.00", "80.00"])
    hers = sign_in(judged.applicant).get(f"{APPLICATIONS}/{judged.ref}").json()
    assert hers["file"]["text"] == judged.text and hers["may_edit"] is False
    listed = client.get(f"{APPLICATIONS}?call={judged.call.slug}&status=approved&territory=ak-ordo").json()
    assert [row["ref"] for row in listed["items"]] == [decided.ref]
    assert client.get(f"{APPLICATIONS}?territory=urker").json()["count"] == 0


def test_an_application_is_kept_changed_sent_and_withdrawn(call, measure, sign_in, person):
    one = measure()
    client, given = sign_in(one.author), _new(one, send=False)
    first, second = (_send(client, f"{CALLS}/{call.slug}/applications", given) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["ref"] == second.json()["ref"] and Application.objects.count() == 1
    ref = first.json()["ref"]
    assert (first.json()["status"], first.json()["may_edit"]) == ("draft", True)
    stranger = sign_in(person())
    assert stranger.get(f"{APPLICATIONS}/{ref}").status_code == 404 and stranger.get(APPLICATIONS).json()["count"] == 0
    words = {"text": WORDS + " Ещё и забор.", "asked": "300", "own": given["own"], "version": 1}
    changed = _send(client, f"{APPLICATIONS}/{ref}", words, "put")
    assert (changed.status_code, changed.json()["status"], changed.json()["asked"]) == (200, "submitted", "300.00")
    stale = _send(client, f"{APPLICATIONS}/{ref}", words, "put")
    assert (stale.status_code, stale.json()["code"]) == (409, "application.changed")
    back = _send(client, f"{APPLICATIONS}/{ref}/withdraw", {})
    assert (back.status_code, back.json()["status"]) == (200, "withdrawn")


def test_what_cannot_be_applied_for_is_refused_in_words_and_leaves_nothing(call, measure, sign_in, person):
    one, path = measure(), f"{CALLS}/{call.slug}/applications"
    client, events = sign_in(one.author), Event.objects.count()
    refused = [
        (_send(client, path, _new(one, asked="601")), 422, "application.ceiling", "asked"),
        (_send(client, path, _new(one, own=[])), 422, "application.share", "own"),
        (_send(client, path, _new(one, asked="0")), 422, "api.value", "asked"),
        (_send(client, path, _new(one, territory="urker")), 404, "lot.missing", "territory"),
        (_send(client, path, _new(one, territory="south")), 422, "application.place", "lot"),
        (_send(client, path, _new(one, organisation=str(uuid.uuid4()))), 404, "organisation.missing", "organisation"),
        (_send(sign_in(person()), path, _new(one)), 403, "application.measure", None),
        (_send(sign_in(person(level=0)), path, _new(one)), 403, "application.level", None),
        (_send(sign_in(), path, _new(one)), 401, "api.signed_out", None),
    ]  # fmt: skip
    assert [(a.status_code, a.json()["code"], a.json()["field"]) for a, *_rest in refused] == [
        (status, code, field) for _answer, status, code, field in refused
    ]
    Measure.objects.filter(pk=one.pk).update(status="done")
    assert _send(client, path, _new(one)).json()["code"] == "application.over"
    assert Application.objects.count() == 0 and Event.objects.count() == events


def test_others_change_nothing_of_an_application(approved, application, measure, sign_in, person, staff):
    row = application(measure=measure(title="Двор"))
    before = (Event.objects.count(), *Application.objects.values_list("version", "status"))
    words = {"text": WORDS, "asked": "300", "own": [], "version": 1}
    for who in (person(), staff.officer):
        client = sign_in(who)
        answers = [
            _send(client, f"{APPLICATIONS}/{row.ref}", words, "put"),
            _send(client, f"{APPLICATIONS}/{row.ref}/withdraw", {}),
            _send(client, f"{APPLICATIONS}/{row.ref}/reports",
                  {"text": WORDS, "spent": "1", "key": str(uuid.uuid4())}),
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == ({404} if who != staff.officer else {403})
    assert before == (Event.objects.count(), *Application.objects.values_list("version", "status"))


def test_the_work_is_reported_once_and_shown_with_its_money(approved, staff, sign_in, client):
    row, today = approved(), timezone.localdate()
    delivery.sign_agreement(
        acting=staff.officer, application=row, number="1/26", signed_on=today, ends_on=today,
        text="Стороны договорились о работах.", tranches=[(Decimal(150), today), (Decimal(250), today)],
    )  # fmt: skip
    part = row.tranches.get(number=1)
    delivery.approve_tranche(acting=staff.head, tranche=part)
    delivery.pay_tranche(acting=staff.officer, tranche=part, paid_on=today)
    found = client.get(f"{APPLICATIONS}/{row.ref}").json()
    assert (found["paid"], [(one["amount"], one["paid_on"] is None) for one in found["tranches"]]) == (
        "150.00", [("150.00", False), ("250.00", True)],
    )  # fmt: skip
    hers, given = sign_in(row.applicant), {"text": WORDS, "spent": "151", "final": False, "key": str(uuid.uuid4())}
    path = f"{APPLICATIONS}/{row.ref}/reports"
    assert _send(hers, path, given).json()["code"] == "report.spent" and Report.objects.count() == 0
    given["spent"] = "120"
    assert [_send(hers, path, given).status_code for _ in range(2)] == [201, 201]
    (report,) = client.get(f"{APPLICATIONS}/{row.ref}").json()["file"]["reports"]
    assert (report["number"], report["spent"], report["final"], report["status"]) == (1, "120.00", False, "handed_in")


def test_an_application_in_a_vote_leads_to_it(make_call, measure, manager, staff, client):
    from shaar.platform.decide.services import ballot

    call, one = make_call(selection="ballot"), measure()
    row = services.apply(
        acting=one.author, call=call, lot=call.lots.get(territory__code="north"), measure=one, text=WORDS,
        asked=Decimal(400), own=[{"kind": "labour", "words": "Субботник", "amount": Decimal(100)}],
    )  # fmt: skip
    services.judge_conditions(acting=staff.officer, application=row, eligible=True, words="", seen_version=1)
    ballot.make_box(
        acting=manager, slug="vote", names={"en": "Vote"}, call=call, budget=Decimal(900), opens=call.closes,
        closes=call.closes + timezone.timedelta(days=3),
    )  # fmt: skip
    assert client.get(f"{CALLS}/{call.slug}").json()["ballot"] is None
    BallotBox.objects.update(status="published")
    assert client.get(f"{CALLS}/{call.slug}").json()["ballot"] == "vote"
    assert client.get(f"{APPLICATIONS}/{row.ref}").json()["file"]["text"] == WORDS
