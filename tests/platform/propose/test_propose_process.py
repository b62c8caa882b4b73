"""Processes, their phases and thresholds; who sets them; drafts that nobody touches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.propose.models import Draft, Feature, Measure, Phase, Process
from shaar.platform.propose.policies.measure import may_see, measures_visible_to
from shaar.platform.propose.policies.process import feature_open, require_feature
from shaar.platform.propose.selectors.measure import missing_supports, needed
from shaar.platform.propose.services.draft import drop_old_drafts, save_draft
from shaar.platform.propose.services.measure import propose
from shaar.platform.propose.services.moderation import hide
from shaar.platform.propose.services.process import make_process, set_phase, set_threshold


def test_the_mayors_office_sets_up_a_process_by_forms(person, browser, territories):
    client = browser(person(mayor=None))
    given = {
        "slug": "ideas-2027", "name_ru": "Идеи 2027", "name_kk": "Идеялар 2027", "territory": "south", "threshold": 5,
        "answer_days": 10, "appeal_days": 5, "kinds": ["park", "stop"], "published": "on",
        "once_key": "7c1b0a52-6a2f-4a1e-9b1e-7a1b2c3d4e5f",
    }  # fmt: skip
    for _ in range(2):
        assert client.post("/desk/processes/new/", given).status_code == 302
    made = Process.objects.get()
    assert (made.slug, made.threshold, made.kinds, made.territory.code) == ("ideas-2027", 5, ["park", "stop"], "south")
    phase = {"name_kk": "Жинау", "since": "2026-01-01T00:00", "until": "2025-01-01T00:00", "features": ["propose"]}
    reply = client.post("/desk/processes/ideas-2027/phases/new/", phase)
    assert reply.status_code == 422 and Phase.objects.count() == 0
    assert client.post("/desk/processes/ideas-2027/phases/new/", {**phase, "until": ""}).status_code == 302
    assert feature_open(Process.objects.get(), Feature.PROPOSE)
    row = Phase.objects.get()
    closing = {**phase, "until": "2026-01-02T00:00"}
    assert client.post(f"/desk/processes/ideas-2027/phases/{row.pk}/", closing).status_code == 302
    assert Phase.objects.count() == 1 and not feature_open(Process.objects.get(), Feature.PROPOSE)
    client.post("/desk/processes/ideas-2027/threshold/", {"territory": "urker", "needed": 2})
    assert made.thresholds.get().needed == 2
    for path in ("/desk/processes/", "/desk/processes/ideas-2027/", f"/desk/processes/ideas-2027/phases/{row.pk}/"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("roles", [{}, {"officer": None}, {"head": None}, {"operator": None}, {"auditor": None}])
def test_others_set_up_nothing(person, browser, process, roles):
    who = person(**roles)
    assert browser(who).post("/desk/processes/new/", {"slug": "mine", "name_ru": "Моё"}).status_code == 403
    with pytest.raises(Forbidden):
        make_process(acting=who, slug="mine", names={"ru": "Моё"})
    with pytest.raises(Forbidden):
        set_phase(
            acting=who, process=process, names={"ru": "x"}, since=timezone.now(), until=None, features=["propose"]
        )
    with pytest.raises(Forbidden):
        set_threshold(acting=who, process=process, territory=process.territory, needed=1)
    assert (Process.objects.count(), Phase.objects.count()) == (1, 1)


def test_a_phase_opens_at_its_first_moment_and_closes_at_its_last(process):
    phase = process.phases.get()
    for moment, is_open in (
        (phase.since - timedelta(microseconds=1), False), (phase.since, True),
        (phase.until - timedelta(microseconds=1), True), (phase.until, False),
    ):  # fmt: skip
        assert feature_open(process, Feature.SUPPORT, moment) is is_open
    assert not feature_open(process, Feature.BALLOT)
    process.published = False
    assert not feature_open(process, Feature.SUPPORT)


def test_what_opens_later_says_when(process):
    process.phases.update(since=timezone.now() + timedelta(days=2), until=None)
    with pytest.raises(Conflict) as refused:
        require_feature(process, Feature.PROPOSE)
    assert refused.value.code == "process.not_yet"
    with pytest.raises(Conflict) as refused:
        require_feature(process, Feature.BALLOT)
    assert refused.value.code == "process.closed"


def test_the_smallest_territory_says_how_many_supporters_are_needed(process, proposal, person, territories):
    boss = person(mayor=None)
    set_threshold(acting=boss, process=process, territory=territories["city"], needed=9)
    set_threshold(acting=boss, process=process, territory=territories["north"], needed=7)
    north, south = proposal(), proposal(person(), territory=territories["urker"])
    assert (needed(north), needed(south)) == (7, 9)
    assert (missing_supports(north), missing_supports(south)) == (6, 8)


def test_kinds_and_territory_of_a_process_are_kept(process, person, territories):
    process.kinds, process.territory = ["park"], territories["south"]
    process.save()
    given = {
        "acting": person(),
        "process": process,
        "title": "Парк у канала",
        "text": "Здесь нет ни дерева, ни скамейки.",
    }
    with pytest.raises(Invalid) as refused:
        propose(kind="stop", territory=territories["urker"], **given)
    assert refused.value.field == "kind"
    with pytest.raises(Invalid) as refused:
        propose(kind="park", territory=territories["ak-ordo"], **given)
    assert refused.value.code == "measure.outside"
    assert Measure.objects.count() == 0
    assert propose(kind="park", territory=territories["urker"], **given).territory == territories["urker"]


def test_five_proposals_a_day_are_enough(proposal, person):
    from shaar.platform.kernel.errors import TooMany

    author = person()
    for number in range(5):
        proposal(author, title=f"Остановка номер {number}")
    with pytest.raises(TooMany):
        proposal(author, title="Остановка номер 6")
    assert Measure.objects.count() == 5


def test_the_list_and_the_page_agree_who_sees_what(proposal, person, territories):
    author, officer = person(), person(officer="north")
    shown, hidden = proposal(), proposal(author)
    hide(acting=officer, measure=hidden, reason="insult")
    hidden.refresh_from_db()
    viewers = [None, author, officer, person(), person(officer="south"), person(head=None), person(auditor=None)]
    for viewer in viewers:
        listed = set(measures_visible_to(viewer))
        for measure in (shown, hidden):
            assert (measure in listed) == may_see(viewer, measure), (viewer, measure)


def test_old_drafts_go_and_fresh_ones_stay(person):
    old, fresh = (save_draft(acting=person(), draft=None, data={"title": "x"}) for _ in range(2))
    Draft.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=61))
    assert drop_old_drafts() == 1
    assert list(Draft.objects.all()) == [fresh]


def test_a_withdrawn_proposal_says_so_and_takes_nothing_more(proposal, person, browser):
    author = person()
    measure = proposal(author)
    assert browser(author).post(f"/proposals/{measure.ref}/withdraw/").status_code == 302
    page = browser(person()).get(f"/proposals/{measure.ref}/").content.decode()
    assert "withdrawn by its author" in page and "I support this" not in page
    assert browser(person()).post(f"/proposals/{measure.ref}/support/").status_code == 409
    reply = browser(person()).post(f"/proposals/{measure.ref}/comment/", {"text": "Жаль", "stance": "neutral"})
    assert reply.status_code == 409 and "Жаль" in reply.content.decode()
