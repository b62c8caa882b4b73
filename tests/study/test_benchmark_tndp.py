"""The design benchmark: it stores, resumes and judges by the published digits."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from shaar.engine.design.tndp import write_tndp
from shaar.engine.errors import InputError
from shaar.engine.study.benchmark_published import PublishedPoint, published_front
from shaar.engine.study.benchmark_tndp import Task, hypervolume, run, undominated

sys.path.insert(0, str(Path(__file__).parents[1] / "design"))
from tndp_cases import mandl

PUBLISHED = """instance,number_of_routes,perspective,method,ATT,TRT,note
mandl,4,passenger,Hyper-heuristic (Ahmed et al 2019),10.48,148,
mandl,4,passenger,GAWE (Nayeem et al 2014),10.3924,194,breaks the 2-8 node limit
mandl,4,passenger,SEAMO2 (Mumford 2013),10.5723,149,
mandl,4,operator,SEAMO2 (Mumford 2013),13.8754,63,
mandl,4,operator,Fan 2009 impossible,13.00,63,
mandl,4,lower_bound,bound,10.0058,,
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_tndp(mandl(4), tmp_path / "mandl")
    (tmp_path / "published_results.csv").write_text(PUBLISHED)
    return tmp_path


def test_published_front_leaves_out_what_cannot_be_compared_or_is_dominated(data: Path):
    points = published_front(data, "mandl", 4)
    assert [(one.trt, one.att, one.rounding) for one in points] == [(63.0, 13.0, 0.005), (148.0, 10.48, 0.005)]


def test_runs_are_stored_and_not_made_again(data: Path):
    out = data / "runs"
    wish = {"out": out, "instances": ["mandl-4"], "seconds": 0.3, "front_seconds": 3.0, "seeds": 2}
    lines = run(data, **wish)
    assert any(line.startswith("mandl-4") and "10.48 / 148" in line for line in lines)
    with (out / "passenger.csv").open() as table:
        assert [row["seed"] for row in csv.DictReader(table)] == ["0", "1"]
    impossible = [line for line in lines if "Fan 2009" in line]
    assert len(impossible) == 1
    assert "of all 37 route sets with this TRT the best has ATT 13.8754" in impossible[0]
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    assert run(data, **wish) == lines
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_digits_decide_what_is_left():
    points = np.array([[63.0, 13.8754014], [148.0, 10.4823]])
    known = [PublishedPoint("a", 13.8754, 63.0, 5e-5), PublishedPoint("b", 10.48, 148.0, 0.005)]
    assert undominated(points, known) == []
    ((one, distance),) = undominated(points, [PublishedPoint("c", 10.48, 140.0, 0.005)])
    assert one.label == "c"
    assert distance == pytest.approx(148 / 140 - 1)


def test_hypervolume_is_the_area_of_the_staircase():
    points = np.array([[1.0, 3.0], [2.0, 1.0], [3.0, 2.0], [9.0, 0.5]])
    assert hypervolume(points, (4.0, 4.0)) == pytest.approx(3 * 1 + 2 * 2)


def test_unknown_instances_are_named(data: Path):
    with pytest.raises(InputError, match="there is no instance mumford9"):
        run(data, instances=["mumford9"])


@pytest.mark.parametrize("link", ["4,2,", "2,1,"])
def test_one_way_links_come_with_return_drives_or_are_refused(data: Path, link: str):
    file = data / "mandl" / "links.csv"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith(link)))
    task = Task("mandl-4", "mandl", 4, 2, 8, one_way=True)
    if link == "2,1,":  # the only way to node 1
        with pytest.raises(InputError, match="no bus can reach and leave node 1"):
            task.read(data)
    else:
        assert task.read(data).time[3, 1] == 4 + 3 + 2  # by 4 - 6 - 3 - 2
