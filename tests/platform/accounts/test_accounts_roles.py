from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shaar.platform.accounts.models import Person, Role, RoleKind
from shaar.platform.accounts.policies import ABOVE_OFFICER, has_role
from shaar.platform.accounts.services import approve_role, end_role, grant_role, reset_second_factor
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event, Message


def in_days(n: int):
    return timezone.localdate() + timedelta(days=n)


@pytest.fixture
def admin(person):
    return person("Admin", admin=None)


def give(who, kind, acting, **more):
    return grant_role(who, kind, acting=acting, reason="order 5", until=in_days(30), **more)


def test_an_officer_works_at_once(person, admin, territories):
    who = person()
    role = give(who, "officer", admin, territory=territories["north"])
    assert has_role(who, "officer", territory=territories["ak-ordo"])
    assert not has_role(who, "officer", territory=territories["urker"])
    event = Event.objects.get(verb="role.granted")
    assert event.data == {
        "kind": "officer", "until": str(in_days(30)), "waits": False, "territory": "north",
    }  # fmt: skip
    assert (event.actor, event.public) == (admin, False)
    assert list(Message.objects.filter(person=who).values_list("channel", "link")) == [("site", "/me/")]
    assert role.granted_by == admin


@pytest.mark.parametrize("kind", [str(kind) for kind in ABOVE_OFFICER])
def test_above_officer_waits_for_a_second_person(person, admin, kind):
    who, second = person(), person("Second", admin=None)
    role = give(who, kind, admin)
    assert not has_role(who, kind)
    for wrong in (admin, who, person("Head", head=None)):
        with pytest.raises(Forbidden):
            approve_role(role, acting=wrong)
        role.refresh_from_db()
        assert role.approved_by is None
    approve_role(role, acting=second)
    assert has_role(Person.objects.get(pk=who.pk), kind)
    with pytest.raises(Conflict):
        approve_role(role, acting=second)
    assert [e.verb for e in Event.objects.order_by("seq")] == ["role.granted", "role.approved"]


def test_nobody_gives_herself_a_role_nor_one_above_her(person, admin, territories):
    head = person("Head", head="north")
    who = person()
    with pytest.raises(Forbidden):
        give(admin, "mayor", admin)
    with pytest.raises(Forbidden):
        give(who, "officer", head, territory=territories["south"])
    with pytest.raises(Forbidden):
        give(who, "officer", head)
    with pytest.raises(Forbidden):
        give(who, "commission", head, territory=territories["north"])
    with pytest.raises(Forbidden):
        give(who, "admin", person("Mayor", mayor=None))
    with pytest.raises(Forbidden):
        give(who, "officer", person("Officer", officer=None))
    assert Event.objects.count() == 0
    assert who.roles.count() == 0
    give(who, "officer", head, territory=territories["ak-ordo"])
    assert has_role(who, "officer", territory=territories["ak-ordo"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"until": in_days(-1)}, "role.until"), ({"until": in_days(800)}, "role.until"),
        ({"reason": "  "}, "role.reason"),
        ({"kind": "leader"}, "role.place"), ({"kind": "ngo"}, "role.organisation"), ({"kind": "king"}, "role.kind"),
    ],
)  # fmt: skip
def test_a_role_needs_an_end_a_reason_and_its_scope(person, admin, change, code):
    who = person()
    given = {"kind": "officer", "until": in_days(5), "reason": "order", **change}
    kind = given.pop("kind")
    with pytest.raises(Invalid) as refusal:
        grant_role(who, kind, acting=admin, **given)
    assert refusal.value.code == code
    assert who.roles.count() == 0


def test_the_same_role_is_not_given_twice(person, admin):
    who = person()
    give(who, "operator", admin)
    with pytest.raises(Conflict):
        give(who, "operator", admin)
    assert who.roles.count() == 1


def test_a_role_that_ended_or_expired_no_longer_holds(person, admin):
    who = person()
    role = give(who, "operator", admin)
    assert has_role(who, "operator")
    end_role(role, acting=admin, reason="left")
    assert not has_role(role.person, "operator")
    with pytest.raises(Conflict):
        end_role(role, acting=admin, reason="left")
    old = give(who, "operator", admin)
    Role.objects.filter(pk=old.pk).update(since=in_days(-9), until=in_days(-1))
    assert not has_role(Person.objects.get(pk=who.pk), "operator")


