"""How often something may be done, counted in the shared cache."""

from __future__ import annotations

import time

from django.core.cache import cache
from django.utils.translation import gettext as _

from .errors import TooMany

#: (times, seconds) by what is done; the figures follow the usual practice of participation sites.
RATES = {
    "code": (3, 900),
    "code_from": (300, 3600),  # from one address; a mobile operator puts thousands of people behind one
    "code_try": (9, 900),  # three codes of three tries, also when they are tried at the same moment
    "sign_up": (10, 3600),
    "proposal": (5, 86400),
    "comment": (30, 3600),
    "hazard": (10, 86400),
    "vote": (60, 3600),
    "opinion": (600, 3600),
    "upload": (20, 3600),
    "search": (60, 60),
}

#: Up to this many the limit holds to the one, however many requests come at once; above, it may be passed by a few.
_EXACT = 10


def count(what: str, who: str) -> None:
    """Count one more; refuse (`TooMany`) when ``who`` has done it more often than `RATES` allows.

    Counted in fixed windows; ``who`` is a person's number, a phone or an address, never shown.
    """
    times, seconds = RATES[what]
    window = int(time.time() // seconds)
    key = f"limit:{what}:{who}:{window}"
    if times <= _EXACT:
        # Each try takes a place of its own: taking one is atomic in every cache, counting up is not in the database's.
        done = 0 if any(cache.add(f"{key}:{place}", 1, timeout=seconds + 5) for place in range(times)) else times + 1
        _check(done, times, seconds)
        return
    cache.add(key, 0, timeout=seconds + 5)
    try:
        done = cache.incr(key)
    except ValueError:  # it ran out between the two calls
        done = 1
    _check(done, times, seconds)


def _check(done: int, times: int, seconds: int) -> None:
    if done > times:
        minutes = max(1, round((seconds - time.time() % seconds) / 60))
        raise TooMany("limit", _("This was done very often. Please try again in %(n)d min.") % {"n": minutes})
