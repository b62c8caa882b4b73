"""Everything under here may use the database, and both files of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents and not any(item.iter_markers("django_db")):
            item.add_marker(pytest.mark.django_db(databases="__all__"))


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page leaves its language to the thread, and the next test must not depend on which page that was."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def territories() -> dict[str, Any]:
    """A small tree: city, two districts, a settlement in each."""
    from shaar.platform.places.models import Territory

    made: dict[str, Territory] = {}
    for code, kind, parent in (
        ("city", "city", None), ("north", "district", "city"), ("south", "district", "city"),
        ("ak-ordo", "settlement", "north"), ("urker", "settlement", "south"),
    ):  # fmt: skip
        above = made.get(parent or "")
        made[code] = Territory.objects.create(
            code=code, kind=kind, names={"ru": code.title()}, parent=above,
            path=f"{above.path if above else ''}{code}/",
        )  # fmt: skip
    return made


@pytest.fixture
def person(territories: dict[str, Any]) -> Callable[..., Any]:
    """Make a person, ``person("Айгуль", officer="north")``: a role within a territory (None: the whole city)."""
    from django.utils import timezone

    from shaar.platform.accounts.models import Person, Role

    def make(name: str = "Айгуль", *, level: int = 1, home: str | None = None, **roles: str | None) -> Person:
        number = Person.objects.count()
        one = Person.objects.create_user(
            name=name, email=f"p{number}@example.org", phone=f"+9965550{number:05d}", phone_verified=True, level=level,
            home=territories[home] if home else None,
        )  # fmt: skip
        for kind, where in roles.items():
            approver = Person.objects.create_user(name="", email=f"a{number}-{kind}@example.org")
            Role.objects.create(
                person=one, kind=kind, territory=territories[where] if where else None,
                until=timezone.localdate() + timedelta(days=365), reason="test", approved_by=approver,
            )  # fmt: skip
        return one

    return make


@pytest.fixture
def sign_in() -> Callable[..., Any]:
    """A browser in which a person (None: nobody) has signed in, with her second step passed."""
    from django.test import Client

    def open_browser(who: Any = None, **options: Any) -> Client:
        client = Client(**options)
        if who is not None:
            client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
            session = client.session
            session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
            session["account_authentication_methods_user"] = str(who.pk)
            session.save()
        return client

    return open_browser
