from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from shaar.platform.decide.models import Application
from shaar.platform.decide.services import review
from shaar.platform.kernel import attachments

KEY = "0f0c4f5e-1111-4222-8333-444455556666"


def given(call: Any, measure: Any, **more: Any) -> dict[str, Any]:
    lot = call.lots.get(territory__code="north")
    return {
        "measure": measure.ref, "lot": str(lot.pk), "text": "Скамейки и деревья сажаем сами в мае.", "asked": "400",
        "own_labour": "60", "own_labour_words": "Субботник", "own_cash": "40", "once_key": KEY, **more,
    }  # fmt: skip


def photo(colour: str = "green") -> SimpleUploadedFile:
    raw = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(raw, "JPEG")
    return SimpleUploadedFile("site.jpg", raw.getvalue(), content_type="image/jpeg")


def test_a_resident_applies_once_with_photos_and_follows_it(call, measure, sign_in):
    one = measure()
    client = sign_in(one.author)
    assert one.ref in client.get(f"/grants/{call.slug}/apply/?measure={one.ref}").content.decode()
    for _ in range(2):
        sent = client.post(f"/grants/{call.slug}/apply/", given(call, one, photos=[photo(), photo("red")]))
        assert sent.status_code == 302
    row = Application.objects.get()
    assert sent["Location"] == f"/applications/{row.ref}/" and (row.asked, row.own) == (Decimal(400), Decimal(100))
    assert len(attachments.photos_of(row)) == 2
    page = client.get(f"/applications/{row.ref}/").content.decode()
    assert "Субботник" in page and "An officer checks whether it meets the conditions." in page
    assert row.ref in client.get("/me/").content.decode()
    assert sign_in().get(f"/applications/{row.ref}/").status_code == 404
    assert row.ref not in sign_in().get(f"/grants/{call.slug}/").content.decode()


def test_nothing_typed_is_lost(call, measure, sign_in):
    one = measure()
    client = sign_in(one.author)
    answer = client.post(f"/grants/{call.slug}/apply/", given(call, one, own_cash="1"))
    page = answer.content.decode()
    assert answer.status_code == 422 and "at least 20 %" in page and "Субботник" in page and KEY in page
    fake = SimpleUploadedFile("a.jpg", b"<script>", content_type="image/jpeg")
    answer = client.post(f"/grants/{call.slug}/apply/", given(call, one, photos=[photo(), fake]))
    assert answer.status_code == 422 and "Скамейки и деревья" in answer.content.decode()
    assert "a.jpg: " in answer.content.decode()
    colours = ["red", "green", "blue", "white", "black", "gray", "pink", "brown", "navy", "teal", "gold", "plum", "tan"]
    answer = client.post(f"/grants/{call.slug}/apply/", given(call, one, photos=[photo(name) for name in colours]))
    assert answer.status_code == 422 and "At most 12 files fit here" in answer.content.decode()
    assert not Application.objects.exists()


def test_a_late_application_gets_a_clear_page(call, measure, sign_in):
    from django.utils import timezone

    type(call).objects.update(closes=timezone.now())
    one = measure()
    answer = sign_in(one.author).post(f"/grants/{call.slug}/apply/", given(call, one))
    assert answer.status_code == 409 and "no applications are taken now" in answer.content.decode()
    assert "Скамейки и деревья" in answer.content.decode() and not Application.objects.exists()


def test_a_stranger_neither_reads_nor_changes(application, sign_in, person):
    row = application()
    stranger = sign_in(person())
    for path in ("", "edit/", "report/"):
        assert stranger.get(f"/applications/{row.ref}/{path}").status_code == 404
    assert stranger.post(f"/applications/{row.ref}/withdraw/").status_code == 404
    assert sign_in().post(f"/applications/{row.ref}/withdraw/").status_code == 302  # to the sign-in
    row.refresh_from_db()
    assert row.status == "submitted"


def test_scorers_read_the_file_only_after_their_declaration(application, staff, sign_in):
    from shaar.platform.decide.services import application as services

    row = application()
    services.judge_conditions(acting=staff.officer, application=row, eligible=True, words="", seen_version=1)
    hidden = "Скамейки, деревья и площадка для детей у школы."
    for who, sees in ((None, False), (staff.first, False), (staff.officer, True), (row.applicant, True)):
        assert (hidden in sign_in(who).get(f"/applications/{row.ref}/").content.decode()) is sees
    review.disclose(acting=staff.first, application=row, conflict=False)
    assert hidden in sign_in(staff.first).get(f"/applications/{row.ref}/").content.decode()


def test_results_and_open_data_tell_sums_and_reasons_and_name_nobody(approved, sign_in):
    row = approved()
    page = sign_in().get(f"/grants/{row.call.slug}/").content.decode()
    assert "Лучшая заявка района." in page and row.ref in page and "for 3, against 0" in page
    (award,) = json.loads(sign_in().get("/grants.json").content)["grants"]
    assert (award["id"], award["amountAwarded"], award["amountAppliedFor"]) == (row.ref, "400.00", "400.00")
    assert award["recipientIndividual"]["name"] == "resident"
    (line,) = csv.DictReader(io.StringIO(sign_in().get("/grants.csv").content.decode()))
    assert (line["Identifier"], line["Amount Awarded"]) == (row.ref, "400.00")
    assert row.applicant.name not in page + json.dumps(award, ensure_ascii=False) + str(line)


def test_the_applicant_reports_with_a_photo_of_the_site(approved, staff, sign_in):
    from django.utils import timezone

    from shaar.platform.decide.services import delivery

    row, today = approved(), timezone.localdate()
    delivery.sign_agreement(
        acting=staff.officer, application=row, number="1", signed_on=today, ends_on=today,
        text="Заявитель делает сквер, управа платит.", tranches=[(Decimal(400), today)],
    )  # fmt: skip
    part = row.tranches.get()
    delivery.approve_tranche(acting=staff.head, tranche=part)
    delivery.pay_tranche(acting=staff.officer, tranche=part, paid_on=today)
    client = sign_in(row.applicant)
    words = {"text": "Деревья посажены, скамейки стоят.", "final": "yes", "once_key": KEY}
    answer = client.post(f"/applications/{row.ref}/report/", {**words, "spent": "401"})
    assert answer.status_code == 422 and "Деревья посажены" in answer.content.decode()
    for _ in range(2):
        answer = client.post(
            f"/applications/{row.ref}/report/", {**words, "spent": "400", "photos": [photo(), photo("red")]}
        )
        assert answer.status_code == 302
    report = row.reports.get()
    shot, _other = attachments.photos_of(report)
    assert sign_in().get(f"/files/{shot.pk}/320/").status_code == 200
    assert "Деревья посажены" in sign_in().get(f"/applications/{row.ref}/").content.decode()


@pytest.mark.parametrize("language", ["ru", "ky", "kk", "en"])
def test_pages_open_in_four_languages(call, sign_in, language):
    client = sign_in()
    for path in ("/grants/", f"/grants/{call.slug}/", "/"):
        assert client.get(path, headers={"accept-language": language}).status_code == 200
