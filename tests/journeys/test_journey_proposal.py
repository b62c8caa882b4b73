"""The story of one proposal, told in Kyrgyz on a phone: from a code by text to a grant with photos of the site."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from tests.platform.kernel.test_attachments import picture as photo_of

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.decide.models import Application
from shaar.platform.kernel import attachments, events
from shaar.platform.propose.models import Measure, Phase, Process

CODE = re.compile(r"\b(\d{6})\b")


def send(page: Any, form: str = "main form.form") -> None:
    """Press the main button of a form and wait for the page after it."""
    button = page.locator(f"{form} button.button:not(.button-quiet):visible")
    button = button.first if button.count() else page.locator(f"{form} button:visible").first
    with page.expect_navigation():
        button.click()


def photo(colour: str) -> dict[str, Any]:
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": photo_of((1200, 900), colour=colour)}


def fits(page: Any) -> None:
    """A phone shows the page without scrolling sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"], f"{page.url} is {wide} px wide"


def well(page: Any, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None and answer.status == 200, (path, answer and answer.status)
    fits(page)


def test_from_a_phone_in_kyrgyz_to_a_grant_with_photos(
    visit, picture, live_server, monkeypatch, person, territories, make_call
):
    texts: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "shaar.platform.accounts.adapter.send_sms", lambda phone, text, *, key: texts.append((phone, text))
    )
    process = Process.objects.create(slug="ideas", names={"ky": "Шаарга сунуштар", "ru": "Идеи"}, threshold=2)
    Phase.objects.create(
        process=process, names={"ky": "Сунуштар"}, since=timezone.now() - timedelta(days=1),
        until=timezone.now() + timedelta(days=30), features=["propose", "comment", "support"],
    )  # fmt: skip
    Organisation.objects.create(
        kind="administration", names={"ky": "Түндүк башкармалыгы"}, territory=territories["north"]
    )
    grant = make_call()

    # Айгуль puts her idea forward; halfway she signs in with a code.
    page = visit()
    well(page, "/")
    assert page.locator("html").get_attribute("lang") == "ky"
    picture(page, "1-home")
    well(page, "/proposals/new/")
    page.locator('main a[href^="/proposals/new/kind/"]').first.click()
    page.locator("input[name=kind][value=park]").check()
    send(page)
    page.fill("[name=title]", "Канал жээгине дарак отургузуу")
    page.fill("[name=text]", "Канал боюнда бир да дарак жок. Көлөкө жана отургуч керек, биз өзүбүз жардам беребиз.")
    fits(page)
    picture(page, "2-words")
    send(page)
    page.select_option("[name=place_territory]", "ak-ordo")
    page.fill("[name=place_address]", "Мектеп көчөсү, 5")
    fits(page)
    picture(page, "3-place")
    send(page)
    assert "/account/login/" in page.url
    page.fill("[name=address]", "+996 555 12 34 56")
    fits(page)
    send(page)
    code = CODE.search(texts[0][1])
    assert code is not None and texts[0][0] == "+996555123456"
    page.fill("[name=code]", code.group(1))
    picture(page, "4-code")
    send(page)
    assert "/proposals/new/" in page.url
    page.set_input_files("[name=photos]", photo("green"))
    page.fill("[name=benefits]", "Айылдагы балдар")
    page.fill("[name=cost_guess]", "400")
    send(page)
    fits(page)
    picture(page, "5-check")
    send(page)
    made = Measure.objects.get()
    author = Person.objects.get(phone="+996555123456")
    assert page.url.endswith(f"/proposals/{made.ref}/")
    assert (made.language, made.author, made.territory.code, made.status) == ("ky", author, "ak-ordo", "open")
    assert attachments.photos_of(made).count() == 1
    fits(page)
    picture(page, "6-published")

    # A neighbour supports it: two are enough, and the city has to answer.
    other = visit(person("Бакыт", home="ak-ordo"))
    well(other, f"/proposals/{made.ref}/")
    send(other, f'form[action$="/proposals/{made.ref}/support/"]')
    made.refresh_from_db()
    assert (made.supports_count, made.status) == (2, "review")

    # The officer answers at the desk.
    desk = visit(person("Эрмек", officer="north"), width=1200)
    well(desk, "/desk/")
    well(desk, f"/desk/proposals/{made.ref}/")
    answer = 'form[action$="/answer/"]'
    desk.locator(f"{answer} input[name=outcome][value=accepted]").check()
    desk.locator(f"{answer} select[name=reason]").select_option("planned")
    desk.fill(f"{answer} [name=text]", "Жер шаардыкы. Дарактарды чакан грант менен отургузабыз.")
    desk.locator(f"{answer} select[name=office]").select_option(index=1)
    desk.fill(f"{answer} [name=deadline]", (timezone.localdate() + timedelta(days=90)).isoformat())
    picture(desk, "7-desk")
    send(desk, answer)
    made.refresh_from_db()
    assert made.status == "accepted"

    # With the answer she applies for a small grant; the neighbours add their work.
    well(page, f"/grants/{grant.slug}/apply/")
    page.select_option("[name=measure]", made.ref)
    page.select_option("[name=lot]", index=1)
    page.fill("[name=text]", "Жазында кырк дарак отургузабыз, сугарууну коңшулар өздөрү алат.")
    page.fill("[name=asked]", "400")
    page.fill("[name=own_labour]", "100")
    page.fill("[name=own_labour_words]", "Ишемби күнкү ашар")
    page.set_input_files("[name=photos]", photo("brown"))
    fits(page)
    picture(page, "8-apply")
    send(page)
    row = Application.objects.get()
    assert (row.status, row.asked, row.measure) == ("submitted", Decimal(400), made)
    fits(page)

    # Conditions, two scores, a session with its signature.
    well(desk, f"/desk/applications/{row.ref}/")
    check = "form:has(input[name=part][value=check])"
    desk.locator(f"{check} input[name=outcome][value=eligible]").check()
    send(desk, check)
    for name in ("Эксперт А", "Эксперт Б"):
        expert = visit(person(name, expert="north"), width=1200)
        well(expert, f"/desk/scoring/{row.ref}/")
        expert.locator("input[name=conflict][value=no]").check()
        send(expert)
        for radio in expert.locator("input[type=radio][value='4']").all():
            radio.check()
        expert.fill("[name=words]", "Элге керек, өздөрү иштейт.")
        send(expert)
    members = [person(f"Мүчө {number}", commission="north") for number in (1, 2, 3)]
    keeper = visit(members[0], width=1200)
    well(keeper, f"/desk/sessions/new/{grant.slug}/")
    for one in members:
        keeper.locator(f"input[name=members][value='{one.pk}']").check()
    keeper.fill("[name=minutes]", "Өтүнмөнү карап чыктык, талкууладык жана чечим кабыл алдык.")
    send(keeper)
    session = keeper.url.rstrip("/").rsplit("/", 1)[-1]
    well(keeper, f"/desk/sessions/{session}/{row.ref}/")
    keeper.locator("input[name=outcome][value=approved]").check()
    keeper.fill("[name=awarded]", "400")
    keeper.fill("[name=reason]", "Райондун эң мыкты өтүнмөсү.")
    keeper.fill("[name=votes_for]", "3")
    send(keeper)
    signer = visit(members[1], width=1200)
    well(signer, f"/desk/sessions/{session}/")
    send(signer, 'form[action$="/sign/"]')
    row.refresh_from_db()
    assert (row.status, row.awarded) == ("approved", Decimal(400))
    well(page, f"/applications/{row.ref}/")
    picture(page, "9-approved")

    # Agreement, money in one part by three hands, the report with a photo of the site.
    today = timezone.localdate()
    well(desk, f"/desk/applications/{row.ref}/")
    agreement = "form:has(input[name=part][value=agreement])"
    for name, value in (
        ("number", "1/26"), ("signed_on", today.isoformat()), ("ends_on", (today + timedelta(days=60)).isoformat()),
        ("text", "Дарактар жазында отургузулат, отчёт сүрөтү менен берилет."), ("amount_1", "400"),
        ("day_1", today.isoformat()),
    ):  # fmt: skip
        desk.fill(f"{agreement} [name={name}]", value)
    send(desk, agreement)
    head = visit(person("Башчы", head="north"), width=1200)
    well(head, f"/desk/applications/{row.ref}/")
    send(head, "form:has(input[name=part][value=approve])")
    well(desk, f"/desk/applications/{row.ref}/")
    send(desk, "form:has(input[name=part][value=pay])")
    well(page, f"/applications/{row.ref}/report/")
    page.fill("[name=text]", "Кырк дарак отургузулду, беш отургуч коюлду.")
    page.fill("[name=spent]", "400")
    page.locator("input[name=final][value=yes]").check()
    page.set_input_files("[name=photos]", photo("blue"))
    fits(page)
    picture(page, "10-report")
    send(page)
    well(desk, f"/desk/applications/{row.ref}/")
    judged = "form:has(input[name=part][value=report])"
    desk.locator(f"{judged} input[name=accepted][value=yes]").check()
    desk.fill(f"{judged} [name=words]", "Жеринде көрдүм: баары аткарылды.")
    send(desk, judged)
    row.refresh_from_db()
    assert row.status == "accepted"
    assert attachments.photos_of(row.reports.get()).count() == 1
    well(page, f"/applications/{row.ref}/")
    assert page.locator("main img").count() >= 1
    picture(page, "11-done")
    assert events.verify() is None
