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
    "sign_up": (10, 3600),
    "proposal": (5, 86400),
    "comment": (30, 3600),
    "hazard": (10, 86400),
    "vote": (60, 3600),
    "opinion": (600, 3600),
    "upload": (20, 3600),
    "search": (60, 60),
}


def count(what: str, who: str) -> None:
    """Count one more; refuse (`TooMany`) when ``who`` has done it more often than `RATES` allows.

    Counted in fixed windows; ``who`` is a person's number, a phone or an address, never shown.
    """
    times, seconds = RATES[what]
    window = int(time.time() // seconds)
    key = f"limit:{what}:{who}:{window}"
    cache.add(key, 0, timeout=seconds + 5)
    try:
        done = cache.incr(key)
    except ValueError:  # it ran out between the two calls
        done = 1
    if done > times:
        minutes = max(1, round((seconds - time.time() % seconds) / 60))
        raise TooMany("limit", _("This was done very often. Please try again in %(n)d min.") % {"n": minutes})
