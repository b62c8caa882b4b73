"""The page is clean under axe in every language, on a phone and a desk, light and dark, folded and unfolded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from shaar.report import write_report
from shaar.report.i18n import LANGUAGES

from .sample import sample_result

api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

ROOT = Path(__file__).parents[2]
#: axe.min.js: where AXE_JS says, else where npm puts it.
AXE = [Path(p) for p in (os.environ.get("AXE_JS", ""), *ROOT.glob("**/node_modules/axe-core/axe.min.js")) if p]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    v => [v.impact, v.id, v.nodes[0].html.slice(0, 200)])"""

pytestmark = [
    pytest.mark.skipif(not BROWSER, reason="there is no Chromium"),
    pytest.mark.skipif(not any(p.is_file() for p in AXE), reason="there is no axe.min.js; AXE_JS may name it"),
]


@pytest.fixture(scope="module")
def browser():
    with api.sync_playwright() as p:
        started = p.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(browser, tmp_path, width, scheme):
    path = write_report(sample_result(with_network=True), tmp_path / "r.html")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate(next(p for p in AXE if p.is_file()).read_text(encoding="utf-8"))
    for language in LANGUAGES:
        page.evaluate("x => document.querySelector('#lang-' + x).click()", language)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for unfolded in (False, True):
            page.evaluate("x => document.querySelectorAll('details').forEach(d => { d.open = x })", unfolded)
            assert page.evaluate(RUN) == [], (language, unfolded)
    context.close()
