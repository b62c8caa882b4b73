"""The same rules for programs as for people."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from ninja.testing import TestClient

from shaar.platform.kernel.errors import Conflict, Forbidden, Missing
from shaar.platform.propose.api import router
from shaar.platform.propose.models import Comment, Measure
from shaar.platform.propose.services.comment import comment
from shaar.platform.propose.services.moderation import hide


@pytest.fixture(scope="module")
def api():
    return TestClient(router)


def _new(**more):
    return {
        "process": "ideas", "kind": "park", "title": "Сквер у канала", "key": str(uuid.uuid4()),
        "text": "Вдоль канала нет ни дерева, ни скамейки.", "territory": "urker", **more,
    }  # fmt: skip


def test_a_program_puts_a_proposal_forward_once(api, process, person):
    author, given = person(), _new()
    first = api.post("/proposals", json=given, user=author)
    second = api.post("/proposals", json=given, user=author)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["ref"] == second.json()["ref"] and Measure.objects.count() == 1
    assert first.json()["channel"] == "api" and first.json()["territory"] == "urker"
    listed = api.get("/proposals?q=сквер", user=AnonymousUser()).json()
    assert [row["ref"] for row in listed["items"]] == [first.json()["ref"]]
    assert author.name not in str(listed)


def test_nobody_signed_in_changes_nothing(api, proposal):
    measure, nobody = proposal(), AnonymousUser()
    for path, given in (
        ("/proposals", _new()), (f"/proposals/{measure.ref}/support", {}),
        (f"/proposals/{measure.ref}/comments", {"text": "Привет", "key": str(uuid.uuid4())}),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            api.post(path, json=given, user=nobody)
    measure.refresh_from_db()
    assert (Measure.objects.count(), measure.supports_count, Comment.objects.count()) == (1, 1, 0)


def test_support_counts_once_and_is_refused_after_closing(api, proposal, process, person, close):
    measure, one = proposal(), person()
    for _ in range(2):
        assert api.post(f"/proposals/{measure.ref}/support", user=one).json()["supports"] == 2
    assert api.delete(f"/proposals/{measure.ref}/support", user=one).json() == {
        "ref": measure.ref, "supports": 1, "status": "open", "yours": False,
    }  # fmt: skip
    close(process)
    with pytest.raises(Conflict):
        api.post(f"/proposals/{measure.ref}/support", user=one)


def test_what_is_hidden_leaves_no_words(api, proposal, person):
    measure, officer = proposal(), person(officer="north")
    said = comment(acting=person(), measure=measure, text="Плохие слова тут")
    hide(acting=officer, comment=said, reason="insult")
    found = api.get(f"/proposals/{measure.ref}", user=officer).json()
    assert [(row["hidden"], row["text"]) for row in found["talk"]] == [(True, None)]
    assert found["supports_needed"] == 3 and found["next_step"]["late"] is False
    hide(acting=officer, measure=measure, reason="not_city")
    with pytest.raises(Missing):
        api.get(f"/proposals/{measure.ref}", user=AnonymousUser())
    assert api.get("/proposals", user=officer).json()["items"] == []


def test_processes_say_what_is_open(api, process):
    rows = api.get("/processes", user=AnonymousUser()).json()
    assert rows[0]["slug"] == "ideas" and rows[0]["phases"][0]["open"] is True
