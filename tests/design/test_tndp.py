"""Benchmark folders and route sets as text: round trips and clear refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tndp_cases import mandl

from shaar.engine.design.tndp import read_route_set, read_tndp, write_route_set, write_tndp
from shaar.engine.errors import InputError


def test_instance_survives_writing_and_reading(tmp_path: Path):
    before = mandl(6)
    write_tndp(before, tmp_path / "mandl")
    after = read_tndp(tmp_path / "mandl", n_routes=6, min_nodes=2, max_nodes=8)
    assert after.name == "mandl"
    for field in ("time", "demand", "xy", "terminal", "must_cover"):
        assert np.array_equal(getattr(before, field), getattr(after, field)), field
    assert (after.n_routes, after.min_nodes, after.max_nodes, after.transfer_penalty) == (6, 2, 8, 5.0)


@given(st.lists(st.lists(st.integers(0, 500), min_size=1, max_size=9).map(tuple), min_size=1, max_size=9).map(tuple))
def test_route_sets_survive_writing_and_reading(routes):
    assert read_route_set(write_route_set(routes)) == routes


@pytest.mark.parametrize("text", ["1-2;3-x", "1-2;0-3", "", "1--2"])
def test_text_that_is_no_route_set_is_refused(text):
    with pytest.raises(InputError):
        read_route_set(text)


@pytest.mark.parametrize(
    ("file", "text", "where"),
    [
        ("links.csv", "from,to,travel_time_min\n1,2,3\n1,99,4\n", "links.csv, line 3, field to"),
        ("links.csv", "from,to,travel_time_min\n1,2,-3\n", "links.csv, line 2, field travel_time_min"),
        ("links.csv", "from,to,travel_time_min\n1,2,3\n1,2,3\n", "links.csv, line 3"),
        ("links.csv", "from,to\n1,2\n", "links.csv, line 1, field travel_time_min"),
        ("demand.csv", "from,to,trips\n1,2,many\n", "demand.csv, line 2, field trips"),
        ("demand.csv", "from,to,trips\n1,2,nan\n", "demand.csv, line 2, field trips"),
        ("nodes.csv", "id,x,y\n1,0,0\n1,0,0\n", "nodes.csv, line 3, field id"),
        ("nodes.csv", "id,x,y,terminal\n1,0,0,perhaps\n", "nodes.csv, line 2, field terminal"),
    ],
)
def test_bad_files_are_refused_with_the_place(tmp_path: Path, file: str, text: str, where: str):
    write_tndp(mandl(6), tmp_path)
    (tmp_path / file).write_text(text)
    with pytest.raises(InputError, match=where):
        read_tndp(tmp_path, n_routes=6, min_nodes=2, max_nodes=8)


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"nodes\.csv: the file is missing"):
        read_tndp(tmp_path, n_routes=6, min_nodes=2, max_nodes=8)
