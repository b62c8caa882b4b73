"""The picture of winners and losers: classes by hand, and an SVG that stands alone."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shaar.report.maps.minutes_map import CLASSES, Words, minutes_classes, minutes_map

from .sample import sample_city

SVG = "{http://www.w3.org/2000/svg}"


def words(title: str = "Town") -> Words:
    return Words(title, "Change", ("a", "b", "c", "no clear change", "d", "e", "f"), "source")


def test_classes_by_hand():
    change = np.array([-7.0, -6.0, -3.0, -1.0, -7.0, 0.0, 1.0, 3.0, 6.0, np.nan])
    clear = np.array([1, 1, 1, 1, 0, 0, -1, -1, -1, 0])
    assert minutes_classes(change, clear).tolist() == [0, 0, 1, 2, 3, 3, 4, 5, 6, -1]


@given(st.lists(st.floats(1.0, 60.0), min_size=1, max_size=8))
def test_gain_and_loss_are_treated_alike(minutes):
    m = np.array(minutes)
    one = np.ones(len(m), np.int64)
    assert (minutes_classes(-m, one) + minutes_classes(m, -one) == 6).all()


def test_the_picture_stands_alone_and_escapes_its_words():
    city = sample_city()
    z = city.zones.height
    change = np.linspace(-8, 8, z)
    clear = np.where(change <= -1, 1, np.where(change >= 1, -1, 0))
    text = minutes_map(city, change, clear, words("Fire & <water>"))
    root = ET.fromstring(text)
    assert root.get("aria-label") == "Fire & <water>"
    said = [t.text for t in root.iter(f"{SVG}text")]
    assert {"Fire & <water>", "Change", *words().classes, "source"} <= set(said)
    drawn = {p.get("class") for p in root.iter(f"{SVG}path")} | {r.get("class") for r in root.iter(f"{SVG}rect")}
    assert {css for css, _ in CLASSES.values()} <= drawn
    style = next(root.iter(f"{SVG}style")).text
    assert all(f".{css}{{fill:" in style for css, _ in CLASSES.values())
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert minutes_map(city, change, clear, words("Fire & <water>")) == text


def test_only_classes_that_are_there_are_drawn_on_the_map():
    city = sample_city()
    text = minutes_map(city, np.full(city.zones.height, -4.0), np.ones(city.zones.height, np.int64), words())
    zones = [p.get("class") for p in ET.fromstring(text).iter(f"{SVG}path")]
    assert zones.count("g2") == 1
    assert not {"g1", "g3", "l1", "l2", "l3", "n0"} & set(zones)
