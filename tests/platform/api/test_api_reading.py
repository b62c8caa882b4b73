"""What programs read: the same as the public pages, and nobody's name."""

from __future__ import annotations

import re

from django.test import Client
from tests.platform.example_city import publish_study

from shaar.platform.accounts.models import Person
from shaar.platform.api.site import api
from shaar.platform.kernel.models import Counter

PLACES = "/api/v1/places"


def _addresses(city, application, box, study, run):
    """Every reading operation of the document, with examples in place of its variables."""
    examples = {
        "/calls/{slug}": application.call.slug, "/applications/{ref}": application.ref, "/ballots/{slug}": box.slug,
        "/proposals/{ref}": city.proposal.ref, "/places/{code}": "ak-ordo", "/hazards/{ref}": city.hazard.ref,
        "/meetings/{ref}": city.meeting.ref, "/plans/{ref}": city.plan.ref, "/opinions/{slug}": city.question.slug,
        "/studies/{ref}": study.ref, "/studies/{ref}/contests": study.ref, "/runs/{number}": str(run.pk),
        "/runs/{number}/effects": str(run.pk),
    }  # fmt: skip
    for path, operations in api.get_openapi_schema(path_prefix="/api/v1")["paths"].items():
        if "get" not in operations or path.endswith(("/at", "/vote", "/{name}")):
            continue
        known = examples.get(path.removeprefix("/api/v1"), "")
        assert known or "{" not in path, f"give an example for {path}"
        yield re.sub(r"{\w+}", known, path)


def test_one_document_describes_every_room(client):
    found = client.get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert {tag for path in found["paths"].values() for one in path.values() for tag in one["tags"]} >= {
        "proposals", "places", "hazards", "round tables and plans", "opinions", "events",
        "grants", "ballots",
    }  # fmt: skip
    assert all(one["summary"] for path in found["paths"].values() for one in path.values())


def test_no_person_is_in_any_answer(city, request):
    Counter.objects.filter(series__startswith="P").update(last=500)  # above the numbers that fixtures choose
    box, row = request.getfixturevalue("make_box")(), request.getfixturevalue("approved")()
    addresses = list(_addresses(city, row, box, *publish_study(city.officer, city.author)))
    assert len(addresses) >= 24
    staff = [*Person.objects.filter(name__regex="^(Эксперт|Член|Автор|Чиновник)").values_list("name", flat=True)]
    assert len(staff) >= 8
    hidden = [*city.names, "Тайн", *staff, *Person.objects.exclude(email=None).values_list("email", flat=True)]
    hidden += [*Person.objects.exclude(phone=None).values_list("phone", flat=True), city.office.contact]
    hidden += [str(pk) for pk in Person.objects.values_list("pk", flat=True)]
    hidden += Person.objects.values_list("handle", flat=True)
    for address in addresses:
        answer = Client().get(address)
        assert answer.status_code == 200, (address, answer.content.decode())
        words = answer.content.decode()
        assert [one for one in hidden if one in words] == [], address


def test_hazards_and_plans_follow_the_viewer(city, sign_in, client):
    stranger, officer = client, sign_in(city.officer)
    assert [row["ref"] for row in stranger.get("/api/v1/hazards").json()["items"]] == [city.hazard.ref]
    assert officer.get("/api/v1/hazards").json()["count"] == 2
    refused = stranger.get(f"/api/v1/hazards/{city.unchecked.ref}")
    assert (refused.status_code, refused.json()["code"]) == (404, "hazard.missing")
    assert [row["ref"] for row in stranger.get("/api/v1/plans").json()["items"]] == [city.plan.ref]
    assert stranger.get(f"/api/v1/plans/{city.draft.ref}").status_code == 404
    assert officer.get(f"/api/v1/plans/{city.draft.ref}").json()["rows"] == []


def test_a_round_table_tells_sides_and_decisions(city, client):
    found = client.get(f"/api/v1/meetings/{city.meeting.ref}").json()
    assert [(row["invited"], row["present"]) for row in found["sides"]] == [(1, 1)]
    point = found["agenda"][0]
    assert point["statements"] == [{"side": "resident", "text": "Вечером темно идти из школы."}]
    assert (point["decisions"][0]["agreed"], point["decisions"][0]["votes_for"]) == (True, 1)
    assert found["minutes"] is None
    row = client.get(f"/api/v1/plans/{city.plan.ref}").json()["rows"][0]
    assert (row["measure"], row["owner"], row["progress"]) == (point["decisions"][0]["measure"], "МТУ Север", 0)


def test_lists_are_cut_into_parts(city, client):
    found = client.get("/api/v1/proposals?limit=1").json()
    assert (found["count"], len(found["items"])) == (2, 1)
    both = [client.get(f"/api/v1/proposals?limit=1&offset={n}").json()["items"][0]["ref"] for n in (0, 1)]
    assert len(set(both)) == 2
    assert client.get("/api/v1/hazards?limit=501").status_code == 422
    first = client.get("/api/v1/events?limit=2").json()
    after = client.get(f"/api/v1/events?limit=2&before={first['next']}").json()
    assert {row["seq"] for row in first["items"]}.isdisjoint(row["seq"] for row in after["items"])


def test_a_point_is_found_or_refused_in_words(territories, client):
    north = territories["north"]
    north.geometry = {"type": "Polygon", "coordinates": [[[71, 51], [72, 51], [72, 52], [71, 52], [71, 51]]]}
    north.save()
    assert client.get(f"{PLACES}/at?lon=71.5&lat=51.5").json()["code"] == "north"
    refused = client.get(f"{PLACES}/at?lon=10&lat=10")
    assert (refused.status_code, refused.json()["code"]) == (404, "territory.outside")
    wrong = client.get(f"{PLACES}/at?lon=500&lat=10")
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "api.value", "lon")
    assert client.get(f"{PLACES}/nowhere").json()["code"] == "territory.missing"
