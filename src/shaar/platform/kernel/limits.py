"""How often something may be done, counted in a table that all processes share."""

from __future__ import annotations

import random
import time

from django.db import connections, router
from django.utils.translation import gettext as _

from .errors import TooMany
from .models import LimitCount

#: (times, seconds) by what is done; the figures follow the usual practice of participation sites.
RATES = {
    "code": (3, 900),
    "code_from": (300, 3600),  # from one address; a mobile operator puts thousands of people behind one
    "code_try": (9, 900),  # three codes of three tries, also when they are tried at the same moment
    "sign_up": (10, 3600),
    "proposal": (5, 86400),
    "comment": (30, 3600),
    "hazard": (10, 86400),
    "contest": (10, 86400),
    "vote": (60, 3600),
    "opinion": (600, 3600),
    "upload": (20, 3600),
    "search": (60, 60),
    "workbench": (7200, 3600),  # a line that is dragged asks about twice a second
    "workbench_full": (120, 3600),
    "isochrone": (1200, 3600),
    "suggest": (300, 3600),
    "lines": (40, 3600),
}

#: One statement, so that two requests at the same moment never count as one.
_COUNT = """
INSERT INTO kernel_limitcount (key, done, until) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET done = kernel_limitcount.done + 1 RETURNING done
"""
#: One new window in so many clears away the windows that have passed.
_SWEEP = 200


def count(what: str, who: str) -> None:
    """Count one more; refuse (`TooMany`) when ``who`` has done it more often than `RATES` allows.

    Counted in fixed windows; ``who`` is a person's number, a phone or an address, never shown.
    """
    times, seconds = RATES[what]
    window = int(time.time() // seconds)
    with connections[router.db_for_write(LimitCount)].cursor() as cursor:
        cursor.execute(_COUNT, [f"{what}:{who}:{window}", (window + 1) * seconds])
        done: int = cursor.fetchone()[0]
    if done == 1 and random.randrange(_SWEEP) == 0:
        LimitCount.objects.filter(until__lt=time.time() - 60).delete()
    if done > times:
        minutes = max(1, round((seconds - time.time() % seconds) / 60))
        raise TooMany("limit", _("This was done very often. Please try again in %(n)d min.") % {"n": minutes})


def forget() -> None:
    """Forget all that was counted (example data are made by very busy people)."""
    LimitCount.objects.all().delete()
