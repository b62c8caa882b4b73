"""Who asks a question, says a statement, votes and moderates."""

from __future__ import annotations

from typing import Any

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import has_role, has_role_citywide
from shaar.platform.places import selectors as places
from shaar.platform.places.models import Territory

from ..models import Conversation

#: Roles that open a question and let statements in, within their territory.
HOSTS = ("officer", "head", "mayor")


def may_host(person: Any) -> bool:
    """Officers of any place: who may open the desk page of questions."""
    return has_role(person, *HOSTS)


def may_open(person: Any, territory: Territory | None) -> bool:
    """Officers of the place; a question to the whole city (None) is asked and moderated by city-wide roles only."""
    if territory is None:
        return has_role_citywide(person, *HOSTS)
    return has_role(person, *HOSTS, territory=territory)


def places_to_ask(person: Any) -> list[tuple[Territory, int]]:
    """Places of today, with their depth in the tree, whose people she may ask; not the city as a whole."""
    return [(place, depth) for place, depth in places.tree() if place.parent_id is not None and may_open(person, place)]


def may_take_part(person: Any, conversation: Conversation) -> bool:
    """Everybody who has proven a phone or e-mail, as far as the process asks."""
    level = conversation.process.level if conversation.process else 1
    return isinstance(person, Person) and person.is_active and person.level >= level


def may_moderate(person: Any, conversation: Conversation) -> bool:
    """Officers of the place."""
    return may_open(person, conversation.territory)
