"""Studies and alternatives: who may, what is kept, who comes second."""

from __future__ import annotations

import pytest
from tests.platform.appraise.conftest import CHANGE

from shaar.platform.appraise.models import Alternative, Study
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services.alternative import save_alternative
from shaar.platform.appraise.services.study import make_study, publish, word_study
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, Missing


def test_a_study_gets_a_number_and_an_owner_and_is_no_ones_business_before_it_is_published(officer, resident, study):
    assert study.ref.startswith("S-26-")
    assert (study.owner, study.state) == (officer, Study.State.DRAFT)
    assert list(selectors.studies(resident)) == []
    assert list(selectors.studies(officer)) == [study]
    with pytest.raises(Missing):
        selectors.study_by_ref(study.ref, viewer=resident)
    assert list(events.story(study)) == []  # nothing of a draft is public
    assert [event.verb for event in events.story(study, public_only=False)] == ["study.made"]


def test_residents_and_experts_prepare_no_studies(resident, person):
    for who in (resident, person("Эксперт", expert=None), person("Аудитор", auditor=None)):
        with pytest.raises(Forbidden):
            make_study(acting=who, title="Моё исследование")
    assert Study.objects.count() == 0


def test_an_alternative_keeps_its_changes_as_the_scenario_file_would_and_its_hash(alternative):
    from shaar.engine.measures.scenario import parse_scenario

    assert alternative.changes == [CHANGE]
    assert alternative.scenario_hash == parse_scenario({"name": "x", "changes": [CHANGE]}).hash
    assert (alternative.number, alternative.version) == (1, 1)


def test_two_officers_who_edit_one_scenario_the_second_is_told_and_nothing_is_lost(
    officer, colleague, study, alternative
):
    first = save_alternative(
        acting=officer, study=study, alternative=alternative, changes=[{**CHANGE, "value": 1_800_000.0}],
        name="Новый маршрут", expected_version=1,
    )  # fmt: skip
    assert first.version == 2
    with pytest.raises(Conflict) as refused:
        save_alternative(
            acting=colleague, study=study, alternative=alternative, changes=[], name="Другое", expected_version=1
        )
    assert refused.value.code == "alternative.stale"
    assert "Эрмек" in str(refused.value.message)
    alternative.refresh_from_db()
    assert (alternative.changes[0]["value"], alternative.version, alternative.name) == (1_800_000.0, 2, "Новый маршрут")


def test_saving_the_same_again_changes_nothing(officer, study, alternative):
    before = events.story(study, public_only=False).count()
    again = save_alternative(
        acting=officer, study=study, alternative=alternative, changes=[CHANGE], name="Новый маршрут",
        expected_version=1,
    )  # fmt: skip
    assert again.version == 1
    assert events.story(study, public_only=False).count() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([{"type": "set_headway", "route_id": "1", "start": "07:00", "end": "09:00", "minutes": 0}], "minutes"),
        ([{"type": "teleport"}], "teleport"),
        ("everything", "list"),
    ],
)
def test_changes_that_make_no_sense_are_refused_in_words_and_nothing_is_kept(officer, study, changes, words):
    with pytest.raises(Invalid) as refused:
        save_alternative(acting=officer, study=study, changes=changes, name="Плохой")
    assert words in str(refused.value.message)
    assert Alternative.objects.count() == 0


def test_names_are_taken_once_and_no_alternative_is_compared_with_itself(officer, study, alternative):
    with pytest.raises(Invalid):
        save_alternative(acting=officer, study=study, changes=[], name="Новый маршрут")
    other = save_alternative(acting=officer, study=study, changes=[], name="Как есть", base=alternative)
    with pytest.raises(Invalid) as refused:
        save_alternative(
            acting=officer, study=study, alternative=alternative, changes=[CHANGE], name="Новый маршрут",
            expected_version=1, base=other,
        )  # fmt: skip
    assert refused.value.field == "base"


def test_nothing_is_published_before_it_is_computed(officer, colleague, study, alternative):
    with pytest.raises(Forbidden):
        publish(acting=colleague, study=study)  # not hers, and no head
    with pytest.raises(Conflict) as refused:
        publish(acting=officer, study=study)
    assert refused.value.code == "study.empty"
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT


def test_the_question_of_a_study_can_be_reworded(officer, resident, study):
    assert word_study(acting=officer, study=study, title="Маршрут 38", about="").title == "Маршрут 38"
    with pytest.raises(Forbidden):
        word_study(acting=resident, study=study, title="Взлом", about="")
    study.refresh_from_db()
    assert study.title == "Маршрут 38"
