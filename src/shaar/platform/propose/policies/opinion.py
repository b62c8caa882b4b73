"""Who asks a question, says a statement, votes and moderates."""

from __future__ import annotations

from typing import Any

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import has_role
from shaar.platform.places.models import Territory

from ..models import Conversation

#: Roles that open a question and let statements in, within their territory.
HOSTS = ("officer", "head", "mayor")


def may_open(person: Any, territory: Territory | None = None) -> bool:
    """Officers of the place."""
    return has_role(person, *HOSTS, territory=territory)


def may_take_part(person: Any, conversation: Conversation) -> bool:
    """Everybody who has proven a phone or e-mail, as far as the process asks."""
    level = conversation.process.level if conversation.process else 1
    return isinstance(person, Person) and person.is_active and person.level >= level


def may_moderate(person: Any, conversation: Conversation) -> bool:
    """Officers of the place."""
    return may_open(person, conversation.territory)
