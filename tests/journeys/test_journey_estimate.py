"""From a wish to a published estimate, an objection and its answer: an officer at the desk, a resident on a phone."""

from __future__ import annotations

import re
from typing import Any

from tests.platform.appraise.conftest import program  # noqa: F401

from shaar.platform.appraise.models import Contest, Run, Study
from shaar.platform.appraise.services.run import figures
from shaar.platform.appraise.tasks import run_alternative
from shaar.platform.propose.services.measure import propose


def _fits(page: Any) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"], f"{page.url} is {wide} px wide"


def test_a_wish_becomes_an_estimate_that_people_can_contest(visit, picture, person, territories, program):  # noqa: F811
    officer, colleague = person("Эрмек", officer=None), person("Гульнара", officer=None)
    resident = person("Айгуль", home="ak-ordo")
    measure = propose(
        acting=officer, on_behalf_of=resident, process=None, kind="facility", title="Амбулатория в Ак-Ордо",
        text="Просим открыть амбулаторию на первом этаже дома.", territory=territories["ak-ordo"], channel="meeting",
        geometry={"type": "Point", "coordinates": [71.43, 51.13]},
    )  # fmt: skip
    program("done")
    desk = visit(officer, width=1280, language="en")
    desk.goto(f"/desk/proposals/{measure.ref}/")
    desk.get_by_role("link", name="What would it change?").click()
    desk.get_by_text("Step 1 of 3").wait_for()
    picture(desk, "estimate-choose")
    desk.get_by_role("link", name="School, clinic, park, centre").first.click()
    desk.get_by_text("Step 2 of 3").wait_for()
    desk.locator("#id_kind").select_option("clinic")
    desk.get_by_role("button", name="Look at it").click()
    desk.get_by_text("Step 3 of 3").wait_for()
    desk.get_by_role("button", name="Keep it and compute").click()
    desk.wait_for_url(re.compile(r"/desk/studies/"))
    run = Run.objects.get()
    if run.state != Run.State.DONE:  # the jobs of the tests are done at once
        run_alternative.call(str(run.pk))
    desk.reload()
    desk.get_by_text("4 more buses on the road").wait_for()
    desk.get_by_role("button", name="Publish").click()
    desk.get_by_text("Published. Everybody can see it").wait_for()

    phone = visit(resident, language="ru")
    phone.goto(measure.get_absolute_url())
    assert "доберутся за 30 мин до поликлиники" in phone.locator("#effects").inner_text()
    _fits(phone)
    phone.locator("#effects a").click()
    _fits(phone)
    picture(phone, "estimate-card")
    phone.locator("#contests summary").click()
    phone.locator("#contests textarea").fill("На остановке каждое утро стоит больше людей, чем здесь сказано.")
    phone.locator("#contests form button").click()
    phone.locator("#contests .card").wait_for()
    _fits(phone)
    assert Contest.objects.get().state == Contest.State.OPEN

    other = visit(colleague, width=1280, language="en")
    other.goto("/desk/contests/")
    other.locator("tbody a").first.click()
    other.locator("textarea").fill("Пересчитали по данным турникетов: расхождение в пределах диапазона.")
    other.get_by_role("button", name="Answer in public").click()
    other.get_by_text("No estimate is contested").wait_for()
    phone.reload()
    assert "Пересчитали по данным" in phone.locator("#contests").inner_text()

    desk.goto(f"/desk/runs/{Run.objects.get().pk}/")
    desk.get_by_role("button", name="Compute the same once more").click()
    desk.wait_for_url(re.compile(r"/desk/runs/"))
    first, second = Run.objects.order_by("at")
    if second.state != Run.State.DONE:
        run_alternative.call(str(second.pk))
        second.refresh_from_db()
    desk.goto(f"/desk/runs/{second.pk}/")
    desk.get_by_text("the same figures to the last digit").first.wait_for()
    assert figures(first) == figures(second)
    assert Study.objects.get().state == "published"
