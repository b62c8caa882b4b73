from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from shaar.platform.decide.models import Application, BallotBox, Call, CastBallot, Decision, PaperSheet, Session
from shaar.platform.decide.services import vote

REASON = "Осмотрено и обсуждено: подходит."


def day(days: int = 0) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def moment(days: int) -> str:
    return f"{day(days)}T09:00"


def test_a_grant_goes_through_the_desk_from_the_check_to_the_payment(application, staff, sign_in):
    row = application()
    officer, address = sign_in(staff.officer), f"/desk/applications/{row.ref}/"
    assert row.ref in officer.get("/desk/applications/").content.decode()
    check = {"part": "check", "outcome": "eligible", "seen_version": "1"}
    assert officer.post(address, check).status_code == 302
    late = sign_in(staff.head).post(address, {**check, "outcome": "ineligible", "words": REASON})
    assert late.status_code == 409 and "changed meanwhile" in late.content.decode() and REASON in late.content.decode()

    for who in (staff.first, staff.second):
        expert, sheet = sign_in(who), f"/desk/scoring/{row.ref}/"
        page = expert.get(sheet).content.decode()
        assert "площадка для детей" not in page and "Declare" in page
        assert expert.post(sheet, {"conflict": "no"})["Location"] == sheet
        assert "площадка для детей" in expert.get(sheet).content.decode()
        marks = {f"mark_{one.pk}": "4" for one in row.call.criteria.all()}
        assert expert.post(sheet, {**marks, "words": "кратко"}).status_code == 422
        assert expert.post(sheet, {**marks, "words": REASON}).status_code == 302
        assert row.ref not in expert.get("/desk/scoring/").content.decode()

    keeper, signer = sign_in(staff.members[0]), sign_in(staff.members[1])
    given: dict[str, Any] = {"held_on": day(), "members": [str(one.pk) for one in staff.members], "minutes": REASON}
    assert keeper.post(f"/desk/sessions/new/{row.call.slug}/", given).status_code == 302
    session = Session.objects.get()
    decision = {
        "outcome": "approved", "awarded": "400", "reason": REASON, "votes_for": "3", "votes_against": "0",
        "seen_version": "1",
    }  # fmt: skip
    path = f"/desk/sessions/{session.ref}/{row.ref}/"
    assert keeper.post(path, {**decision, "awarded": "401"}).status_code == 422
    assert keeper.post(path, decision).status_code == 302
    assert keeper.post(f"/desk/sessions/{session.ref}/sign/").status_code == 403
    assert "Sign the minutes" in signer.get(f"/desk/sessions/{session.ref}/").content.decode()
    assert signer.post(f"/desk/sessions/{session.ref}/sign/").status_code == 302
    row.refresh_from_db()
    assert (row.status, row.awarded) == ("approved", Decimal(400))

    agreement = {
        "part": "agreement", "number": "7", "signed_on": day(), "ends_on": day(60), "text": REASON,
        "amount_1": "300", "day_1": day(), "amount_2": "99", "day_2": day(30),
    }  # fmt: skip
    answer = officer.post(address, agreement)
    assert answer.status_code == 422 and "add up to the grant" in answer.content.decode()
    assert officer.post(address, {**agreement, "amount_2": "100"}).status_code == 302
    assert officer.post(address, {"part": "approve", "tranche": "1"}).status_code == 403
    assert sign_in(staff.head).post(address, {"part": "approve", "tranche": "1"}).status_code == 302
    pay = {"part": "pay", "tranche": "1", "paid_on": day()}
    assert sign_in(staff.head).post(address, pay).status_code == 403
    assert officer.post(address, pay).status_code == 302
    row.refresh_from_db()
    assert row.status == "in_progress" and row.tranches.filter(paid_on__isnull=False).count() == 1


def test_the_desk_of_grants_is_closed_to_others(application, staff, call, person, sign_in):
    row = application()
    resident, officer = sign_in(person()), sign_in(staff.officer)
    for path in (
        "calls/", "calls/new/", f"calls/{call.slug}/", "applications/", f"applications/{row.ref}/", "scoring/",
        f"scoring/{row.ref}/", "sessions/", f"sessions/new/{call.slug}/", "ballots/", "ballots/new/", "paper/",
    ):  # fmt: skip
        assert resident.get(f"/desk/{path}").status_code == 403, path
        assert sign_in().get(f"/desk/{path}").status_code == 302, path
    assert resident.post(f"/desk/applications/{row.ref}/", {"part": "check", "outcome": "eligible"}).status_code == 403
    assert officer.post(f"/desk/calls/{call.slug}/", {"part": "cancel", "why": REASON}).status_code == 403
    south = sign_in(person(officer="south"))
    assert south.get(f"/desk/applications/{row.ref}/").status_code == 404
    row.refresh_from_db()
    call.refresh_from_db()
    assert row.status == "submitted" and call.status == "published" and not Decision.objects.exists()


