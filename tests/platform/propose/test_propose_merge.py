"""Joining proposals: nobody behind them is lost, nobody counts twice."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Message
from shaar.platform.propose.models import Measure, Support
from shaar.platform.propose.selectors.measure import authors
from shaar.platform.propose.services.comment import comment
from shaar.platform.propose.services.merge import merge
from shaar.platform.propose.services.support import support


def test_supporters_authors_and_talk_go_along(proposal, person, browser, process):
    process.threshold = 50
    process.save()
    ann, bek, both, only = person("Анна"), person("Бек"), person(), person()
    one, other = proposal(ann), proposal(bek, title="Нужна остановка возле школы 12")
    for who, what in ((both, one), (both, other), (only, one), (bek, one)):
        support(acting=who, measure=what)
    comment(acting=only, measure=one, text="Давно пора")
    officer = browser(person(officer="north"))
    assert other.ref in officer.get(f"/desk/proposals/{one.ref}/").content.decode()
    assert "Бек" in officer.get(f"/desk/proposals/{other.ref}/").content.decode()
    assert officer.get(f"/desk/proposals/{one.ref}/merge/?into={other.ref}").status_code == 200
    assert Measure.objects.get(pk=one.pk).status == "open"
    reply = officer.post(f"/desk/proposals/{one.ref}/merge/", {"into": other.ref, "sure": "yes"})
    assert reply.status_code == 302
    one.refresh_from_db(), other.refresh_from_db()
    assert (one.status, one.merged_into) == ("merged", other)
    assert set(other.supports.values_list("person", flat=True)) == {ann.pk, bek.pk, both.pk, only.pk}
    assert (other.supports_count, other.comments_count, one.comments_count) == (4, 1, 0)
    assert authors(other) == [bek, ann]
    assert {ann.pk, bek.pk} <= set(Message.objects.values_list("person", flat=True))
    page = browser().get(f"/proposals/{one.ref}/").content.decode()
    assert f"/proposals/{other.ref}/" in page and "I support this" not in page
    page = browser().get(f"/proposals/{other.ref}/").content.decode()
    assert "Анна" in page and "Бек" in page and "Давно пора" in page
    again = officer.post(f"/desk/proposals/{one.ref}/merge/", {"into": other.ref, "sure": "yes"})
    assert again.status_code == 409
    assert Support.objects.filter(measure=other).count() == 4


def test_joining_may_bring_the_supporters_that_are_needed(proposal, person):
    one, other = proposal(), proposal(person(), title="Нужна остановка возле школы 12")
    support(acting=person(), measure=one)
    other = merge(acting=person(officer="north"), measure=one, into=other)
    other.refresh_from_db()
    assert (other.supports_count, other.status) == (3, "review")


def test_others_join_nothing(proposal, person, territories):
    one, far = proposal(), proposal(person(), territory=territories["urker"])
    for who in (person(), person(operator=None), person(officer="south"), person(officer="north")):
        with pytest.raises(Forbidden):
            merge(acting=who, measure=one, into=far)
    assert set(Measure.objects.values_list("status", flat=True)) == {"open"}
    with pytest.raises(Invalid):
        merge(acting=person(officer="north"), measure=one, into=one)


def test_a_support_of_a_joined_proposal_is_led_to_the_other(proposal, person):
    one, other = proposal(), proposal(person())
    merge(acting=person(officer="north"), measure=one, into=other)
    with pytest.raises(Conflict) as refused:
        support(acting=person(), measure=one)
    assert refused.value.code == "support.merged"


class AnyChainOfMerges(TestCase):
    """Whatever is joined in whatever order: the supporters of the last are those of all, each once."""

    databases = "__all__"

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        backers=st.lists(st.sets(st.integers(0, 5)), min_size=3, max_size=4),
        order=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6),
    )
    def test_nobody_is_lost_or_doubled(self, backers, order):
        from django.utils import timezone

        from shaar.platform.accounts.models import Person, Role
        from shaar.platform.propose.services.measure import propose

        people = [Person.objects.create_user(name=f"{n}", email=f"{n}@x.org", level=1) for n in range(10)]
        boss = Person.objects.create_user(name="boss", email="boss@x.org", level=1)
        Role.objects.create(person=boss, kind="officer", until=timezone.localdate(), reason="test")
        measures, behind = [], []
        for number, some in enumerate(backers):
            author = people[6 + number]
            made = propose(
                acting=boss, on_behalf_of=author, process=None, kind="park", title=f"Парк номер {number}",
                text="Нужен парк, чтобы отдыхать с детьми.",
            )  # fmt: skip
            Support.objects.bulk_create(Support(measure=made, person=people[n]) for n in some)
            Measure.objects.filter(pk=made.pk).update(supports_count=1 + len(some))
            measures.append(made)
            behind.append({author.pk, *(people[n].pk for n in some)})
        for a, b in order:
            if a == b or max(a, b) >= len(measures):
                continue
            try:
                merge(acting=boss, measure=measures[a], into=measures[b])
            except Conflict:
                continue
            behind[b] |= behind[a]
        for measure, expected in zip(measures, behind):
            measure.refresh_from_db()
            rows = list(measure.supports.values_list("person", flat=True))
            assert len(rows) == len(set(rows)) and set(rows) == expected
            if measure.status != "merged":
                assert measure.supports_count == len(expected)
                assert all(m.status == "merged" for m in measure.merged.all())
            else:
                assert measure.merged_into.status != "merged"
