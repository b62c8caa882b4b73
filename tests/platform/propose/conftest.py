"""A process with everything open, an office, and a way to put proposals forward."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def process(territories: dict[str, Any]) -> Any:
    from django.utils import timezone

    from shaar.platform.propose.models import Phase, Process

    made = Process.objects.create(slug="ideas", names={"ru": "Идеы", "en": "Ideas"}, threshold=3)
    Phase.objects.create(
        process=made, names={"en": "Open"}, since=timezone.now() - timedelta(days=1),
        until=timezone.now() + timedelta(days=30), features=["propose", "comment", "support"],
    )  # fmt: skip
    return made


@pytest.fixture
def close() -> Callable[..., None]:
    """End the phase of a process yesterday."""
    from django.utils import timezone

    def end(process: Any) -> None:
        process.phases.update(since=timezone.now() - timedelta(days=9), until=timezone.now() - timedelta(days=1))

    return end


@pytest.fixture
def office(territories: dict[str, Any]) -> Any:
    from shaar.platform.accounts.models import Organisation

    return Organisation.objects.create(
        kind="administration", names={"ru": "МТУ Север", "en": "Northern office"}, territory=territories["north"]
    )


@pytest.fixture
def proposal(process: Any, person: Callable[..., Any], territories: dict[str, Any]) -> Callable[..., Any]:
    from shaar.platform.propose.services.measure import propose

    def make(author: Any = None, **given: Any) -> Any:
        words: dict[str, Any] = {
            "process": process, "kind": "stop", "title": "Остановка у школы 12",
            "text": "Детям далеко идти до автобуса, нужна остановка у школы.", "territory": territories["ak-ordo"],
        }  # fmt: skip
        return propose(acting=author or person("Автор"), **{**words, **given})

    return make


@pytest.fixture
def browser() -> Callable[..., Any]:
    """A client that is signed in as somebody."""
    from django.test import Client

    def open_as(who: Any = None) -> Client:
        client = Client(headers={"accept-language": "en"})
        if who is not None:
            client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
            # As after a second factor, which roles above officer need at the desk.
            session = client.session
            session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
            session["account_authentication_methods_user"] = str(who.pk)
            session.save()
        return client

    return open_as
