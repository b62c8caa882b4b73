"""What residents do through the site: put forward, support, talk, change, appeal."""

from __future__ import annotations

import json
import uuid

from shaar.platform.kernel.models import Event
from shaar.platform.propose.models import Comment, Draft, Measure, Support


def _answer_all(client, **more):
    assert client.post("/proposals/new/kind/", {"process": "ideas", "kind": "stop"}).status_code == 302
    words = {"title": "Остановка у школы", "text": "Детям далеко идти до автобуса зимой.", "language": "ru", **more}
    assert client.post("/proposals/new/words/", words).status_code == 302
    place = {"place_territory": "ak-ordo", "place_address": "Ленина 5", "place_geometry": "", "place_window": ""}
    assert client.post("/proposals/new/place/", place).status_code == 302


def test_a_proposal_is_put_forward_screen_by_screen(process, person, browser):
    author = person("Айгуль")
    client = browser(author)
    _answer_all(client)
    assert client.post("/proposals/new/more/", {"benefits": "300 детей", "cost_guess": "125000.50"}).status_code == 302
    page = client.get("/proposals/new/check/")
    assert "Остановка у школы" in page.content.decode()
    answer = client.post("/proposals/new/check/", {"once_key": str(uuid.uuid4())})
    measure = Measure.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/proposals/{measure.ref}/"
    assert (measure.title, measure.address, measure.benefits) == ("Остановка у школы", "Ленина 5", "300 детей")
    assert str(measure.cost_guess) == "125000.50"
    assert measure.territory.code == "ak-ordo"
    assert (measure.author, measure.status, measure.version, measure.supports_count) == (author, "open", 1, 1)
    assert list(measure.versions.values_list("number", flat=True)) == [1]
    assert Draft.objects.count() == 0
    page = client.get(answer["Location"]).content.decode()
    assert "Ленина 5" in page and "2 more people are needed" in page and "Айгуль" in page


def test_with_one_process_open_it_need_not_be_chosen(process, person, browser):
    client = browser(person())
    page = client.get("/proposals/new/kind/").content.decode()
    assert '<input type="hidden" name="process" value="ideas"' in page


def test_the_same_form_sent_twice_makes_one_proposal(process, person, browser):
    client = browser(person())
    _answer_all(client)
    key = str(uuid.uuid4())
    first = client.post("/proposals/new/check/", {"once_key": key})
    second = client.post("/proposals/new/check/", {"once_key": key})
    assert first["Location"] == second["Location"]
    assert Measure.objects.count() == 1


def test_a_draft_begun_before_signing_in_is_kept_and_becomes_hers(process, person, browser):
    client = browser()
    _answer_all(client)
    assert Draft.objects.get().person is None
    answer = client.get("/proposals/new/more/")
    assert answer.status_code == 302 and "next=%2Fproposals%2Fnew%2Fmore%2F" in answer["Location"]
    author = person()
    client.force_login(author, backend="django.contrib.auth.backends.ModelBackend")
    assert "Остановка у школы" in client.get("/proposals/new/check/").content.decode()
    assert Draft.objects.get().person == author


