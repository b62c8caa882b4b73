from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.test import Client

from shaar.platform.accounts import registry
from shaar.platform.accounts.models import Consent, Contact, Person, Vouch
from shaar.platform.accounts.services import (
    agree,
    change_home,
    change_name,
    erase_person,
    export_person,
    file_on_behalf,
    prove,
    set_contacts,
    set_language,
    take_back,
    vouch,
    withdraw,
)
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from shaar.platform.kernel.models import Event


@pytest.fixture
def leader(person):
    return person("Бакыт", leader="ak-ordo")


def asking(person, home="ak-ordo"):
    who = person("Асель", home=home)
    agree(who, "vouch", "1", acting=who)
    return who


def client_of(person) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestVouching:
    def test_a_leaders_word_raises_the_level_and_taking_it_back_lowers_it(self, person, leader, territories):
        who = asking(person)
        one = vouch(who, acting=leader, territory=territories["ak-ordo"])
        who.refresh_from_db()
        assert who.level == 2
        with pytest.raises(Conflict):
            vouch(who, acting=leader, territory=territories["ak-ordo"])
        with pytest.raises(Forbidden):
            withdraw(one, acting=person("Other", leader="urker"), reason="x")
        who.refresh_from_db()
        assert who.level == 2
        withdraw(one, acting=leader, reason="moved")
        who.refresh_from_db()
        assert who.level == 1

    def test_only_the_leader_there_for_somebody_else_who_asked_and_lives_there(self, person, leader, territories):
        who = asking(person)
        here = territories["ak-ordo"]
        for wrong in (person("x", leader="urker"), person("x", officer="ak-ordo"), person("x", admin=None), who):
            with pytest.raises(Forbidden):
                vouch(who, acting=wrong, territory=here)
        elsewhere = asking(person, home="urker")
        silent = person("Молчит", home="ak-ordo")
        for whom, code in ((elsewhere, "vouch.home"), (silent, "vouch.not_asked")):
            with pytest.raises(Invalid) as refusal:
                vouch(whom, acting=leader, territory=here)
            assert refusal.value.code == code
        with pytest.raises(Forbidden):
            vouch(leader, acting=leader, territory=here)
        assert Vouch.objects.count() == 0
        assert not Person.objects.filter(level=2).exists()

    def test_there_is_a_limit_a_day(self, person, leader, territories, monkeypatch):
        monkeypatch.setattr("shaar.platform.accounts.services.vouching.A_DAY", 2)
        for _ in range(2):
            vouch(asking(person), acting=leader, territory=territories["ak-ordo"])
        with pytest.raises(TooMany):
            vouch(asking(person), acting=leader, territory=territories["ak-ordo"])
        assert Vouch.objects.count() == 2

    def test_moving_away_ends_it_moving_within_does_not(self, person, leader, territories):
        who = asking(person)
        vouch(who, acting=leader, territory=territories["ak-ordo"])
        change_home(who, territories["urker"], acting=who)
        who.refresh_from_db()
        assert (who.level, who.home) == (1, territories["urker"])
        assert Vouch.objects.get().withdrawn_at is not None

    def test_the_state_level_stays(self, person, leader, territories):
        who = asking(person)
        Person.objects.filter(pk=who.pk).update(level=3)
        one = vouch(who, acting=leader, territory=territories["ak-ordo"])
        withdraw(one, acting=leader, reason="x")
        who.refresh_from_db()
        assert who.level == 3

    def test_the_leaders_page(self, person, leader, territories):
        who = asking(person)
        client = client_of(leader)
        page = client.get("/me/neighbours/").content.decode()
        assert "Асель" in page
        assert who.phone not in page
        assert who.phone[-4:] in page
        client.post("/me/neighbours/confirm/", {"number": str(who.pk), "territory": "ak-ordo"})
        who.refresh_from_db()
        assert who.level == 2
        stranger = client_of(person("Other"))
        assert stranger.get("/me/neighbours/").status_code == 403
        other = client_of(person("Other leader", leader="urker"))
        other.post("/me/neighbours/take-back/", {"number": str(Vouch.objects.get().pk), "reason": "x"})
        assert Vouch.objects.get().withdrawn_at is None