def test_one_may_lay_down_ones_own_role_but_not_the_last_administrator(person, admin):
    second = person("Second", admin=None)
    end_role(second.roles.get(), acting=second, reason="moving away")
    with pytest.raises(Conflict) as refusal:
        end_role(admin.roles.get(), acting=admin, reason="moving away")
    assert refusal.value.code == "role.last"
    assert admin.roles.get().ended_at is None


def test_an_unproven_person_gets_no_role(admin):
    who = Person.objects.create_user(phone="+996555000001")
    with pytest.raises(Invalid) as refusal:
        give(who, "operator", admin)
    assert refusal.value.code == "role.unproven"


def test_a_lost_second_factor_is_reset_by_another_administrator(person, admin):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    second = person("Second", admin=None)
    TOTP.activate(second, generate_totp_secret())
    for wrong in (second, person("Mayor", mayor=None)):
        with pytest.raises(Forbidden):
            reset_second_factor(second, acting=wrong, reason="lost")
        assert second.authenticator_set.count() == 1
    reset_second_factor(second, acting=admin, reason="phone lost")
    assert second.authenticator_set.count() == 0


class TestDesk:
    @pytest.fixture
    def desk(self, admin, settings) -> Client:
        settings.DEVELOPMENT = True
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["example"] = True
        session.save()
        return client

    def test_find_by_whole_phone_exact_mail_or_part_of_a_name(self, desk, person):
        who = person("Айгүл Асанова")
        link = f"/desk/people/{who.pk}/"
        for words, found in (
            (who.phone, True), (who.phone[:-2], False), (who.email.upper(), True), (who.email[:4], False),
            ("айгүл", True), ("zzz", False),
        ):  # fmt: skip
            page = desk.get("/desk/people/", {"q": words}).content.decode()
            assert (link in page.split("<h2>")[0]) is found, words

    def test_grant_approve_end_through_pages(self, desk, person, admin):
        who = person("Марат")
        asked = desk.post(
            f"/desk/people/{who.pk}/", {"kind": "auditor", "until": str(in_days(10)), "reason": "order 7"}
        )
        assert asked.status_code == 302
        role = who.roles.get()
        assert role.approved_by is None
        assert "Марат" in desk.get("/desk/people/waiting/").content.decode()
        desk.post(f"/desk/people/roles/{role.pk}/approve/")
        role.refresh_from_db()
        assert role.approved_by is None  # the giver is no second person
        desk.force_login(person("Second", mayor=None), backend="django.contrib.auth.backends.ModelBackend")
        session = desk.session
        session["example"] = True
        session.save()
        desk.post(f"/desk/people/roles/{role.pk}/approve/")
        role.refresh_from_db()
        assert role.approved_by is not None
        desk.post(f"/desk/people/roles/{role.pk}/end/", {"reason": ""})
        role.refresh_from_db()
        assert role.ended_at is None
        desk.post(f"/desk/people/roles/{role.pk}/end/", {"reason": "over"})
        role.refresh_from_db()
        assert role.ended_at is not None

    def test_what_was_typed_is_shown_again_with_the_reason(self, desk, person):
        who = person()
        page = desk.post(
            f"/desk/people/{who.pk}/", {"kind": "officer", "until": str(in_days(900)), "reason": "order 9"}
        )
        assert page.status_code == 422
        text = page.content.decode()
        assert "A role ends on a day within the next two years." in text
        assert "order 9" in text

    @pytest.mark.parametrize(
        "role", [*(str(k) for k in RoleKind if k not in {"admin", "mayor", "head", "auditor"}), ""]
    )
    def test_the_page_is_closed_to_others(self, person, territories, role):
        who = person(**({role: None} if role else {}))
        target = person("Target")
        client = Client()
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        for path in ("/desk/people/", f"/desk/people/{target.pk}/", "/desk/people/waiting/"):
            assert client.get(path).status_code in {403, 302}, path
        client.post(f"/desk/people/{target.pk}/", {"kind": "officer", "until": str(in_days(10)), "reason": "x"})
        assert target.roles.count() == 0
