"""Paths, classes, colours and the shapes of charts."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from shaar.report.charts.distribution import exceedance
from shaar.report.classes import classify, round_breaks, ticks
from shaar.report.colours import (
    CIVIDIS,
    LAND_DARK,
    LAND_LIGHT,
    LINE_DARK,
    LINE_LIGHT,
    contrast,
    luminance,
    sequential,
)
from shaar.report.facts import weighted_median
from shaar.report.geometry import ASPECT, WIDTH, frame, path
from shaar.report.maps.labels import Room, place

from .sample import CRS, sample_city


def read_path(d):
    """Read a path back to absolute points, one list a part: a reader of its own for what the writer writes."""
    parts, at = [], np.zeros(2, dtype=int)
    for command, text in re.findall(r"([MmlhzZ])([^MmlhzZ]*)", d):
        numbers = [int(x) for x in re.findall(r"-?\d+", text)]
        if command in "Mm":
            at = np.array(numbers) + (at if command == "m" else 0)
            parts.append([tuple(at)])
        elif command == "l":
            for dx, dy in zip(numbers[::2], numbers[1::2]):
                at = at + np.array([dx, dy])
                parts[-1].append(tuple(at))
        elif command == "z":
            at = np.array(parts[-1][0])
    return [[tuple(int(v) for v in p) for p in part] for part in parts]


coordinates = st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000))


@given(st.lists(st.lists(coordinates, min_size=2, max_size=12), min_size=1, max_size=4))
def test_path_of_lines_reads_back(lines):
    lines = [[p for i, p in enumerate(line) if i == 0 or p != line[i - 1]] for line in lines]
    shapes = [shapely.LineString(x if len(x) > 1 else x * 2) for x in lines]
    assert read_path(path(shapes)) == lines


def test_path_of_areas_with_holes_and_points():
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 4, 4))
    d = path([ring, shapely.Point(30, 40)])
    assert d.count("z") == 2
    assert d.endswith("h0")
    parts = read_path(d)
    assert sorted(parts[1]) == [(2, 2), (2, 4), (4, 2), (4, 4)]
    assert parts[2] == [(30, 40)]


def test_path_drops_what_rounds_to_nothing():
    assert path([shapely.box(0, 0, 0.2, 0.2)]) == ""
    assert path([]) == ""


def test_frame_holds_everything_within_the_aspect():
    city = sample_city()
    shapes = shapely.from_wkb(city.zones["geometry"].to_numpy())
    window = frame(shapes, CRS)
    xy = shapely.get_coordinates(window.project(shapes))
    assert xy.min() >= 0
    assert xy[:, 0].max() <= WIDTH
    assert xy[:, 1].max() <= window.height
    assert ASPECT[0] - 1e-3 <= window.height / WIDTH <= ASPECT[1] + 1e-3
    # A hexagon of 600 m has 3 sqrt(3) / 2 * 600^2 m2.
    assert shapely.area(window.project(shapes[:1]))[0] * window.metres**2 == pytest.approx(935_307, rel=1e-3)


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60))
def test_breaks_are_few_and_rising(values):
    breaks = round_breaks(values)
    assert len(breaks) <= 5
    assert list(breaks) == sorted(set(breaks))
    assert set(classify(values, breaks)) <= set(range(len(breaks) + 1))


def test_breaks_and_classes_by_hand():
    assert round_breaks(np.geomspace(30, 30_000, 100)) == (100, 500, 2000, 5000, 20_000)
    assert round_breaks([0, -1, np.nan]) == ()
    assert classify([0, 399.9, 400, 1200, np.nan], (400, 800, 1200)).tolist() == [0, 0, 1, 3, -1]
    assert ticks(0, 96) == (0, 20, 40, 60, 80, 100)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_cover(low, wide):
    t = ticks(low, low + wide)
    step = t[1] - t[0]
    assert t[0] <= low + 1e-6 * step + 1e-9 * abs(low)
    assert t[-1] >= low + wide - 1e-6 * step - 1e-9 * abs(low)
    assert 2 <= len(t) <= 9


def test_line_colours_hold_contrast_on_the_base_and_under_badges():
    assert all(contrast(c, LAND_LIGHT) >= 4.5 and contrast(c, "#ffffff") >= 4.5 for c in LINE_LIGHT)
    assert all(contrast(c, LAND_DARK) >= 3 and contrast(c, "#111a22") >= 4.5 for c in LINE_DARK)
    spread = [luminance(c) for c in LINE_LIGHT]
    assert max(spread) - min(spread) < 0.08


def test_tokens_keep_the_contrast_of_the_visual_language():
    assert contrast("#17222d", "#ffffff") == pytest.approx(16.1, abs=0.1)
    assert contrast("#566573", "#ffffff") >= 4.5
    assert contrast("#566573", "#f3f6f8") >= 4.5
    assert contrast("#9fb0bf", "#18242e") >= 4.5
    assert contrast("#0b6470", "#ffffff") >= 4.5


def test_sequential_ends_and_darkens():
    for n in range(2, 7):
        ramp = sequential(n)
        assert len(set(ramp)) == n
        assert (ramp[0], ramp[-1]) == (CIVIDIS[0], CIVIDIS[-1])
        assert [luminance(c) for c in ramp] == sorted((luminance(c) for c in ramp), reverse=True)


def test_labels_do_not_overlap_and_stay_inside():
    assert place([(2000, 1000, 60, 16), (2010, 1000, 60, 16), (5, 5, 60, 16)], 2000) == ["", None, None]
    room = Room(units=1.0, height=100)
    assert room.take(50, 50, 20, 10)
    assert not room.take(60, 50, 20, 10)
    assert room.take(90, 50, 20, 10)


def test_exceedance_by_hand():
    points = exceedance(np.array([10.0, 0.0, 20.0]), np.array([1.0, 1.0, 2.0]))
    assert points[0] == (0.0, 1.0)
    assert (10.0, 0.75) in points
    assert (20.0, 0.5) in points
    assert points[-1] == (20.0, 0.0)
    assert weighted_median(np.array([10.0, 0.0, 20.0]), np.array([1.0, 1.0, 3.0])) == 20.0
    assert np.isnan(weighted_median(np.array([np.nan]), np.array([1.0])))
