"""What estimates are worth, people first; alternatives weighed with public weights."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl
import pytest
from django.test import Client
from tests.platform.appraise.conftest import appraisal

from shaar.platform.appraise.models import Run
from shaar.platform.appraise.services.alternative import save_alternative
from shaar.platform.appraise.services.study import publish
from shaar.platform.appraise.weighing import weigh
from shaar.platform.appraise.worth import worth
from shaar.platform.kernel.errors import Invalid

ENGLISH = {"accept-language": "en"}


def test_the_page_puts_people_before_money(published):
    page = Client().get(f"/studies/{published.ref}/worth/", headers=ENGLISH)
    text = page.content.decode()
    assert page.status_code == 200
    assert text.index("First: who gets what") < text.index("KZT") < text.index("What it hangs on")
    # Who loses a minute stands above who saves twelve.
    assert text.index("Urker") < text.index("Ak-Ordo")
    assert not re.search(r"<[^>]+\sstyle=", text)


def test_the_figures_are_those_of_the_engine(published):
    from shaar.engine.study.cost_benefit import cost_benefit

    run = Run.objects.get()
    found, engine = worth(run, {}), cost_benefit(appraisal(), country="KZ")
    assert found is not None
    assert (found.currency, found.year) == (engine.currency, engine.price_year)
    assert found.likely == round(100 * engine.simulation.positive)
    assert len(found.parts) == len(engine.balance.parts)
    assert found.sign == (1 if engine.balance.npv > 0 else -1)
    # At a higher discount rate later years count less, so another figure stands there.
    dear = worth(run, {"discount": "20"})
    assert dear is not None
    assert dear.npv != found.npv


def test_what_comes_to_no_money_is_said_to_and_not_weighed(officer, study, alternative, compute):
    """A clinic changes neither journeys nor the service: the sum would be nought, and nought is not a loss."""
    still = appraisal(minutes=0.0)
    kept = tuple(e for e in still.effects if e.indicator.startswith(("reach.", "journey.")))
    calm = still.zones.with_columns(pl.col("minutes_before").alias("minutes_after"), *(
        pl.lit(0.0).alias(name) for name in ("change", "low", "high")
    ))  # fmt: skip
    level = still.places.with_columns(pl.col("minutes_before").alias("minutes_after"), pl.lit(0.0).alias("change"))
    compute(alternative, "done", replace(still, effects=kept, zones=calm, places=level))
    shown = publish(acting=officer, study=study)
    found = worth(Run.objects.get(), {})
    assert found is not None
    assert not (found.priced or found.moved)
    page = Client().get(f"/studies/{shown.ref}/worth/", headers=ENGLISH).content.decode()
    assert "Nothing of it comes to money here" in page
    assert "costs more than it brings" not in page
    assert "What it hangs on" not in page


@pytest.mark.parametrize(("name", "value"), [("discount", "many"), ("hour", "-1"), ("carbon", "1e12"), ("hour", "nan")])
def test_a_value_that_is_none_is_refused_and_the_page_stays(published, name, value):
    with pytest.raises(Invalid):
        worth(Run.objects.get(), {name: value})
    page = Client().get(f"/studies/{published.ref}/worth/?{name}={value}", headers=ENGLISH)
    assert page.status_code == 422
    assert "First: who gets what" in page.content.decode()


def test_alternatives_are_weighed_with_weights_of_the_address(officer, study, alternative, compute):
    first = compute(alternative)
    other = save_alternative(acting=officer, study=study, changes=[], name="Дешевле")
    second = compute(other, "done", appraisal(minutes=-1.0))
    publish(acting=officer, study=study)
    pairs = [(alternative, first), (other, second)]
    found = weigh(pairs, {})
    assert found is not None
    # The two differ in journeys only; the first saves more, so it is first whatever the weights.
    assert [one.key for one in found.criteria] == ["journey.minutes"]
    assert [(row.alternative, row.rank, row.total) for row in found.rows] == [(alternative, 1, 100), (other, 2, 0)]
    assert found.rows[0].first == 100 or found.rows[0].first > found.rows[1].first
    assert found.rows[1].dominated_by == [alternative.name]
    page = Client().get(f"/studies/{study.ref}/weigh/?w-journey.minutes=3", headers=ENGLISH)
    assert page.status_code == 200
    assert 'value="3"' in page.content.decode()


def test_one_alternative_is_not_weighed(published):
    text = Client().get(f"/studies/{published.ref}/weigh/", headers=ENGLISH).content.decode()
    assert "There is nothing to weigh" in text
