from __future__ import annotations

import pytest
from django.utils import timezone

from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.pabulib import parse_pabulib
from shaar.platform.decide.models import BallotBox, CastBallot, Count
from shaar.platform.decide.services import closing


def test_a_resident_votes_and_changes_her_ballot(make_box, person, sign_in):
    box, who = make_box(), person()
    client = sign_in(who)
    assert client.get("/ballots/parks/vote/").status_code == 200
    for choices in (["1", "2"], ["3"]):
        sent = client.post("/ballots/parks/vote/", {"choice": choices})
        assert sent.status_code == 302 and sent["Location"] == "/ballots/parks/"
    assert [row.choices for row in CastBallot.objects.all()] == [{"3": 1}]
    page = client.get("/ballots/parks/vote/").content.decode()
    assert 'value="3" checked' in page and 'value="1" checked' not in page
    shown = sign_in().get(f"/ballots/{box.slug}/").content.decode()
    assert "1 on this site" in shown and who.name not in shown


def test_a_sheet_that_breaks_a_rule_comes_back_as_it_was(make_box, person, sign_in):
    make_box(kind="points")
    client = sign_in(person())
    for typed, said in (({"points_1": "6", "points_2": "5"}, "You gave 11 points"), ({"points_1": "x"}, "above zero")):
        answer = client.post("/ballots/parks/vote/", typed)
        page = answer.content.decode()
        assert answer.status_code == 422 and said in page and f'value="{typed["points_1"]}"' in page
    assert not CastBallot.objects.exists()


def test_adding_up_says_the_sum_and_casts_nothing(make_box, person, sign_in):
    make_box(kind="knapsack")
    page = sign_in(person()).post("/ballots/parks/vote/", {"choice": ["1", "4"], "sum": "yes"}).content.decode()
    assert "Chosen so far: 500" in page and "400" in page and 'value="4" checked' in page
    assert not CastBallot.objects.exists()


def test_a_late_vote_gets_a_clear_page(make_box, person, sign_in):
    box, client = make_box(), sign_in(person())
    BallotBox.objects.filter(pk=box.pk).update(closes=timezone.now())
    answer = client.post("/ballots/parks/vote/", {"choice": ["1"]})
    assert answer.status_code == 409 and "no ballots are taken any more" in answer.content.decode()
    assert client.get("/ballots/parks/vote/").status_code == 302
    assert not CastBallot.objects.exists()


def test_who_may_not_vote_changes_nothing(make_box, person, territories, sign_in):
    make_box(territory=territories["north"])
    assert sign_in().post("/ballots/parks/vote/", {"choice": ["1"]}).status_code == 302  # to the sign-in
    answer = sign_in(person(home="urker")).post("/ballots/parks/vote/", {"choice": ["1"]})
    assert answer.status_code == 403 and not CastBallot.objects.exists()


def test_a_vote_being_prepared_is_seen_by_those_who_prepare_it(make_box, manager, sign_in):
    box = make_box()
    BallotBox.objects.filter(pk=box.pk).update(status="draft")
    assert sign_in().get("/ballots/parks/").status_code == 404
    assert sign_in(manager).get("/ballots/parks/").status_code == 200
    assert "Vote on parks" not in sign_in().get("/ballots/").content.decode()


@pytest.mark.parametrize("language", ["ru", "ky", "kk", "en"])
def test_the_result_shows_both_counts_and_gives_the_file(
    make_box, person, manager, sign_in, language, django_capture_on_commit_callbacks
):
    box = make_box(divided=True)
    for n in range(5):
        sign_in(person(home="ak-ordo")).post("/ballots/parks/vote/", {"choice": ["1", "3"] if n else ["2"]})
    BallotBox.objects.filter(pk=box.pk).update(closes=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        closing.seal(acting=manager, box=box)
    client = sign_in()
    answer = client.get("/ballots/parks/", headers={"accept-language": language})
    assert answer.status_code == 200 and "/ballots/parks/files/parks-north.pb" in answer.content.decode()
    if language == "en":
        page = answer.content.decode()
        assert "not confirmed yet by a second person" in page and "Not funded: nobody chose it." in page
    text = client.get("/ballots/parks/files/parks-north.pb").content.decode()
    count = Count.objects.get()
    (part,) = [one for one in count.facts["parts"] if one["district"] == "north"]
    assert list(equal_shares(parse_pabulib(text)).winners) == part["equal_shares"]["winners"]
    assert client.get("/ballots/parks/files/other.pb").status_code == 404
    assert "Проект" in text and not any(str(row.pk) in text for row in CastBallot.objects.all())
