from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel import attachments
from shaar.platform.propose.models import Hazard

KEY = "0f0c4f5e-1111-4222-8333-444455556666"
GIVEN = {
    "kind": "waste", "title": "Свалка у арыка", "text": "Мусор копится с весны, вода идёт во двор.",
    "place_address": "ул. Арычная, 7", "once_key": KEY,
}  # fmt: skip


@pytest.fixture
def office(territories: dict[str, Any]) -> Organisation:
    return Organisation.objects.create(kind="department", names={"ru": "Отдел ЧС"})


def photo(colour: str = "green") -> SimpleUploadedFile:
    raw = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(raw, "JPEG")
    return SimpleUploadedFile("IMG_1.jpg", raw.getvalue(), content_type="image/jpeg")


def test_a_report_is_taken_once_and_its_photos_have_a_screen_of_their_own(person, sign_in):
    client = sign_in(person(home="ak-ordo"))
    for _ in range(2):
        sent = client.post("/risks/new/", GIVEN)
        assert sent.status_code == 302
    hazard = Hazard.objects.get()
    screen = f"/risks/{hazard.ref}/photos/"
    assert sent["Location"] == screen and 'name="photos"' in client.get(screen).content.decode()
    for _ in range(2):
        sent = client.post(screen, {"photos": [photo(), photo("red")]})
        assert sent["Location"] == f"/risks/{hazard.ref}/"
    one, _other = attachments.photos_of(hazard)
    assert client.get(f"/risks/{hazard.ref}/").status_code == 200
    assert Client().get(f"/risks/{hazard.ref}/").status_code == 404
    assert hazard.ref not in Client().get("/risks/").content.decode()
    for stranger in (sign_in(person()), sign_in(person(officer="north"))):
        assert stranger.post(screen, {"photos": [photo("blue")]}).status_code in (403, 404)
        assert stranger.post(screen, {"drop": str(one.pk)}).status_code in (403, 404)
    assert attachments.photos_of(hazard).count() == 2
    assert client.post(screen, {"drop": str(one.pk)})["Location"] == screen
    assert client.post(screen, {"drop": "x"}).status_code == 302 and attachments.photos_of(hazard).count() == 1
    Hazard.objects.update(status="rejected")
    assert client.post(screen, {"photos": [photo("blue")]}).status_code == 403
    assert attachments.photos_of(hazard).count() == 1


def test_what_was_typed_stays_when_something_is_missing(person, sign_in):
    answer = sign_in(person()).post("/risks/new/", {**GIVEN, "kind": ""})
    assert answer.status_code == 422 and not Hazard.objects.exists()
    assert "Мусор копится с весны" in answer.content.decode() and "ул. Арычная, 7" in answer.content.decode()


def test_a_file_that_is_no_photo_is_named_and_nothing_is_added(person, sign_in):
    client = sign_in(person())
    client.post("/risks/new/", GIVEN)
    fake = SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>", content_type="image/jpeg")
    answer = client.post(f"/risks/{Hazard.objects.get().ref}/photos/", {"photos": [photo(), fake]})
    assert answer.status_code == 422 and "a.jpg: " in answer.content.decode()
    assert not attachments.photos_of(Hazard.objects.get())


def test_words_are_shown_as_words(person, office, sign_in):
    client = sign_in(person(home="ak-ordo"))
    client.post("/risks/new/", {**GIVEN, "text": "<script>alert(1)</script> и вода"})
    page = client.get(f"/risks/{Hazard.objects.get().ref}/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_an_officer_judges_and_the_public_reads(person, office, sign_in):
    sign_in(person(home="ak-ordo")).post("/risks/new/", GIVEN)
    hazard = Hazard.objects.get()
    desk = sign_in(person(officer="north"))
    assert hazard.ref in desk.get("/desk/risks/").content.decode()
    given = {
        "part": "judge", "confirmed": "yes", "severity": "3", "likelihood": "5", "owner": str(office.pk),
        "words": "Осмотрено на месте: два самосвала мусора.", "seen_status": "reported",
    }  # fmt: skip
    assert desk.post(f"/desk/risks/{hazard.ref}/", given).status_code == 302
    again = sign_in(person(officer="city")).post(f"/desk/risks/{hazard.ref}/", {**given, "confirmed": "no"})
    assert again.status_code == 409 and "Осмотрено на месте" in again.content.decode()
    page = Client().get(f"/risks/{hazard.ref}/").content.decode()
    assert "15" in page and "Осмотрено на месте" in page
    rows = Client().get("/risks.csv").content.decode().splitlines()
    assert rows[1].startswith(f"{hazard.ref},waste,Свалка у арыка") and len(rows) == 2
    (feature,) = json.loads(Client().get("/risks.geojson").content)["features"]
    assert feature["properties"]["risk"] == 15 and feature["geometry"] is None


def test_the_desk_is_closed_to_residents(person, office, sign_in):
    sign_in(person(home="ak-ordo")).post("/risks/new/", GIVEN)
    hazard = Hazard.objects.get()
    resident = sign_in(person())
    assert resident.get("/desk/risks/").status_code == 403
    answer = resident.post(f"/desk/risks/{hazard.ref}/", {"part": "step", "step": "resolved", "words": "Готово всё."})
    assert answer.status_code == 403
    hazard.refresh_from_db()
    assert hazard.status == "reported"
