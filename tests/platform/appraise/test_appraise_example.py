"""The example's proposals that are put before the model: changes that the city takes, published with an objection."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from shaar.platform.accounts.models import Person
from shaar.platform.appraise.models import Contest, Run, Study
from shaar.platform.appraise.services.change import change_for_measure
from shaar.platform.example import estimates
from shaar.platform.example.content import read_content
from shaar.platform.propose.services.measure import propose


@pytest.fixture
def filled(officer, resident, territories, monkeypatch):
    """What `fill_estimates` makes of the content, with the jobs that it hands over kept for the test."""
    content, jobs = read_content("astana"), []
    measures = {
        row["key"]: propose(
            acting=officer, on_behalf_of=resident, process=None, channel="meeting", kind=row["kind"],
            title=row["title"], text=row["text"], territory=territories["ak-ordo"],
            geometry={"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        )
        for row in content["proposal"] if "model" in row
    }  # fmt: skip
    monkeypatch.setattr(estimates, "enqueue", lambda job, **given: jobs.append(given))
    one = SimpleNamespace(content=content, measures=measures, people={"officer": officer})
    estimates.fill_estimates(one)
    return jobs


def test_three_proposals_become_changes_of_the_city(filled):
    assert Study.objects.count() == Run.objects.count() == len(filled) == 3
    assert {change["type"] for run in Run.objects.all() for change in run.changes} == {
        "add_line", "crossing", "facility"
    }  # fmt: skip
    assert set(Run.objects.values_list("state", flat=True)) == {Run.State.QUEUED}


def test_each_is_published_once_and_the_first_is_contested(filled, program):
    for number in range(30):
        Person.objects.create_user(name="", email=f"neighbour{number:02d}@neighbours.example", level=1)
    program("done")
    for given in [*filled, *filled]:
        estimates.publish_estimate.call(**given)
    assert set(Study.objects.values_list("state", flat=True)) == {Study.State.PUBLISHED}
    assert Run.objects.count() == 3
    assert [made.study.ref for made in Contest.objects.all()] == [filled[0]["ref"]]


def test_a_run_that_was_broken_off_is_made_once_more(filled, program, compute):
    program("killed")
    estimates.publish_estimate.call(**filled[1])
    study = Study.objects.get(ref=filled[1]["ref"])
    assert study.state == Study.State.DRAFT
    program("done")
    estimates.publish_estimate.call(**filled[1])
    study.refresh_from_db()
    assert study.state == Study.State.PUBLISHED
    assert change_for_measure(
        acting=study.owner, measure=study.measure, change=study.measure.change, seen=study.measure.change, run=False
    ).version == 1  # fmt: skip
