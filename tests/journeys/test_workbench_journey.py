"""At the workbench: a line is drawn and its effects seen, it is saved, computed, published, contested and run again."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.platform.workbench.conftest import in_town, opened, town_folder  # noqa: F401

from shaar.platform.appraise import live, scenarios
from shaar.platform.appraise.models import Alternative, Contest, Run, Study
from shaar.platform.appraise.tasks import run_alternative

#: Degrees of a block of the town, and pixels of it at the zoom of the address below.
BLOCK, PIXELS = 400 / 111_320, 400 / 111_320 * 512 * 2**13.5 / 360
MIDDLE = 6 * BLOCK
PLACE = f"#map=13.5/{MIDDLE:.5f}/{MIDDLE:.5f}"
_AXE = """() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations
  .filter(one => one.impact === 'serious' || one.impact === 'critical')
  .map(one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')))"""


@pytest.fixture
def open_at(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """The workbench in a browser that can draw maps: ``open_at(officer, width=360, graphics=False)``."""
    from django.conf import settings

    started: list[Any] = []

    def begin(
        who: Any, *, width: int = 1400, height: int = 1000, language: str = "en", scheme: str = "light",
        graphics: bool = True, query: str = PLACE,
    ) -> Any:  # fmt: skip
        drawing = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = chromium.browser_type.launch(
            executable_path=program, args=["--no-sandbox", *(drawing if graphics else ["--disable-3d-apis"])]
        )
        started.append(browser)
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=language, color_scheme=scheme,
            base_url=live_server.url, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(90_000)
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY], store[HASH_SESSION_KEY] = str(who.pk), who.get_session_auth_hash()
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
        store["account_authentication_methods_user"] = str(who.pk)
        store.save()
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": store.session_key, "url": live_server.url}]
        )
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "console", lambda said: page.faults.append(said.text) if "Content Security Policy" in said.text else None
        )
        page.goto(f"/workbench/{query}")
        page.locator("#add-change").wait_for()
        return page

    yield begin
    for browser in started:
        browser.close()