class TestOwnData:
    def test_nobody_changes_anothers(self, person, territories):
        who, other = person(), person("Other", admin=None)
        for act in (
            lambda: change_name(who, "Зло", acting=other),
            lambda: change_home(who, territories["urker"], acting=other),
            lambda: set_language(who, "ky", acting=other),
            lambda: set_contacts(who, set(), acting=other),
            lambda: agree(who, "vouch", "1", acting=other),
            lambda: take_back(who, "vouch", acting=other),
            lambda: export_person(who, acting=other),
        ):
            with pytest.raises(Forbidden):
                act()
        who.refresh_from_db()
        assert (who.name, who.home, who.language) == ("Айгуль", None, "ru")
        assert Event.objects.count() == 0

    def test_channels_need_a_proven_address(self, person):
        who = person()
        with pytest.raises(Invalid) as refusal:
            set_contacts(who, {"telegram"}, acting=who)
        assert refusal.value.code == "channel.no_address"
        prove(who, "phone", who.phone)
        set_contacts(who, set(), acting=who)
        assert not Contact.objects.get().wanted
        set_contacts(who, {"sms"}, acting=who)
        assert Contact.objects.get().wanted

    def test_the_terms_are_withdrawn_by_erasing_only(self, person):
        who = person()
        with pytest.raises(Invalid):
            take_back(who, "terms", acting=who)
        one = agree(who, "research", "1", acting=who)
        assert agree(who, "research", "1", acting=who) == one
        take_back(who, "research", acting=who)
        assert Consent.objects.get().withdrawn_at is not None

    def test_an_address_of_another_is_refused(self, person):
        one, two = person(), person("Two")
        with pytest.raises(Conflict):
            prove(two, "phone", one.phone)
        two.refresh_from_db()
        assert two.phone != one.phone

    def test_a_second_address_is_proven_by_its_code(self, person):
        import re

        from django.core import mail

        who = person()
        client = client_of(who)
        client.post("/me/settings/", {"part": "address", "add-address": "new@example.org"})
        code = re.search(r"\d{6}", mail.outbox[0].subject).group()
        bad = client.post("/me/settings/", {"part": "code", "code": f"{(int(code) + 1) % 10**6:06d}"})
        assert bad.status_code == 422
        who.refresh_from_db()
        assert who.email != "new@example.org"
        assert client.post("/me/settings/", {"part": "code", "code": code}).status_code == 302
        who.refresh_from_db()
        assert who.email == "new@example.org"
        assert who.emailaddress_set.get().verified

    def test_settings_are_saved_and_mistakes_keep_what_was_typed(self, person, territories):
        who = person()
        client = client_of(who)
        saved = client.post(
            "/me/settings/",
            {
                "part": "self",
                "name": " Айгүл  Т. ",
                "home": str(territories["urker"].pk),
                "language": "ky",
                "vouch": "on",
            },
        )
        assert saved.status_code == 302
        assert saved.cookies["django_language"].value == "ky"
        who.refresh_from_db()
        assert (who.name, who.home, who.language) == ("Айгүл Т.", territories["urker"], "ky")
        assert who.consents.filter(purpose="vouch").exists()
        bad = client.post("/me/settings/", {"part": "self", "name": "Имя", "language": "xx"})
        assert bad.status_code == 422
        assert 'value="Имя"' in bad.content.decode()

    def test_an_operator_finds_or_makes_a_person_by_phone(self, person, territories):
        operator, resident = person("Op", operator=None), person("Res")
        who = file_on_behalf("0555 12 34 56", acting=operator, name="Бүбүсара", home=territories["urker"])
        assert (who.phone, who.level, who.phone_verified) == ("+996555123456", 0, False)
        assert file_on_behalf("+996555123456", acting=operator) == who
        assert file_on_behalf(resident.phone, acting=operator) == resident
        with pytest.raises(Forbidden):
            file_on_behalf("0555 99 99 99", acting=resident)
        assert not Person.objects.filter(phone="+996555999999").exists()