def test_a_draft_of_somebody_else_is_not_found(process, person, browser):
    owner = person()
    client = browser(owner)
    _answer_all(client)
    client.force_login(person(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/proposals/new/check/").status_code == 302
    assert client.post("/proposals/new/check/", {"once_key": str(uuid.uuid4())}).status_code == 404
    assert Measure.objects.count() == 0


def test_words_too_short_are_refused_and_kept(process, person, browser):
    client = browser(person())
    client.post("/proposals/new/kind/", {"process": "ideas", "kind": "stop"})
    answer = client.post("/proposals/new/words/", {"title": "Остановка", "text": "мало", "language": "ru"})
    assert answer.status_code == 422
    assert "мало" in answer.content.decode()
    assert Draft.objects.get().data["text"] == "мало"


def test_a_photo_that_is_too_large_keeps_all_that_was_typed(process, person, browser, settings):
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.OPTIONS = {**settings.OPTIONS, "UPLOAD_MB": 1}
    client = browser(person())
    _answer_all(client)
    photo = SimpleUploadedFile("big.jpg", b"\xff\xd8\xff" + b"0" * 1_200_000, content_type="image/jpeg")
    answer = client.post("/proposals/new/more/", {"benefits": "дети", "cost_guess": "10", "photos": photo})
    assert answer.status_code == 422
    assert "2 MB" in answer.content.decode()
    assert Draft.objects.get().data["benefits"] == "дети"
    assert client.get("/proposals/new/check/").status_code == 200


def test_photos_go_with_the_draft_into_the_proposal(process, person, browser):
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    from shaar.platform.kernel.attachments import photos_of

    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(picture, "JPEG")
    client = browser(person())
    _answer_all(client)
    upload = SimpleUploadedFile("yard.jpg", picture.getvalue(), content_type="image/jpeg")
    assert client.post("/proposals/new/more/", {"photos": [upload]}).status_code == 302
    client.post("/proposals/new/check/", {"once_key": str(uuid.uuid4())})
    measure = Measure.objects.get()
    assert photos_of(measure).count() == 1
    assert f"/files/{photos_of(measure).get().pk}/" in browser().get(measure.get_absolute_url()).content.decode()


def test_after_the_last_day_nothing_can_be_put_forward(process, person, browser, close):
    client = browser(person())
    _answer_all(client)
    close(process)
    answer = client.post("/proposals/new/check/", {"once_key": str(uuid.uuid4())})
    assert answer.status_code == 409
    assert "This closed on" in answer.content.decode()
    assert Measure.objects.count() == 0 and Draft.objects.count() == 1


def test_somebody_without_a_proven_address_cannot_put_forward(process, person, browser):
    client = browser(person(level=0))
    _answer_all(client)
    answer = client.post("/proposals/new/check/", {"once_key": str(uuid.uuid4())})
    assert answer.status_code == 403
    assert (Measure.objects.count(), Draft.objects.count()) == (0, 1)


def test_a_person_supports_once_however_often_she_asks(proposal, person, browser):
    measure = proposal()
    client = browser(person())
    for _ in range(3):
        assert client.post(f"/proposals/{measure.ref}/support/").status_code == 302
    measure.refresh_from_db()
    assert measure.supports_count == 2 == Support.objects.count()
    assert Event.objects.filter(verb="measure.supported").count() == 1
    assert client.post(f"/proposals/{measure.ref}/unsupport/").status_code == 302
    measure.refresh_from_db()
    assert measure.supports_count == 1


def test_enough_supporters_oblige_the_office_to_answer(proposal, person, browser, office):
    measure = proposal()
    for _ in range(2):
        browser(person()).post(f"/proposals/{measure.ref}/support/")
    measure.refresh_from_db()
    assert measure.status == "review" and measure.office == office and measure.due is not None
    page = browser().get(f"/proposals/{measure.ref}/").content.decode()
    assert "The office gives its answer." in page and "Northern office" in page


def test_a_support_after_closing_is_a_conflict_that_says_when(process, proposal, person, browser, close):
    measure = proposal()
    close(process)
    answer = browser(person()).post(f"/proposals/{measure.ref}/support/")
    assert answer.status_code == 409
    assert "This closed on" in answer.content.decode()
    assert Support.objects.count() == 1


def test_supporting_needs_signing_in(proposal, browser):
    measure = proposal()
    answer = browser().post(f"/proposals/{measure.ref}/support/")
    assert answer.status_code == 302 and "/account/login/" in answer["Location"]
    assert Support.objects.count() == 1


def test_html_in_a_comment_is_shown_as_it_was_typed(proposal, person, browser):
    measure = proposal()
    client = browser(person("Бек"))
    text = '<script>alert(1)</script> **да** <img src=x onerror="alert(2)">'
    answer = client.post(
        f"/proposals/{measure.ref}/comment/", {"text": text, "stance": "pro", "once_key": uuid.uuid4()}
    )
    assert answer.status_code == 302
    page = client.get(f"/proposals/{measure.ref}/").content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;script&gt;" in page and "<strong>да</strong>" in page


def test_a_comment_sent_twice_stands_once(proposal, person, browser):
    measure, client, key = proposal(), browser(person()), str(uuid.uuid4())
    for _ in range(2):
        client.post(f"/proposals/{measure.ref}/comment/", {"text": "Поддерживаю", "stance": "pro", "once_key": key})
    measure.refresh_from_db()
    assert Comment.objects.count() == 1 == measure.comments_count


def test_replies_go_one_level_deep(proposal, person, browser):
    measure, client = proposal(), browser(person())
    address = f"/proposals/{measure.ref}/comment/"
    client.post(address, {"text": "Первый", "stance": "contra"})
    top = Comment.objects.get()
    client.post(address, {"text": "Ответ", "parent": str(top.pk)})
    reply = Comment.objects.get(parent=top)
    answer = client.post(address, {"text": "Глубже", "parent": str(reply.pk)})
    assert answer.status_code == 422 and "Глубже" in answer.content.decode()
    assert Comment.objects.count() == 2


def test_an_empty_comment_is_refused_in_words(proposal, person, browser):
    measure = proposal()
    answer = browser(person()).post(f"/proposals/{measure.ref}/comment/", {"text": " ", "stance": "pro"})
    assert answer.status_code == 422 and Comment.objects.count() == 0


def test_the_author_changes_words_and_both_versions_can_be_compared(proposal, person, browser):
    author = person("Автор")
    measure = proposal(author)
    client = browser(author)
    given = {
        "title": "Остановка у школы 13", "text": measure.text, "language": "ru", "kind": "stop", "seen_version": 1,
        "place_territory": "ak-ordo", "place_address": "", "why": "ошибка в номере",
    }  # fmt: skip
    assert client.post(f"/proposals/{measure.ref}/edit/", given).status_code == 302
    measure.refresh_from_db()
    assert (measure.version, measure.title, measure.supports_count) == (2, "Остановка у школы 13", 1)
    page = client.get(f"/proposals/{measure.ref}/versions/").content.decode()
    assert "<del>12</del>" in page and "<ins>13</ins>" in page and "ошибка в номере" in page
    late = client.post(f"/proposals/{measure.ref}/edit/", {**given, "title": "Остановка у рынка"})
    assert late.status_code == 409 and "Остановка у рынка" in late.content.decode()
    measure.refresh_from_db()
    assert measure.version == 2


def test_nobody_else_changes_or_withdraws_a_proposal(proposal, person, browser):
    measure = proposal()
    client = browser(person())
    for act in ("edit", "withdraw"):
        assert client.get(f"/proposals/{measure.ref}/{act}/").status_code == 403
        assert client.post(f"/proposals/{measure.ref}/{act}/", {"title": "Другое название"}).status_code == 403
    measure.refresh_from_db()
    assert (measure.title, measure.version, measure.status) == ("Остановка у школы 12", 1, "open")


def test_the_list_is_narrowed_by_words_place_kind_and_status(proposal, browser, territories, person):
    one = proposal()
    other = proposal(person(), kind="park", title="Паркты жашылдандыруу", territory=territories["urker"], language="ky")
    client = browser()

    def refs(query):
        page = client.get(f"/proposals/?{query}").content.decode()
        return {m.ref for m in (one, other) if f"/proposals/{m.ref}/" in page}

    assert refs("") == {one.ref, other.ref}
    assert refs("q=жашылдандыруу") == {other.ref} == refs("q=ПАРКТЫ")
    assert refs("territory=north") == {one.ref}
    assert refs("kind=park") == {other.ref}
    assert refs("status=done") == set()


def test_open_data_holds_no_person(proposal, browser, person):
    author = person("Жыпар Секретова")
    measure = proposal(author, geometry={"type": "Point", "coordinates": [71.4, 51.1]}, title="=1+1 остановка тут")
    table = b"".join(browser().get("/proposals.csv").streaming_content).decode("utf-8-sig")
    assert table.splitlines()[0].startswith("ref,kind,title")
    assert "'=1+1" in table
    features = json.loads(browser().get("/proposals.geojson").content)["features"]
    assert features[0]["id"] == measure.ref and features[0]["geometry"]["coordinates"] == [71.4, 51.1]
    for text in (table, json.dumps(features, ensure_ascii=False)):
        assert "Секретова" not in text and author.phone not in text and str(author.pk) not in text


def test_an_erased_author_leaves_the_proposal_nameless(proposal, person, browser):
    from shaar.platform.accounts.services import erase_person

    author = person("Жыпар Секретова")
    measure = proposal(author)
    erase_person(author, acting=author)
    page = browser().get(f"/proposals/{measure.ref}/")
    assert page.status_code == 200
    assert "Секретова" not in page.content.decode() and "a resident" in page.content.decode()


def test_the_sheet_carries_the_words_and_the_code(proposal, browser):
    measure = proposal()
    page = browser().get(f"/proposals/{measure.ref}/print/").content.decode()
    assert measure.title in page and "data:image/svg+xml;base64," in page


def test_a_small_letter_in_the_reference_leads_to_the_page(proposal, browser):
    measure = proposal()
    answer = browser().get(f"/proposals/{measure.ref.lower()}/")
    assert answer.status_code == 301 and answer["Location"] == f"/proposals/{measure.ref}/"
    assert browser().get("/proposals/P-99-0001/").status_code == 404


def test_a_process_page_says_what_may_be_done_until_when(process, proposal, browser, close):
    proposal()
    page = browser().get("/processes/ideas/").content.decode()
    assert "open now" in page and "put forward proposals" in page
    close(process)
    page = browser().get("/processes/ideas/").content.decode()
    assert "open now" not in page
    assert browser().get("/processes/").status_code == 200
    assert browser().get("/processes/none/").status_code == 404


def test_numbers_that_are_none_are_not_found(proposal, person, browser):
    measure, client = proposal(), browser(person(officer="north"))
    for number in ("x", "00000000-0000-0000-0000-000000000000"):
        assert client.post(f"/proposals/{measure.ref}/flag/", {"comment": number}).status_code == 404
        assert client.get(f"/desk/moderation/text/?comment={number}").status_code == 404
    assert client.get("/proposals/?bbox=1,2").status_code == 422
    assert client.get(f"/proposals/{measure.ref}/versions/?new=9&old=x").status_code == 200
    damaged = client.post(f"/proposals/{measure.ref}/comment/", {"text": "Привет", "once_key": "x"})
    assert damaged.status_code == 422 and "Привет" in damaged.content.decode()


def test_photos_of_a_proposal_have_a_screen_of_their_own(proposal, person, browser):
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    from shaar.platform.kernel.attachments import photos_of

    def shot(colour):
        held = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(held, "JPEG")
        return SimpleUploadedFile(f"{colour}.jpg", held.getvalue(), content_type="image/jpeg")

    author = person()
    one = proposal(author)
    client, screen = browser(author), f"/proposals/{one.ref}/photos/"
    page = client.get(f"/proposals/{one.ref}/edit/").content.decode()
    assert screen in page and 'type="file"' not in page
    words = {"title": one.title, "text": one.text, "language": "ru", "kind": one.kind, "seen_version": one.version,
             "place_territory": "ak-ordo", "photos": "yes"}  # fmt: skip
    assert client.post(f"/proposals/{one.ref}/edit/", words)["Location"] == screen
    assert client.post(screen, {"photos": [shot("red"), shot("green")], "more": "yes"})["Location"] == screen
    assert client.post(screen, {"photos": []})["Location"] == f"/proposals/{one.ref}/"
    assert photos_of(one).count() == 2
    many = [shot(name) for name in ("red", "blue", "white", "black", "gray", "pink", "brown", "navy", "teal", "gold",
                                    "plum", "tan")]  # fmt: skip
    refused = client.post(screen, {"photos": many})
    assert refused.status_code == 422 and "At most 12 files fit here; there are 2" in refused.content.decode()
    other = browser(person())
    assert other.get(screen).status_code == 403 and other.post(screen, {"photos": [shot("blue")]}).status_code == 403
    assert photos_of(one).count() == 2
