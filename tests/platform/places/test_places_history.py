from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override
from tests.platform.places.conftest import square

from shaar.platform.accounts.models import Role
from shaar.platform.accounts.policies import forget, has_role
from shaar.platform.kernel import events, story
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event, Message
from shaar.platform.places import selectors
from shaar.platform.places.models import Territory
from shaar.platform.places.services import merge, move, rename, split
from shaar.platform.places.services.history import Part


def paths() -> dict[str, str]:
    return dict(Territory.objects.values_list("code", "path"))


def test_a_renamed_settlement_is_found_by_both_names(outlined, mayor):
    rename(outlined["urker"], names={"ru": "Новый Уркер", "ky": "Жаңы Үркөр"}, acting=mayor, reason="решение №1")
    assert [t.code for t in selectors.search("жаны уркор")] == ["urker"]
    assert [t.code for t in selectors.search("urker")] == ["urker"]
    assert [e.verb for e in events.story(outlined["urker"])] == ["territory.renamed"]
    assert outlined["urker"].old_names.get().names == {"ru": "Urker"}


def test_only_those_who_may_change_places_do(outlined, person):
    before = paths()
    for somebody in (person(), person(officer="north"), person(leader="urker"), None):
        with pytest.raises(Forbidden):
            move(outlined["urker"], parent=outlined["north"], acting=somebody, reason="x")
        with pytest.raises(Forbidden):
            rename(outlined["urker"], names={"ru": "x"}, acting=somebody, reason="x")
    assert paths() == before
    assert not events.story(outlined["urker"], public_only=False).exists()


def test_a_settlement_moves_with_all_that_lies_in_it_and_officers_follow_the_tree(outlined, mayor, person):
    quarter = Territory.objects.create(
        code="q1", kind="quarter", names={"ru": "Квартал"}, parent=outlined["urker"], path="city/south/urker/q1/"
    )
    officer = person(officer="north")
    move(outlined["urker"], parent=outlined["north"], acting=mayor, reason="реформа")
    assert paths()["urker"] == "city/north/urker/"
    assert paths()["q1"] == "city/north/urker/q1/"
    quarter.refresh_from_db()
    assert has_role(officer, "officer", territory=quarter)
    assert [t.code for t in selectors.ancestors(quarter)] == ["city", "north", "urker"]


def test_a_territory_cannot_lie_inside_itself(outlined, mayor):
    before = paths()
    with pytest.raises(Invalid):
        move(outlined["north"], parent=outlined["ak-ordo"], acting=mayor, reason="x")
    with pytest.raises(Conflict):
        move(outlined["ak-ordo"], parent=outlined["north"], acting=mayor, reason="x")
    assert paths() == before


def test_codes_that_begin_alike_are_not_moved_together(outlined, mayor):
    Territory.objects.create(
        code="urker-2", kind="settlement", names={"ru": "Уркер-2"}, parent=outlined["south"], path="city/south/urker-2/"
    )
    move(outlined["urker"], parent=outlined["north"], acting=mayor, reason="реформа")
    assert paths()["urker-2"] == "city/south/urker-2/"


def test_a_split_leads_from_the_old_to_the_new_and_back(outlined, mayor):
    old = outlined["north"]
    west, east = split(
        old,
        parts=[
            Part("west", {"ru": "Западный"}, square(71.0, 51.0)),
            Part("east", {"ru": "Восточный"}, square(71.1, 51.0)),
        ],
        acting=mayor,
        reason="реформа",
    )  # fmt: skip
    old.refresh_from_db()
    assert old.until == timezone.localdate()
    assert [t.code for t in selectors.became(old)] == ["east", "west"]
    assert paths()["ak-ordo"] == "city/west/ak-ordo/"
    assert selectors.at_point(71.02, 51.02).code == "ak-ordo"
    assert selectors.at_point(71.15, 51.02).code == "east"
    assert set(selectors.within(west).values_list("code", flat=True)) == {"west", "ak-ordo", "north"}
    assert "north" not in [t.code for t, _depth in selectors.tree()]
    with pytest.raises(Conflict):
        rename(old, names={"ru": "x"}, acting=mayor, reason="x")
    assert east.since == timezone.localdate()


def test_a_split_asks_where_something_without_a_place_goes(outlined, mayor):
    outlined["ak-ordo"].geometry = None
    outlined["ak-ordo"].save()
    parts = [Part("west", {"ru": "Западный"}, square(71.0, 51.0)), Part("east", {"ru": "Восточный"})]
    before = paths()
    with pytest.raises(Invalid) as refused:
        split(outlined["north"], parts=parts, acting=mayor, reason="реформа")
    assert refused.value.field == "children"
    assert paths() == before
    split(outlined["north"], parts=parts, acting=mayor, reason="реформа", children={"ak-ordo": "east"})
    assert paths()["ak-ordo"] == "city/east/ak-ordo/"


