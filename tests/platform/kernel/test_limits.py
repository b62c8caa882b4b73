from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from shaar.platform.kernel import limits
from shaar.platform.kernel.errors import TooMany


def tried(what: str, who: str) -> bool:
    try:
        limits.count(what, who)
    except TooMany:
        return False
    return True


@pytest.mark.parametrize("what", ["code", "code_try", "proposal", "comment", "vote"])
def test_as_often_as_allowed_and_not_once_more(what):
    times, _seconds = limits.RATES[what]
    assert [tried(what, "a") for _ in range(times + 2)] == [True] * times + [False] * 2
    assert tried(what, "b")


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_many_tries_at_the_same_moment_are_no_more_than_allowed():
    def one(_number: int) -> bool:
        try:
            return tried("code_try", "a")
        finally:
            connections.close_all()  # a thread's connection is nobody's when the thread is gone

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(one, range(60)))
    assert sum(done) == limits.RATES["code_try"][0]


def test_it_opens_again_in_the_next_window(monkeypatch):
    import time

    now = time.time()
    while tried("code", "a"):
        pass
    monkeypatch.setattr(limits.time, "time", lambda: now + 901)
    assert tried("code", "a")
