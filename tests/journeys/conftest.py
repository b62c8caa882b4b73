"""A browser and a live server. Without Chromium the journeys are skipped, and say so.

``SHAAR_PICTURES=docs/img`` keeps pictures of the story there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The browser's driver runs a loop in this thread, and Django then takes the tests' own queries for asynchronous ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from tests.platform.conftest import _clean_cache, person, territories  # noqa: F401
from tests.platform.decide.conftest import (  # noqa: F401
    application,
    approved,
    call,
    make_box,
    make_call,
    manager,
    measure,
    reviewed,
    staff,
)

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.django_db(transaction=True, databases="__all__"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as made:
        browser = made.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """A page in a browser of its own: ``visit(person, width=360, language="ky", scheme="light")``."""
    from importlib import import_module

    from django.conf import settings

    opened = []

    def open_as(
        who: Any = None, *, width: int = 360, language: str = "ky", scheme: str = "light", motion: str = "reduce"
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 740}, locale=language, color_scheme=scheme, base_url=live_server.url,
            reduced_motion=motion, device_scale_factor=1,
        )  # fmt: skip
        context.set_default_timeout(90_000)
        opened.append(context)
        if who is not None:
            store = import_module(settings.SESSION_ENGINE).SessionStore()
            import time

            from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

            store[SESSION_KEY], store[HASH_SESSION_KEY] = str(who.pk), who.get_session_auth_hash()
            store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
            # As after a second step, which roles above officer need at the desk.
            store["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
            store["account_authentication_methods_user"] = str(who.pk)
            store.save()
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": store.session_key, "url": live_server.url}]
            )
        return context.new_page()

    yield open_as
    for context in opened:
        for page in context.pages:
            # Shown only where the test has failed.
            with contextlib.suppress(Exception):
                print(page.url, "\n", page.locator("body").inner_text(timeout=2_000)[:1500])
        context.close()


@pytest.fixture
def picture() -> Callable[[Any, str], None]:
    """Keep a picture of a page, where pictures were asked for."""
    folder = os.environ.get("SHAAR_PICTURES", "")

    def keep(page: Any, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"story-{name}.png"), full_page=False)

    return keep