def test_merged_districts_keep_what_points_to_them(outlined, mayor):
    united = merge(
        [outlined["north"], outlined["south"]], into=Part("one", {"ru": "Единый"}), acting=mayor, reason="реформа"
    )
    assert {selectors.became(outlined[code])[0].code for code in ("north", "south")} == {"one"}
    assert paths()["urker"] == "city/one/urker/"
    assert set(selectors.within(united).values_list("code", flat=True)) == {"one", "north", "south", "ak-ordo", "urker"}
    assert united.geometry["type"] == "Polygon"
    assert (united.min_lon, united.max_lon) == (71.0, 71.4)


def test_history_is_followed_through_two_reforms(outlined, mayor):
    first = merge([outlined["north"], outlined["south"]], into=Part("one", {"ru": "Единый"}), acting=mayor, reason="1")
    split(
        first,
        parts=[Part("a", {"ru": "А"}, square(71.0, 51.0, 0.2)), Part("b", {"ru": "Б"}, square(71.2, 51.0, 0.2))],
        acting=mayor,
        reason="2",
    )
    assert [t.code for t in selectors.became(outlined["north"])] == ["a", "b"]


def test_territories_of_different_districts_are_not_merged(outlined, mayor):
    with pytest.raises(Invalid):
        merge([outlined["ak-ordo"], outlined["urker"]], into=Part("x", {"ru": "x"}), acting=mayor, reason="x")
    with pytest.raises(Invalid):
        merge([outlined["north"], outlined["south"]], into=Part("urker", {"ru": "x"}), acting=mayor, reason="x")
    assert Territory.objects.filter(until__isnull=False).count() == 0


def test_roles_at_a_place_that_is_split_hold_at_its_parts(outlined, mayor, person):
    leader, waits = person("Лидер", leader="urker"), person("Глава", head="urker")
    waits.roles.update(approved_by=None)
    gone = person("Бывший", officer="urker")
    gone.roles.update(ended_at=timezone.now())
    given = leader.roles.get()
    made = split(
        outlined["urker"], parts=[Part("urker-1", {"ru": "Уркер-1"}), Part("urker-2", {"ru": "Уркер-2"})],
        acting=mayor, reason="реформа",
    )  # fmt: skip
    for part in made:
        forget(leader), forget(waits), forget(gone)
        assert has_role(leader, "leader", territory=part)
        assert not has_role(waits, "head", territory=part) and not has_role(gone, "officer", territory=part)
        passed = leader.roles.get(territory=part)
        assert (passed.until, passed.since, passed.reason) == (given.until, given.since, given.reason)
        assert waits.roles.get(territory=part).approved_by_id is None
    # What was written at the ended place is still hers to see to.
    outlined["urker"].refresh_from_db()
    assert has_role(leader, "leader", territory=outlined["urker"])
    told = Event.objects.filter(verb="role.passed_on")
    assert told.count() == 4 and {one.actor_id for one in told} == {mayor.pk}
    with override("ru"):
        assert "Уркер-1" in story.sentence(told.filter(data__territory="urker-1").first())
    assert set(Message.objects.values_list("person", flat=True)) == {leader.pk, waits.pk}


def test_roles_at_places_that_are_merged_hold_once_and_a_rename_keeps_them(outlined, mayor, person):
    other = Territory.objects.create(
        code="telmana", kind="settlement", names={"ru": "Тельмана"}, parent=outlined["south"],
        path="city/south/telmana/",
    )  # fmt: skip
    officer = person("Двое", officer="urker")
    Role.objects.create(
        person=officer, kind="officer", territory=other, until=timezone.localdate() + timedelta(days=500), reason="x"
    )
    rename(outlined["urker"], names={"ru": "Новый Уркер"}, acting=mayor, reason="решение")
    forget(officer)
    assert has_role(officer, "officer", territory=outlined["urker"]) and officer.roles.count() == 2
    both = merge([outlined["urker"], other], into=Part("big", {"ru": "Большой"}), acting=mayor, reason="реформа")
    forget(officer)
    assert has_role(officer, "officer", territory=both) and not has_role(
        officer, "officer", territory=outlined["south"]
    )
    assert officer.roles.get(territory=both).until == timezone.localdate() + timedelta(days=500)
    assert Event.objects.filter(verb="role.passed_on").count() == 1
