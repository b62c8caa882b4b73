"""A call with money for two districts, proposals, and the people of a grant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

WORDS = "Скамейки, деревья и площадка для детей у школы."


@pytest.fixture
def measure(person: Callable[..., Any], territories: dict[str, Any]) -> Callable[..., Any]:
    """A proposal of somebody, in a settlement."""
    from shaar.platform.propose.models import Measure

    def make(author: Any = None, where: str = "ak-ordo", title: str = "Сквер у школы") -> Any:
        number = Measure.objects.count() + 1
        return Measure.objects.create(
            ref=f"P-26-{number:04d}", kind="park", title=title, text=WORDS, territory=territories[where],
            author=author or person(f"Автор {number}", home=where),
            geometry={"type": "Point", "coordinates": [71.4 + number / 100, 51.1]},
        )  # fmt: skip

    return make


@pytest.fixture
def manager(person: Callable[..., Any]) -> Any:
    return person("Мэрия", mayor=None)


@pytest.fixture
def make_call(manager: Any, territories: dict[str, Any]) -> Callable[..., Any]:
    """A call that is open: 1000 for the north, 500 for the south, 20 % own, two criteria of 60 and 40."""
    from django.utils import timezone

    from shaar.platform.decide.models import Call
    from shaar.platform.decide.services import call as services

    def make(slug: str = "spring", **given: Any) -> Any:
        now = timezone.now()
        fields: dict[str, Any] = {
            "names": {"en": "Spring call", "ru": "Весенний конкурс"}, "ceiling": Decimal(600), "share": 20, "quorum": 2,
            "opens": now + timedelta(hours=1), "closes": now + timedelta(days=20),
            "decide_by": timezone.localdate() + timedelta(days=40),
        }  # fmt: skip
        programme = services.make_programme(acting=manager, slug=f"p-{slug}", names={"en": "Small grants"})
        made = services.make_call(acting=manager, programme=programme, slug=slug, **{**fields, **given})
        services.set_lot(acting=manager, call=made, territory=territories["north"], money=Decimal(1000))
        services.set_lot(acting=manager, call=made, territory=territories["south"], money=Decimal(500))
        services.set_criteria(
            acting=manager, call=made,
            criteria=[{"names": {"en": "Need"}, "weight": 60}, {"names": {"en": "Care"}, "weight": 40}],
        )  # fmt: skip
        services.publish_call(acting=manager, call=made)
        Call.objects.filter(pk=made.pk).update(opens=now - timedelta(days=1))
        made.refresh_from_db()
        return made

    return make


@pytest.fixture
def call(make_call: Callable[..., Any]) -> Any:
    return make_call()


@pytest.fixture
def staff(person: Callable[..., Any]) -> Any:
    """An officer, a head, two experts and three members of the commission, all of the north."""
    return SimpleNamespace(
        officer=person("Чиновник", officer="north"), head=person("Глава", head="north"),
        first=person("Эксперт А", expert="north"), second=person("Эксперт Б", expert="north"),
        third=person("Эксперт В", expert="north"),
        members=[person(f"Член {n}", commission="north") for n in (1, 2, 3)],
    )  # fmt: skip


@pytest.fixture
def application(call: Any, measure: Callable[..., Any]) -> Callable[..., Any]:
    """An application, sent by the author of a proposal."""
    from shaar.platform.decide.services.application import apply

    def make(asked: Any = 400, own: Any = 100, **given: Any) -> Any:
        one = given.pop("measure", None) or measure()
        fields: dict[str, Any] = {
            "acting": one.author, "call": call, "lot": call.lots.get(territory__code="north"), "measure": one,
            "text": WORDS, "asked": Decimal(asked),
            "own": [{"kind": "labour", "words": "Субботник", "amount": Decimal(own)}],
        }  # fmt: skip
        return apply(**{**fields, **given})

    return make


@pytest.fixture
def reviewed(application: Callable[..., Any], staff: Any) -> Callable[..., Any]:
    """An application that meets the conditions and has two scores."""
    from shaar.platform.decide.services import application as services
    from shaar.platform.decide.services import review

    def make(points: tuple[int, ...] = (4, 4), **given: Any) -> Any:
        row = application(**given)
        services.judge_conditions(
            acting=staff.officer, application=row, eligible=True, words="", seen_version=row.version
        )
        for scorer, mark in zip((staff.first, staff.second, staff.third), points):
            review.disclose(acting=scorer, application=row, conflict=False)
            review.score(
                acting=scorer, application=row, words="Нужно людям, сделают сами.",
                marks={one.pk: mark for one in row.call.criteria.all()},
            )  # fmt: skip
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def approved(reviewed: Callable[..., Any], staff: Any) -> Callable[..., Any]:
    """An application with a signed decision."""
    from django.utils import timezone

    from shaar.platform.decide.services import commission

    def make(awarded: Any = 400, **given: Any) -> Any:
        row = reviewed(**given)
        session = commission.hold_session(
            acting=staff.members[0], call=row.call, held_on=timezone.localdate(), members=staff.members,
            minutes="Слушали, обсудили, постановили.",
        )  # fmt: skip
        commission.decide(
            acting=staff.members[0], session=session, application=row, outcome="approved", awarded=Decimal(awarded),
            reason="Лучшая заявка района.", votes_for=3, seen_version=row.version,
        )  # fmt: skip
        commission.sign_minutes(acting=staff.members[1], session=session)
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def sign_in(sign_in: Callable[..., Any]) -> Callable[..., Any]:
    """As everywhere, in English, so that pages can be read by their words."""
    return lambda who=None: sign_in(who, headers={"accept-language": "en"})


@pytest.fixture
def make_box(manager: Any, measure: Callable[..., Any], territories: dict[str, Any]) -> Callable[..., Any]:
    """A vote that is open: 900 for projects of 300, 300, 600 and 200, the first and third in the north."""
    from django.utils import timezone

    from shaar.platform.decide.models import BallotBox
    from shaar.platform.decide.services import ballot as services

    def make(slug: str = "parks", divided: bool = False, **given: Any) -> Any:
        now = timezone.now()
        fields: dict[str, Any] = {
            "names": {"en": "Vote on parks", "ru": "Голосование о скверах"}, "budget": Decimal(900), "most": 3,
            "opens": now + timedelta(hours=1), "closes": now + timedelta(days=7),
        }  # fmt: skip
        box = services.make_box(acting=manager, slug=slug, **{**fields, **given})
        north_only = box.territory is not None
        if divided:
            services.divide_money(
                acting=manager, box=box, districts=[(territories["north"], 2000), (territories["south"], 1000)]
            )
        costs = (300, 300, 600, 200) if not divided else (300, 200, 500, 100)
        for number, cost in enumerate(costs, start=1):
            where = "ak-ordo" if number % 2 or north_only else "urker"
            services.add_project(
                acting=manager, box=box, measure=measure(where=where, title=f"Проект {number}"), cost=Decimal(cost)
            )
        services.publish_box(acting=manager, box=box)
        BallotBox.objects.filter(pk=box.pk).update(opens=now - timedelta(days=1))
        box.refresh_from_db()
        return box

    return make
