from __future__ import annotations

import pytest
from django.db import transaction

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel import events
from shaar.platform.kernel.models import Event


@pytest.fixture
def thing() -> Organisation:
    return Organisation.objects.create(kind="ngo", names={"ru": "Наш двор"})


def test_events_are_chained_and_numbered_without_gaps(thing, person):
    who = person()
    with transaction.atomic():
        first = events.record("organisation.made", thing, acting=who, public=True, word="а")
        second = events.record("organisation.renamed", thing, acting=who)
    assert (first.seq, second.seq) == (1, 2)
    assert second.previous == first.hash
    assert events.verify() is None
    assert [event.verb for event in events.story(thing)] == ["organisation.made"]


@pytest.mark.parametrize("change", [{"verb": "x"}, {"data": {"word": "г"}}, {"public": False}])
def test_a_silent_edit_is_found(thing, change):
    with transaction.atomic():
        for word in "абв":
            events.record("organisation.made", thing, acting=None, public=True, word=word)
    Event.objects.filter(seq=2).update(**change)
    assert events.verify() == 2


def test_a_deleted_last_event_is_found(thing):
    with transaction.atomic():
        events.record("organisation.made", thing, acting=None)
        events.record("organisation.made", thing, acting=None)
    Event.objects.filter(seq=2).delete()
    assert events.verify() == 2


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_an_event_outside_a_transaction_is_a_mistake_in_the_program(thing):
    with pytest.raises(RuntimeError, match="transaction"):
        events.record("organisation.made", thing, acting=None)