def barriers(page: Any) -> list[str]:
    package = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    page.evaluate((Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    return list(page.evaluate(_AXE))


def tab(page: Any, name: str) -> None:
    page.locator(".tabs-bar button", has_text=name).click()


def computed(page: Any) -> None:
    """Wait until the numbers under the map are those of what stands."""
    page.locator(".dock .keys:not(.stale)").wait_for()


def finished(run: Run) -> Run:
    """Wait for the worker; where none is there, do what it does."""
    run_alternative.call(str(run.pk))
    until = time.monotonic() + 180
    while run.open and time.monotonic() < until:
        time.sleep(0.2)
        run.refresh_from_db()
    assert run.state == Run.State.DONE, run.message
    return run


def waiting_run(count: int) -> Run:
    until = time.monotonic() + 30
    while Run.objects.count() < count:
        assert time.monotonic() < until
        time.sleep(0.1)
    return Run.objects.order_by("-at")[0]


def test_from_a_line_on_the_map_to_a_published_estimate_and_an_objection(open_at, opened, visit, person, picture):  # noqa: F811
    officer = person("Эрмек", officer=None)
    page = open_at(officer)
    canvas = page.locator(".maplibregl-canvas").first
    canvas.wait_for()
    assert barriers(page) == []

    # A line through three points, on streets, with stops; its effects come while it is drawn.
    page.get_by_role("button", name="Draw a line").click()
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for x, y in ((-2, -4), (0, -1), (4, 4)):
        page.mouse.click(middle[0] + x * PIXELS, middle[1] - y * PIXELS)
    page.locator(".points li").nth(2).wait_for()
    page.locator(".line-facts").wait_for()
    page.locator(".panel small", has_text="Laying").wait_for(state="detached")
    computed(page)
    drawn = page.locator(".line-facts").inner_text()
    assert re.match(r"[\d.]+ min there, [\d.]+ min back, stops: \d+", drawn)
    assert "Mean journey" in page.locator(".dock").inner_text()

    # Taken back and made again.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Redo").click()
    tab(page, "Changes")
    assert page.locator(".tabs-bar .count").inner_text() == "1"

    # Every ten minutes all day, and never every nought minutes.
    if page.locator(".item-open").count():
        page.locator(".item-open").click()
    first = page.locator(".headway .number").first
    first.fill("0")
    assert "more than 0" in page.locator(".headway .field-error").inner_text()
    first.fill("8")
    assert page.locator(".headway .field-error").count() == 0
    computed(page)
    picture(page, "workbench-line")
    assert barriers(page) == []

    # What stands is kept when the window is lost.
    page.reload()
    page.locator(".notice", has_text="draft").wait_for()
    tab(page, "Save")
    page.locator("#study-title").fill("A line to the corner")
    page.get_by_role("button", name="Begin the study").click()
    page.locator("#alternative-name").fill("Every eight minutes")
    page.locator(".panel").get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    kept = Alternative.objects.get()
    (line,) = kept.changes
    assert (line["type"], line["headways"][0]["minutes"], kept.version) == ("add_line", 8, 1)
    assert (kept.study.title, kept.saved_by) == ("A line to the corner", officer)
    assert f"study={kept.study.ref}" in page.url and str(kept.pk) in page.url
    assert page.get_by_role("button", name="Publish").is_disabled()

    # The full appraisal gives the figures that stood on the page, to the last digit.
    quick = live.known(scenarios.scenario_of("-", kept.changes))
    assert quick is not None
    page.get_by_role("button", name="Run the full appraisal").click()
    run = finished(waiting_run(1))
    page.get_by_text("The full appraisal is done.").wait_for()
    rows = {(row.indicator, row.group, row.place): row for row in run.effects.all()}
    shown = {(one.indicator, one.group, one.place): one for one in quick.effects if one.change is not None}
    both = [key for key in shown if key in rows]
    assert len(both) > 10
    assert [(key, shown[key].change) for key in both] == [(key, rows[key].change) for key in both]
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="Open the public page").wait_for()
    study = Study.objects.get()
    assert study.state == Study.State.PUBLISHED

    # A resident objects on the public page.
    resident = visit(person("Айгуль", home="ak-ordo"), language="en")
    resident.goto(study.get_absolute_url())
    resident.locator("#contests summary").click()
    resident.locator("#contests textarea").fill("The bus will stand at the crossing longer than the model thinks.")
    with resident.expect_navigation():
        resident.locator("#contests form .button").click()
    objection = Contest.objects.get()
    assert (objection.study, objection.state) == (study, Contest.State.OPEN)

    # The officer edits and runs again: a new version, new figures.
    tab(page, "Changes")
    if page.locator(".item-open").count():
        page.locator(".item-open").click()
    page.locator(".headway .number").first.fill("6")
    computed(page)
    tab(page, "Save")
    page.get_by_text("Not saved yet").wait_for()
    page.locator(".panel").get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_role("button", name="Run again").click()
    again = finished(waiting_run(2))
    page.get_by_text("The full appraisal is done.").wait_for()
    assert (again.version, run.version) == (2, 1)
    assert page.faults == []


def test_two_officers_at_one_alternative_lose_nothing(open_at, opened, person):  # noqa: F811
    from shaar.platform.appraise.services.alternative import save_alternative
    from shaar.platform.appraise.services.study import make_study

    officer, other = person("Эрмек", officer=None), person("Гульнара", officer=None)
    often = {"type": "set_headway", "route_id": "east", "start": "07:00", "end": "10:00", "minutes": 5}
    gone = {"type": "remove_line", "route_id": "north"}
    study = make_study(acting=officer, title="Two at once", about="")
    row = save_alternative(acting=officer, study=study, changes=[often], name="Often")
    page = open_at(officer, query=f"?study={study.ref}&alternative={row.pk}{PLACE}")
    page.locator(".item-open").wait_for()
    save_alternative(
        acting=other, study=study, alternative=row, changes=[often, gone], name="Often", expected_version=1
    )
    page.locator(".item-open").click()
    page.get_by_label("Headway").or_(page.locator("input.number")).first.fill("7")
    computed(page)
    tab(page, "Save")
    page.locator(".panel").get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("alert").wait_for()
    said = page.get_by_role("alert").inner_text()
    assert "Гульнара" in said and "Remove" in said
    page.get_by_role("button", name="Keep both").click()
    page.get_by_text("Saved.").wait_for()
    assert {(one.name, len(one.changes)) for one in Alternative.objects.all()} == {("Often", 2), ("Often (2)", 1)}
    assert Alternative.objects.get(name="Often (2)").changes[0]["minutes"] == 7


def test_without_a_map_everything_is_in_the_lists(open_at, opened, person):  # noqa: F811
    page = open_at(person("Эрмек", officer=None), width=360, height=740, graphics=False, scheme="dark")
    page.get_by_text("The map could not be shown").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Draw a line").click()
    page.keyboard.press("Alt+1")
    for x, y in ((2, 2), (10, 10)):
        page.locator("#add-point").fill(f"{y * BLOCK:.5f}, {x * BLOCK:.5f}")
        page.locator(".points li").nth(0 if x == 2 else 1).wait_for()
    page.locator(".line-facts").wait_for()
    assert barriers(page) == []
    for name in ("Effects", "Layers", "List", "Proposals", "Save"):
        tab(page, name)
        page.locator(".panel h2").first.wait_for()
        assert barriers(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate(
        """() => [...document.querySelectorAll('.button, .tabs-bar button, select, .control, .grip')]
        .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44)
        .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_what_is_drawn_without_a_network_is_computed_when_it_is_back(open_at, opened, person):  # noqa: F811
    page = open_at(person("Эрмек", officer=None), graphics=False, query="#layers=")
    page.locator(".dock .standing").wait_for()
    page.context.set_offline(True)
    page.select_option("#add-change", "fare")
    page.locator("input.number").first.fill("150")
    page.locator(".dock").get_by_text("No connection").wait_for()
    page.context.set_offline(False)
    computed(page)
    assert page.locator("input.number").first.input_value() == "150"


def test_a_draft_that_is_older_than_what_was_saved_does_not_cover_it(open_at, opened, person):  # noqa: F811
    from shaar.platform.appraise.services.alternative import save_alternative
    from shaar.platform.appraise.services.study import make_study

    officer, other = person("Эрмек", officer=None), person("Гульнара", officer=None)
    often = {"type": "set_headway", "route_id": "east", "start": "07:00", "end": "10:00", "minutes": 5}
    study = make_study(acting=officer, title="A draft", about="")
    row = save_alternative(acting=officer, study=study, changes=[often], name="Often")
    page = open_at(officer, graphics=False, query=f"?study={study.ref}&alternative={row.pk}#layers=")
    page.locator(".item-open").click()
    page.locator("input.number").first.fill("9")
    computed(page)
    theirs = [{**often, "minutes": 4}]
    save_alternative(acting=other, study=study, alternative=row, changes=theirs, name="Often", expected_version=1)
    page.reload()
    page.locator(".notice", has_text="draft").wait_for()
    tab(page, "Save")
    page.locator(".panel").get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("alert").wait_for()
    row.refresh_from_db()
    assert (row.version, row.changes) == (2, theirs)
    page.get_by_role("button", name="Keep mine").click()
    page.get_by_text("Saved.").wait_for()
    row.refresh_from_db()
    assert (row.version, row.changes[0]["minutes"]) == (3, 9)