class TestLeaving:
    def test_everything_personal_goes_and_the_chain_still_fits(self, person, leader, territories):
        who = asking(person)
        prove(who, "phone", who.phone)
        vouch(who, acting=leader, territory=territories["ak-ordo"])
        client = client_of(who)
        client.get("/me/")  # a session
        taken: list[str] = []
        registry.register_erasure("test", lambda one: taken.append(one.name))
        try:
            erase_person(who, acting=who)
        finally:
            registry._ERASURES.pop("test")
        who.refresh_from_db()
        assert taken == ["Асель"]
        assert (who.name, who.email, who.phone, who.home, who.level, who.is_active) == ("", None, None, None, 0, False)
        assert who.erased_at is not None
        for rows in (who.contacts, who.consents, who.vouches, who.messages, who.emailaddress_set):
            assert rows.count() == 0
        assert client.get("/me/").status_code == 302
        assert events.verify() is None
        assert "Асель" not in json.dumps(list(Event.objects.values_list("data", flat=True)), ensure_ascii=False)
        with pytest.raises(Conflict):
            erase_person(who, acting=leader if False else who)

    def test_only_herself_or_an_administrator_and_never_the_last_one(self, person):
        who, admin = person(), person("Admin", admin=None)
        with pytest.raises(Forbidden):
            erase_person(who, acting=person("Other", mayor=None))
        who.refresh_from_db()
        assert who.erased_at is None
        with pytest.raises(Conflict):
            erase_person(admin, acting=admin)
        erase_person(who, acting=admin)
        assert Person.objects.get(pk=who.pk).erased_at is not None

    def test_the_same_phone_may_join_again_as_somebody_new(self, person):
        who = person()
        phone = who.phone
        erase_person(who, acting=who)
        from shaar.platform.accounts.services import person_for_sign_in

        again, _kind, _address = person_for_sign_in(phone)
        assert again.pk != who.pk

    def test_the_page_asks_once_more(self, person):
        who = person()
        client = client_of(who)
        assert client.post("/me/erase/", {}).status_code == 422
        who.refresh_from_db()
        assert who.erased_at is None
        assert client.post("/me/erase/", {"sure": "on"}).status_code == 302
        who.refresh_from_db()
        assert who.erased_at is not None

    def test_the_export_holds_everything_of_hers_and_nothing_of_others(self, person, leader, territories):
        who = asking(person)
        prove(who, "phone", who.phone)
        vouch(who, acting=leader, territory=territories["ak-ordo"])
        registry.register_export("proposals", lambda one: [str(one.pk)])
        try:
            answer = client_of(who).post("/me/export/")
        finally:
            registry._EXPORTS.pop("proposals")
        assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
        facts = json.loads(answer.content)
        assert facts["person"]["phone"] == who.phone
        assert facts["person"]["home"] == "ak-ordo"
        assert [c["purpose"] for c in facts["consents"]] == ["vouch", "terms"]
        assert facts["vouches"] == [{"place": "ak-ordo", "at": facts["vouches"][0]["at"], "holds": True}]
        assert [m["channel"] for m in facts["messages"]] == ["site", "sms"]
        assert facts["proposals"] == [str(who.pk)]
        assert leader.phone not in answer.content.decode()
        assert client_of(who).get("/me/export/").status_code == 405


class TestOwnPage:
    def test_panels_of_rooms_in_order(self, person):
        who = person()
        hidden = registry.Panel("hidden", "H", "account/message_rows.html", lambda one: None)
        late = registry.Panel("late", "Late things", "account/message_rows.html", lambda one: {"rows": []}, order=90)
        early = registry.Panel("early", "Early things", "account/message_rows.html", lambda one: {"rows": []}, order=10)
        for panel in (hidden, late, early):
            registry.register_panel(panel)
        try:
            page = client_of(who).get("/me/").content.decode()
        finally:
            for panel in (hidden, late, early):
                registry._PANELS.pop(panel.key)
        assert page.index("Early things") < page.index("Late things")
        assert 'id="hidden"' not in page

    def test_messages_are_read_by_looking_at_them_and_only_hers_are_shown(self, person):
        who, other = person(), person("Other")
        with transaction.atomic():
            event = events.record("person.renamed", other, acting=None)
            notify.tell(event, [who], subject="For Айгуль", link="/events/")
            notify.tell(event, [other], subject="For the other one")
        assert notify.unread(who) == 1
        page = client_of(who).get("/me/messages/").content.decode()
        assert "For Айгуль" in page
        assert "For the other one" not in page
        assert (notify.unread(who), notify.unread(other)) == (0, 1)

    @pytest.mark.parametrize("path", ["", "messages/", "settings/", "erase/", "neighbours/"])
    def test_strangers_are_asked_to_sign_in_and_come_back(self, path):
        answer = Client().get(f"/me/{path}")
        assert (answer.status_code, answer.url) == (302, f"/account/login/?next=/me/{path}")
