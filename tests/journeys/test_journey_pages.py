"""Every public page and the main pages of the desk: no barrier that axe calls serious, no sideways scroll, light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from django.conf import settings
from tests.platform.appraise.conftest import appraisal
from tests.platform.example_city import build_city, publish_study

#: Bytes that a page without a map may send in all, compressed: HTML, CSS and scripts.
LIGHT = 100_000
#: Pages whose map is drawn into them; the others must be light.
_MAPS = ("/", "/risks/", "/places/", "/proposals/new/place/")


@pytest.fixture
def city(person: Callable[..., Any], territories: dict[str, Any], make_box: Any, approved: Any) -> SimpleNamespace:
    from shaar.platform.kernel.models import Counter

    made = build_city(person, territories)
    Counter.objects.filter(series__startswith="P").update(last=500)  # above the numbers that fixtures choose
    made.box, made.application = make_box(), approved()
    zones = settings.PROFILE.model / "zones.parquet"
    given = appraisal(zone_ids=pl.read_parquet(zones, columns=["zone_id"])["zone_id"][:3].to_list())
    made.study, made.run = publish_study(made.officer, made.author, given)
    return made


def public_pages(city: SimpleNamespace) -> list[str]:
    proposal, call = city.proposal.ref, city.application.call.slug
    return [
        "/", "/proposals/", f"/proposals/{proposal}/", f"/proposals/{proposal}/versions/",
        f"/proposals/{proposal}/print/", "/proposals/new/", "/proposals/new/kind/", "/processes/", "/processes/ideas/",
        "/meetings/", f"/meetings/{city.meeting.ref}/", "/plans/", f"/plans/{city.plan.ref}/", "/opinions/",
        f"/opinions/{city.question.slug}/", "/risks/", f"/risks/{city.hazard.ref}/", "/places/", "/places/ak-ordo/",
        "/moderation/", "/events/", "/about/", "/about/privacy/", "/about/accessibility/", "/about/moderation/",
        "/about/open/", "/grants/", f"/grants/{call}/", f"/applications/{city.application.ref}/", "/ballots/",
        f"/ballots/{city.box.slug}/", "/account/login/", "/design/", "/studies/", f"/studies/{city.study.ref}/",
        f"/studies/{city.study.ref}/worth/", f"/studies/{city.study.ref}/weigh/",
        f"/studies/compare/?a={city.run.pk}&b={city.run.pk}",
    ]  # fmt: skip


def own_pages(city: SimpleNamespace) -> list[str]:
    return ["/me/", "/me/messages/", "/me/settings/", "/risks/new/", f"/ballots/{city.box.slug}/vote/"]


def desk_pages(city: SimpleNamespace) -> list[str]:
    return [
        "/desk/", "/desk/proposals/", f"/desk/proposals/{city.proposal.ref}/", "/desk/moderation/", "/desk/meetings/",
        f"/desk/meetings/{city.meeting.ref}/", f"/desk/plans/{city.plan.ref}/", "/desk/opinions/", "/desk/risks/",
        f"/desk/risks/{city.hazard.ref}/", "/desk/applications/", f"/desk/applications/{city.application.ref}/",
        "/desk/intake/", "/desk/studies/", f"/desk/studies/{city.study.ref}/", f"/desk/runs/{city.run.pk}/",
        f"/desk/studies/{city.study.ref}/alternatives/{city.run.alternative_id}/",
        f"/desk/studies/{city.study.ref}/alternatives/{city.run.alternative_id}/change/", "/desk/contests/",
        f"/desk/contests/{city.study.contests.get().pk}/", f"/desk/proposals/{city.proposal.ref}/change/",
        f"/desk/proposals/{city.proposal.ref}/change/?type=add_line",
    ]  # fmt: skip


def _axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


_RUN = """() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations
  .filter(one => one.impact === 'serious' || one.impact === 'critical')
  .map(one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')))"""


def _barriers(page: Any, paths: list[str], axe: str) -> list[str]:
    found = []
    for path in paths:
        answer = page.goto(path)
        if answer.status != 200:
            found.append(f"{path}: {answer.status}")
            continue
        # The page's own rules forbid foreign scripts; a debugger's evaluation stands outside them.
        page.evaluate(axe)
        found += [f"{path} {one}" for one in page.evaluate(_RUN)]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, city, person, scheme):
    axe = _axe()
    found = _barriers(visit(scheme=scheme), public_pages(city), axe)
    found += _barriers(visit(city.author, scheme=scheme, language="ru"), own_pages(city), axe)
    found += _barriers(visit(person("О", officer=None), width=1200, scheme=scheme), desk_pages(city), axe)
    assert not found, "\n".join(found)


def test_no_page_is_wider_than_a_phone(visit, city, person):
    found = []
    for who, paths in (
        (None, public_pages(city)), (city.author, own_pages(city)), (person("О", officer=None), desk_pages(city)),
    ):  # fmt: skip
        for language in ("ky", "ru"):
            page = visit(who, language=language)
            for path in paths:
                page.goto(path)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > 360:
                    found.append(f"{path} in {language}: {wide} px")
    assert not found, "\n".join(found)


def test_pages_without_a_map_are_light(live_server, city, client):
    """HTML as it is sent, and each file that it names once, compressed."""
    from django.contrib.staticfiles import finders

    sizes: dict[str, int] = {}

    def size(address: str) -> int:
        if address not in sizes:
            content = Path(finders.find(address.removeprefix("/static/"))).read_bytes()
            inner = re.findall(rb"""(?:import\s*['"]|from\s*['"]|url\(['"]?)(/static/[^'")]+)""", content)
            sizes[address] = len(gzip.compress(content)) + sum(size(one.decode()) for one in inner)
        return sizes[address]

    rows = []
    for path in public_pages(city):
        answer = client.get(path)
        assert answer.status_code == 200, path
        content = answer.content
        named = {urlsplit(one).path for one in re.findall(r'(?:src|href)="(/static/[^"]+)"', content.decode())}
        whole = len(gzip.compress(content)) + sum(size(one) for one in named)
        drawn = b'class="map' in content or path in _MAPS
        rows.append((whole, path, drawn))
    for whole, path, drawn in sorted(rows, reverse=True):
        print(f"{whole / 1000:7.1f} kB {'map ' if drawn else '    '}{path}")
    heavy = [f"{path}: {whole} bytes" for whole, path, drawn in rows if whole >= LIGHT and not drawn]
    assert not heavy, "\n".join(heavy)
