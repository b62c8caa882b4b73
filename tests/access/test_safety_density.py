"""Kernel density along streets: by hand, against a plain recursion, and what must hold on any network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.access.safety_density import incidence, network_density

STAR = ([0, 0, 0], [1, 2, 3], [500.0, 500.0, 500.0])


def epanechnikov(d: float, h: float) -> float:
    return 0.75 * (1 - (d / h) ** 2) / h if d < h else 0.0


def star(continuous: bool):
    return network_density(*STAR, [0], [40.0], bandwidth=100, cell=0.5, shape="epanechnikov", continuous=continuous,
                           epsilon=0)  # fmt: skip


def test_the_star_of_three_arms_by_hand() -> None:
    # an event 40 m from a junction of three: a third comes back with a minus, two thirds go on (Okabe and Sugihara)
    smooth, split = star(True).value, star(False).value
    near, over = epanechnikov(39.75, 100), epanechnikov(40.25, 100)
    assert smooth[0] == pytest.approx(near - over / 3)
    assert smooth[1000] == pytest.approx(2 / 3 * over)
    assert split[0] == pytest.approx(near)
    assert split[1000] == split[2000] == pytest.approx(over / 2)
    assert abs(smooth[0] - smooth[1000]) < 0.01 * smooth[0]  # no jump at the junction
    assert split[0] == pytest.approx(2 * split[1000], rel=0.02)  # a jump by half


@pytest.mark.parametrize("continuous", [True, False])
def test_an_event_adds_up_to_its_weight(continuous: bool) -> None:
    d = network_density(*STAR, [0, 2], [40.0, 250.0], weight=[3.0, 0.5], bandwidth=100, cell=0.5, continuous=continuous,
                        epsilon=0)  # fmt: skip
    assert float((d.value * d.metres).sum()) == pytest.approx(3.5, rel=1e-4)
    assert d.by_link @ np.array(STAR[2]) == pytest.approx(3.5, rel=1e-4)
    assert d.metres.sum() == 1500.0


def test_at_a_dead_end_the_smooth_rule_turns_back_and_the_other_loses() -> None:
    line = ([0], [1], [300.0])
    smooth = network_density(*line, [0], [10.0], bandwidth=100, cell=0.5, epsilon=0)
    split = network_density(*line, [0], [10.0], bandwidth=100, cell=0.5, continuous=False, epsilon=0)
    assert float((smooth.value * smooth.metres).sum()) == pytest.approx(1.0, rel=1e-4)
    assert float((split.value * split.metres).sum()) < 0.7


def plain(a, b, length, link, at, h, cells, continuous):
    """Follow every path in plain Python, one recursion a link."""
    at_node: dict[int, list[tuple[int, int]]] = {}
    for k in range(len(a)):
        at_node.setdefault(a[k], []).append((k, 0))
        at_node.setdefault(b[k], []).append((k, 1))
    out = [np.zeros(c) for c in cells]

    def add(k, start, d, amp):
        step = length[k] / cells[k]
        for c in range(cells[k]):
            at_cell = c if start == 0 else cells[k] - 1 - c
            out[k][at_cell] += amp * epanechnikov(d + (c + 0.5) * step, h)
        leave(k, 1 - start, d + length[k], amp)

    def leave(k, side, d, amp):
        if d >= h or abs(amp) < 1e-12:
            return
        ends = at_node[a[k] if side == 0 else b[k]]
        n = len(ends)
        for m, start in ends:
            back = (m, start) == (k, side)
            share = (2 - n) / n if back else 2 / n
            if not continuous:
                share = 0.0 if back else 1 / (n - 1)
            if share:
                add(m, start, d, amp * share)

    step = length[link] / cells[link]
    for c in range(cells[link]):
        out[link][c] += epanechnikov(abs((c + 0.5) * step - at), h)
    leave(link, 0, at, 1.0)
    leave(link, 1, length[link] - at, 1.0)
    return np.concatenate(out)


networks = st.integers(2, 5).flatmap(
    lambda n: st.lists(
        st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.sampled_from([40.0, 55.0, 70.0])),
        min_size=1, max_size=6,
    )
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(networks, st.floats(0.05, 0.95), st.booleans())
def test_it_equals_a_plain_recursion_loops_and_parallel_streets_too(links, share, continuous) -> None:
    a, b, length = (list(c) for c in zip(*links))
    at = share * length[0]
    found = network_density(a, b, length, [0], [at], bandwidth=120, cell=10, shape="epanechnikov",
                            continuous=continuous, epsilon=1e-12)  # fmt: skip
    cells = np.diff(found.cell_ptr).tolist()
    assert found.value == pytest.approx(plain(a, b, length, 0, at, 120.0, cells, continuous), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(networks)
def test_the_smooth_density_conserves_and_is_symmetric(links) -> None:
    a, b, length = (list(c) for c in zip(*links))
    d = network_density(a, b, length, [0], [0.3 * length[0]], bandwidth=110, cell=0.25, epsilon=1e-9)
    assert float((d.value * d.metres).sum()) == pytest.approx(1.0, abs=2e-3)
    one = network_density(a, b, length, [0], [0.5 * length[0]], bandwidth=110, cell=1e9, epsilon=1e-9)
    last = len(a) - 1
    other = network_density(a, b, length, [last], [0.5 * length[last]], bandwidth=110, cell=1e9, epsilon=1e-9)
    assert one.value[last] == pytest.approx(other.value[0], abs=1e-12)


def test_incidence_lists_a_loop_twice() -> None:
    ptr, link = incidence(np.array([0, 1], np.int32), np.array([1, 1], np.int32))
    assert ptr.tolist() == [0, 1, 4]
    assert link.tolist() == [0, 0, 1, 1]


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="length above 0"):
        network_density([0], [1], [0.0], [0], [0.0])
    with pytest.raises(ValueError, match="does not exist"):
        network_density([0], [1], [10.0], [1], [0.0])
    with pytest.raises(ValueError, match="bandwidth"):
        network_density([0], [1], [10.0], [0], [0.0], bandwidth=0)
    none = network_density([0], [1], [10.0], [], [])
    assert none.value.tolist() == [0.0]