def test_a_call_is_prepared_and_announced(manager, territories, sign_in):
    client = sign_in(manager)
    given = {
        "slug": "autumn", "programme_name": "Малые гранты", "names_en": "Autumn call", "selection": "scores",
        "ceiling": "600", "share": "20", "kinds": ["cash", "labour"], "level": "1", "opens": moment(1),
        "closes": moment(30), "decide_by": day(50), "spread": "25", "quorum": "2",
    }  # fmt: skip
    answer = client.post("/desk/calls/new/", {**given, "names_en": ""})
    assert answer.status_code == 422 and "at least one language" in answer.content.decode()
    assert client.post("/desk/calls/new/", given).status_code == 302
    call = Call.objects.get()
    page = f"/desk/calls/{call.slug}/"
    assert client.post(page, {"part": "publish"}).status_code == 422  # no money yet
    lots = {"part": "lots", f"money_{territories['north'].pk}": "1000"}
    assert client.post(page, lots).status_code == 302
    bad = client.post(page, {"part": "criteria", "lines": "60 | Нужно\n30 | Умело", "top": "5"})
    assert bad.status_code == 422 and "add up to 100" in bad.content.decode()
    good = {"part": "criteria", "lines": "60 | Нужно | Керек\n40 | Умело", "top": "5"}
    assert client.post(page, good).status_code == 302
    assert client.post(page, {"part": "publish"}).status_code == 302
    call.refresh_from_db()
    assert (call.status, call.kinds, call.lots.get().money) == ("published", ["cash", "labour"], Decimal(1000))
    assert [one.names for one in call.criteria.all()] == [{"ru": "Нужно", "ky": "Керек"}, {"ru": "Умело"}]
    assert "Autumn call" in sign_in().get("/grants/").content.decode()


def test_a_vote_is_prepared_closed_and_confirmed(
    manager, territories, measure, person, sign_in, django_capture_on_commit_callbacks
):
    client = sign_in(manager)
    given = {
        "slug": "yards", "names_en": "Yards", "kind": "approval", "most": "2", "points": "10",
        "rule": "equal_shares", "budget": "900", "level": "1", "opens": moment(1), "closes": moment(9),
    }  # fmt: skip
    assert client.post("/desk/ballots/new/", given).status_code == 302
    page = "/desk/ballots/yards/"
    divide = {"part": "divide", "top_up": "10", f"people_{territories['north'].pk}": "2000",
              f"people_{territories['south'].pk}": "1000"}  # fmt: skip
    assert client.post(page, divide).status_code == 302
    for where in ("ak-ordo", "urker"):
        one = measure(where=where)
        dear = client.post(page, {"part": "project", "measure": one.ref, "cost": "601"})
        assert dear.status_code == 422 and "more than there is" in dear.content.decode()
        assert client.post(page, {"part": "project", "measure": one.ref, "cost": "200"}).status_code == 302
    assert client.post(page, {"part": "publish"}).status_code == 302
    assert client.post(page, {"part": "seal"}).status_code == 409
    BallotBox.objects.update(opens=timezone.now() - timedelta(days=1))
    box = BallotBox.objects.get()
    vote.cast(acting=person(home="urker"), box=box, choices={"2": 1})
    BallotBox.objects.update(closes=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(page, {"part": "seal"}).status_code == 302
    assert client.post(page, {"part": "confirm"}).status_code == 403
    assert sign_in(person(mayor=None)).post(page, {"part": "confirm"}).status_code == 302
    box.refresh_from_db()
    assert box.status == "counted" and sum(one.base + one.top_up for one in box.envelopes.all()) == Decimal(900)


@pytest.mark.parametrize("kind", ["approval", "points"])
def test_paper_ballots_are_entered_twice_at_the_desk(make_box, person, sign_in, kind):
    make_box(kind=kind)
    one, two, three = (sign_in(person(operator=None)) for _ in range(3))
    page, sheet = (
        "/desk/paper/parks/",
        {"number": "A-1", **({"choices": ["1"]} if kind == "approval" else {"points_1": "9"})},
    )
    other = {"number": "A-1", **({"choices": ["2"]} if kind == "approval" else {"points_1": "8"})}
    assert one.post(page, sheet).status_code == 302
    answer = one.post(page, sheet)
    assert answer.status_code == 409 and "Another operator" in answer.content.decode()
    assert two.post(page, other).status_code == 302 and PaperSheet.objects.get().status == "differs"
    assert not CastBallot.objects.exists()
    assert three.post(page, {**sheet, "settle": "yes"}).status_code == 302
    assert CastBallot.objects.get().choices == ({"1": 1} if kind == "approval" else {"1": 9})
    assert sign_in(person()).post(page, sheet).status_code == 403


@pytest.mark.parametrize("language", ["ru", "ky", "kk"])
def test_desk_pages_open_in_other_languages(reviewed, make_box, staff, manager, sign_in, language):
    row = reviewed()
    make_box()
    for who, paths in (
        (manager, ("calls/", "calls/new/", f"calls/{row.call.slug}/", "ballots/", "ballots/new/", "ballots/parks/")),
        (staff.officer, ("applications/", f"applications/{row.ref}/", "paper/", "paper/parks/")),
        (staff.first, ("scoring/", f"scoring/{row.ref}/")),
        (staff.members[0], ("sessions/", f"sessions/new/{row.call.slug}/")),
    ):
        client = sign_in(who)
        for path in paths:
            assert client.get(f"/desk/{path}", headers={"accept-language": language}).status_code == 200, path
    assert Application.objects.count() == 1


def test_who_is_given_a_paper_ballot_at_the_desk_cannot_vote_on_the_site(make_box, person, sign_in):
    make_box()
    voter, page = person(), "/desk/paper/parks/"
    operator = sign_in(person(operator=None))
    nobody = operator.post(page, {"part": "give", "phone": "+996700999999"})
    assert nobody.status_code == 422 and "Nobody is known here" in nobody.content.decode()
    assert operator.post(page, {"part": "give", "phone": voter.phone}).status_code == 302
    assert operator.post(page, {"part": "give", "phone": voter.phone}).status_code == 409
    answer = sign_in(voter).post("/ballots/parks/vote/", {"choice": ["1"]})
    assert answer.status_code == 409 and not CastBallot.objects.exists()
