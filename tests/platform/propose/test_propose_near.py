"""Proposals alike by words and place, in Russian and Kyrgyz."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from shaar.platform.propose.alike import alike, matrix
from shaar.platform.propose.selectors.near import ALIKE, metres, near

PAIRS = tomllib.loads((Path(__file__).parent / "near_pairs.toml").read_text(encoding="utf-8"))["pair"]


@cache
def _likeness():
    rows = matrix([(text, "") for pair in PAIRS for text in (pair["one"], pair["two"])])
    return [float((rows[2 * n] @ rows[2 * n + 1].T).sum()) for n in range(len(PAIRS))]


@pytest.mark.parametrize(("language", "found", "false"), [("ru", 10, 0), ("ky", 8, 2), ("mixed", 6, 1)])
def test_labelled_pairs_are_told_apart(language, found, false):
    """Measured: every pair for the same thing is offered; of the others only some for the same subject elsewhere."""
    pairs = [(pair, value) for pair, value in zip(PAIRS, _likeness()) if pair["language"] == language]
    assert sum(pair["same"] and value >= ALIKE for pair, value in pairs) == found == sum(p["same"] for p, _ in pairs)
    assert sum(not pair["same"] and value >= ALIKE for pair, value in pairs) <= false


def test_likeness_is_a_cosine():
    one = ("Остановка у школы", "Нужна остановка")
    values = alike(one, [one, ("Остановка возле школы", ""), ("Wi-Fi in libraries", "")])
    assert values[0] == pytest.approx(1.0)
    assert np.all((values >= 0) & (values <= 1 + 1e-9))
    assert values[1] > values[2]
    assert alike(one, []).shape == (0,)
    assert alike(("", ""), [one])[0] == 0


def test_letters_of_another_keyboard_and_case_do_not_matter():
    assert alike(("ӨЗГӨРТҮҮ көчөнү", ""), [("озгортуу кочону", "")])[0] == pytest.approx(1.0)


def test_metres_on_the_sphere():
    # One degree of latitude on a sphere of 6371 km.
    assert metres((71.4, 51.0), (71.4, 52.0)) == pytest.approx(111_195, abs=1)


def _at(lon, lat=51.1):
    return {"type": "Point", "coordinates": [lon, lat]}


def test_next_door_of_one_kind_is_offered_and_far_away_is_not(proposal, person):
    school = proposal(title="Сделать навес", text="Стоять под дождём очень неприятно всем.", geometry=_at(71.4000))
    far = proposal(
        person(), title="Навес от дождя у рынка", text="Стоять под дождём очень неприятно.", geometry=_at(71.9000)
    )
    given = {"title": "Скамейка и урна", "text": "Люди ждут автобус стоя.", "geometry": _at(71.4005)}
    assert [one.measure for one in near(None, kind="stop", **given)] == [school]
    assert near(None, kind="park", **given) == []
    found = {
        one.measure: one.metres for one in near(None, title=far.title, text=far.text, geometry=_at(71.4), kind="stop")
    }
    assert found[school] == pytest.approx(0, abs=1) and found[far] == pytest.approx(34_911, rel=0.001)


def test_answered_and_hidden_ones_are_not_offered(proposal):
    measure = proposal()
    assert [one.measure for one in near(None, title=measure.title, text=measure.text)] == [measure]
    assert near(None, title=measure.title, text=measure.text, leave_out=measure) == []
    for change in ({"hidden": True}, {"status": "refused"}):
        type(measure).objects.filter(pk=measure.pk).update(**{"hidden": False, "status": "open", **change})
        assert near(None, title=measure.title, text=measure.text) == []


def test_the_author_is_shown_near_ones_before_she_publishes(proposal, person, browser):
    measure = proposal()
    client = browser(person())
    client.post("/proposals/new/kind/", {"process": "ideas", "kind": "stop"})
    words = {
        "title": "Нужна остановка возле 12 школы",
        "text": "Детям далеко до автобуса, остановка нужна.",
        "language": "ru",
    }
    client.post("/proposals/new/words/", words)
    assert f"/proposals/{measure.ref}/" in client.get("/proposals/new/check/").content.decode()
