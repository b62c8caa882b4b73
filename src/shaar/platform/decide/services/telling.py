"""Messages to applicants about their applications."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shaar.platform.kernel import notify
from shaar.platform.kernel.models import Event

from ..models import Application


def tell_applicant(event: Event, application: Application, subject: Callable[[], str], body: str = "") -> None:
    """Tell the applicant what happened, in her language, with the address of the page."""
    notify.tell(event, [application.applicant], subject=subject, body=body, link=application.get_absolute_url())


def tell_all(event: Event, applications: Iterable[Application], subject: Callable[[], str]) -> None:
    """Tell every applicant the same."""
    notify.tell(event, [one.applicant for one in applications], subject=subject, link="/grants/")
