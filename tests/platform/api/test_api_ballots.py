"""Votes for programs: projects, one's own ballot, both counts and the files for a recount."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.pabulib import parse_pabulib
from shaar.platform.decide.models import BallotBox, CastBallot, Participation
from shaar.platform.decide.services import closing
from shaar.platform.kernel.models import Event, Submission

PARKS = "/api/v1/ballots/parks"


def _vote(client, choices, key=None):
    given = {"choices": choices, "key": str(key or uuid.uuid4())}
    return client.post(f"{PARKS}/vote", given, content_type="application/json")


def test_a_vote_shows_projects_money_and_turnout(make_box, client, manager, sign_in):
    make_box(divided=True)
    found = client.get(PARKS).json()
    assert (found["stage"], found["budget"], found["most"], found["points"]) == ("open", "900.00", 3, None)
    assert [(row["number"], row["cost"], row["district"]) for row in found["projects"]] == [
        (1, "300.00", "north"), (2, "200.00", "south"), (3, "500.00", "north"), (4, "100.00", "south"),
    ]  # fmt: skip
    assert [(row["territory"], row["base"]) for row in found["envelopes"]] == [("north", "600.00"), ("south", "300.00")]
    assert (found["turnout"], found["result"]) == ({"ballots": 0, "internet": 0, "paper": 0}, None)
    assert client.get(f"{PARKS}/files/parks-north.pb").json()["code"] == "ballot.file"
    BallotBox.objects.update(status="draft")
    assert client.get(PARKS).status_code == 404 and client.get("/api/v1/ballots").json()["count"] == 0
    assert sign_in(manager).get(PARKS).json()["stage"] == "draft"


def test_a_ballot_is_cast_once_a_key_and_changed_by_another(make_box, person, sign_in):
    make_box()
    voter = person(home="ak-ordo")
    client, key = sign_in(voter), uuid.uuid4()
    assert client.get(f"{PARKS}/vote").json() == {"slug": "parks", "choices": None}
    answers = [_vote(client, {"1": 1, "2": 1}, key).json() for _ in range(2)]
    assert answers == [{"slug": "parks", "choices": {"1": 1, "2": 1}}] * 2
    assert (CastBallot.objects.count(), Event.objects.filter(verb="ballot.cast").count()) == (1, 1)
    assert _vote(client, {"3": 1}).json()["choices"] == {"3": 1}
    assert (CastBallot.objects.count(), Participation.objects.count()) == (1, 1)
    # The key leads to the vote, not to the ballot.
    assert {row.object_type for row in Submission.objects.filter(person=voter)} == {"decide.ballotbox"}
    assert sign_in(person(home="ak-ordo")).get(f"{PARKS}/vote").json()["choices"] is None


@pytest.mark.parametrize(
    ("level", "choices", "status", "code"),
    [
        (None, {"1": 1}, 401, "api.signed_out"), (0, {"1": 1}, 403, "ballot.not_voter"),
        (1, {}, 422, "ballot.too_few"), (1, {"9": 1}, 422, "ballot.unknown_project"),
        (1, {str(n): 1 for n in (1, 2, 3, 4)}, 422, "ballot.too_many"), (1, {"1": "many"}, 422, "api.value"),
    ],
)  # fmt: skip
def test_what_is_no_ballot_is_refused_and_leaves_nothing(make_box, person, sign_in, level, choices, status, code):
    make_box()
    client = sign_in(None if level is None else person(level=level))
    answer = _vote(client, choices)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [model.objects.count() for model in (CastBallot, Participation, Submission)] == [0, 0, 0]


def test_after_closing_nothing_is_taken_and_both_counts_are_told(
    make_box, person, manager, sign_in, client, django_capture_on_commit_callbacks
):
    box, voters = make_box(divided=True), [sign_in(person(home="ak-ordo")) for _ in range(5)]
    for n, one in enumerate(voters):
        assert _vote(one, {"1": 1, "3": 1} if n else {"2": 1}).status_code == 200
    BallotBox.objects.filter(pk=box.pk).update(closes=timezone.now())
    late = _vote(voters[0], {"1": 1})
    assert (late.status_code, late.json()["code"]) == (409, "ballot.over")
    assert voters[0].get(f"{PARKS}/vote").json()["code"] == "ballot.over"
    with django_capture_on_commit_callbacks(execute=True):
        closing.seal(acting=manager, box=box)
    found = client.get(PARKS, headers={"accept-language": "en"}).json()
    assert found["turnout"] == {"ballots": 5, "internet": 5, "paper": 0}
    result = found["result"]
    assert (result["confirmed"], result["voters"]) == (False, 5)
    assert {row["project"]: (row["ballots"], row["funded"]) for row in result["outcomes"]}[1] == (4, True)
    assert {row["rule"] for row in result["compared"]} == {"equal_shares", "greedy"}
    north = next(part for part in result["parts"] if part["district"] == "north")
    shares, greedy = north["counts"]
    assert (shares["rule"], shares["deciding"], greedy["deciding"]) == ("equal_shares", True, False)
    first = greedy["steps"][0]
    assert (first["project"], first["taken"], first["cost"], first["supporters"]) == (1, True, "300.00", 4)
    assert "4 people chose it" in first["words"]
    passed = next(step for step in greedy["steps"] if not step["taken"])
    assert (passed["project"], passed["reason"], passed["available"], passed["short"]) == (3, "over_budget", 300, 200)
    answer = client.get(north["file"].removeprefix("http://localhost:8000"))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    again = equal_shares(parse_pabulib(answer.content.decode()))
    assert [int(one) for one in again.winners] == shares["winners"]
