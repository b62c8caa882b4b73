"""Writing through the interface: a session and its token, or nothing happens."""

from __future__ import annotations

import uuid

from django.test import Client

from shaar.platform.kernel.models import Event
from shaar.platform.propose.models import Comment, Measure, Support


def _new():
    return {
        "process": "ideas", "kind": "park", "title": "Сквер у канала", "key": str(uuid.uuid4()),
        "text": "Вдоль канала нет ни дерева, ни скамейки.", "territory": "urker",
    }  # fmt: skip


def _counts():
    return Measure.objects.count(), Support.objects.count(), Comment.objects.count(), Event.objects.count()


def _writes(ref):
    return (
        ("post", "/api/v1/proposals", _new()), ("post", f"/api/v1/proposals/{ref}/support", {}),
        ("delete", f"/api/v1/proposals/{ref}/support", {}),
        ("post", f"/api/v1/proposals/{ref}/comments", {"text": "Согласен с этим.", "key": str(uuid.uuid4())}),
    )  # fmt: skip


def test_nobody_writes_without_signing_in(city, client):
    before = _counts()
    for verb, path, given in _writes(city.proposal.ref):
        answer = getattr(client, verb)(path, given, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (401, "api.signed_out")
    assert _counts() == before


def test_a_session_without_its_token_writes_nothing(city):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(city.friend, backend="django.contrib.auth.backends.ModelBackend")
    before = _counts()
    for verb, path, given in _writes(city.proposal.ref):
        answer = getattr(strict, verb)(path, given, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "api.token")
    assert _counts() == before
    strict.get("/account/login/")
    strict.get("/proposals/new/")
    token = strict.get(f"/proposals/{city.proposal.ref}/").context["csrf_token"]
    answer = strict.post(f"/api/v1/proposals/{city.proposal.ref}/support", headers={"X-CSRFToken": str(token)})
    assert answer.json() == {"ref": city.proposal.ref, "supports": 2, "status": "open", "yours": True}


def test_a_proposal_sent_twice_is_taken_once_and_faults_name_their_field(city):
    client, given = Client(), _new()
    client.force_login(city.friend, backend="django.contrib.auth.backends.ModelBackend")
    first, second = (client.post("/api/v1/proposals", given, content_type="application/json") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201) and first.json()["ref"] == second.json()["ref"]
    before = _counts()
    short = client.post("/api/v1/proposals", {**_new(), "title": "Ой"}, content_type="application/json")
    assert (short.status_code, short.json()["code"], short.json()["field"]) == (422, "api.value", "title")
    lost = client.post("/api/v1/proposals", {**_new(), "process": "none"}, content_type="application/json")
    assert (lost.status_code, lost.json()["code"]) == (404, "process.missing")
    broken = client.post("/api/v1/proposals", "{", content_type="application/json")
    assert (broken.status_code, broken.json()["code"]) == (400, "api.request")
    assert _counts() == before
