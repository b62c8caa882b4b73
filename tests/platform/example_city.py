"""A small city with one of everything that residents and offices make, built by the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone


def build_city(person: Callable[..., Any], territories: dict[str, Any]) -> SimpleNamespace:
    from shaar.platform.accounts.models import Organisation
    from shaar.platform.propose.models import Phase, Process
    from shaar.platform.propose.services import hazard, measure, meeting, opinion, plan
    from shaar.platform.propose.services.comment import comment

    now = timezone.now()
    names = ("Айгуль Тайная", "Бакыт Тайный", "Токтогул Тайный", "Эрмек Тайный", "Гульнара Тайная")
    author, friend = person(names[0], home="ak-ordo"), person(names[1])
    leader, officer, head = (
        person(names[2], leader="ak-ordo"),
        person(names[3], officer=None),
        person(names[4], head=None),
    )
    office = Organisation.objects.create(
        kind="administration", names={"ru": "МТУ Север"}, territory=territories["north"], contact="+996312000000"
    )
    process = Process.objects.create(slug="ideas", names={"ru": "Идеи", "en": "Ideas"}, threshold=3)
    Phase.objects.create(
        process=process, names={"en": "Open"}, since=now - timedelta(days=1), until=now + timedelta(days=30),
        features=["propose", "comment", "support"],
    )  # fmt: skip
    proposal = measure.propose(
        acting=author, process=process, kind="stop", title="Остановка у школы 12", language="ru",
        text="Детям далеко идти до автобуса, нужна остановка у школы.", territory=territories["ak-ordo"],
    )  # fmt: skip
    comment(acting=friend, measure=proposal, text="Очень нужно, поддерживаю.", stance="pro", parent=None)
    danger = hazard.report_hazard(
        acting=author, kind="mudflow", title="Селевое русло у школы", address="ул. Речная, 5",
        text="Русло забито мусором, вода идёт по улице.",
    )  # fmt: skip
    hazard.judge_hazard(
        acting=officer, hazard=danger, confirmed=True, severity=4, likelihood=3, owner=office,
        words="Проверено на месте.",
    )  # fmt: skip
    unchecked = hazard.report_hazard(
        acting=friend, kind="waste", title="Свалка за домом", address="ул. Речная, 9", text="Мусор лежит второй год.",
    )  # fmt: skip
    table = meeting.call_meeting(
        acting=leader, title="Улицы Ак-Ордо", territory=territories["ak-ordo"], starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1), where="Школа № 5", host=office,
    )  # fmt: skip
    point = meeting.add_agenda_item(acting=leader, meeting=table, title="Освещение улицы Школьной")
    guest = meeting.invite(acting=leader, meeting=table, name="Жаныл Тайная", side="resident")
    table = meeting.hold(acting=leader, meeting=table, present=[guest.pk])
    meeting.note_statement(acting=leader, item=point, side="resident", text="Вечером темно идти из школы.")
    decision = meeting.decide_item(
        acting=leader, item=point, text="Поставить освещение на улице Школьной до осени.", agreed=True, votes_for=1,
        kind="lighting",
    )  # fmt: skip
    made = plan.make_plan(acting=officer, title="План Ак-Ордо", territory=territories["ak-ordo"], meeting=table)
    item = plan.set_item(
        acting=officer, plan=made, measure=decision.measure, owner=office, term=timezone.localdate(), source="authority"
    )
    draft = plan.make_plan(acting=officer, title="Черновик плана", territory=territories["urker"])
    plan.adopt_plan(acting=head, plan=made)
    question = opinion.open_conversation(
        acting=officer, slug="yards", names={"ru": "Что делать во дворах?"}, since=now - timedelta(hours=1),
        until=now + timedelta(days=7),
    )  # fmt: skip
    for text in ("Нужен парк у школы.", "Сначала дороги."):
        opinion.say(acting=officer, conversation=question, text=text)
    opinion.vote(acting=author, opinion=question.opinions.get(number=1), value=1)
    return SimpleNamespace(
        author=author, friend=friend, leader=leader, officer=officer, head=head, office=office, process=process,
        proposal=proposal, hazard=danger, unchecked=unchecked, meeting=table, plan=made, draft=draft, item=item,
        question=question, names=(*names, "Жаныл Тайная"),
    )  # fmt: skip


def publish_study(officer: Any, objector: Any, appraisal: Any = None) -> tuple[Any, Any]:
    """A published study with one computed alternative and an objection, without asking the engine: (study, run).

    ``appraisal``: what its tables hold; without, they are not there any more.
    """
    from shaar.platform.appraise.models import EffectRow, Run, Study
    from shaar.platform.appraise.services.alternative import save_alternative
    from shaar.platform.appraise.services.contest import contest
    from shaar.platform.appraise.services.study import make_study

    changes = [{"type": "population_total", "value": 1_700_000, "date": "2026-02-01", "source": "test"}]
    study = make_study(acting=officer, title="Переход у школы")
    option = save_alternative(acting=officer, study=study, changes=changes, name="Переход")
    option.shown = Run.objects.create(
        alternative=option, version=1, changes=changes, state=Run.State.DONE, by=officer, folder="gone",
        finished_at=timezone.now(),
    )  # fmt: skip
    option.save()
    if appraisal is not None:
        from shaar.engine.study.effects import write_appraisal
        from shaar.platform.appraise.tasks import appraisals

        option.shown.folder = str(option.shown.pk)
        option.shown.save()
        write_appraisal(appraisal, appraisals() / option.shown.folder)
    EffectRow.objects.create(
        run=option.shown, order=0, indicator="journey.minutes", unit="min", before=30.0, after=29.0, change=-1.0,
        low=-2.0, high=-0.5, badge="modelled", better="less",
    )  # fmt: skip
    Study.objects.filter(pk=study.pk).update(state=Study.State.PUBLISHED, published_at=timezone.now())
    study.refresh_from_db()
    contest(acting=objector, study=study, text="Там нет ни одной машины, переход не нужен.")
    return study, option.shown
