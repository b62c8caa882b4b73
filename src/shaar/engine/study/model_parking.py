"""Parking by the cars of the model: arrivals by purpose instead of the usual ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters
from shaar.engine.study.parking import CLASSES, ParkingStudy, modelled_stays, parking

F64 = npt.NDArray[np.float64]
#: Arrivals by car of which parking is asked, hours of the day.
ARRIVALS = (7.0, 10.0)
#: Purposes that stay for a working day; the others are errands.
LONG = ("work", "education")


def parking_at(city: City, arriving: Mapping[str, F64], parameters: Parameters) -> ParkingStudy:
    """Park the cars that arrive on a day.

    Parameters
    ----------
    arriving
        Purpose -> cars a day by zone of the activity, shape (z,). Their hours, and the cars that stand at homes, are
        those of :func:`study.parking.modelled_stays`.
    """
    stays = modelled_stays(city, parameters)
    arrivals = stays.arrivals.copy()
    for name in ("work", "errand"):
        of = CLASSES.index(name)
        hours = arrivals[:, of, :].sum(axis=0)
        cars = np.sum([a for q, a in arriving.items() if (q in LONG) == (name == "work")], axis=0)
        if hours.sum() > 0:
            arrivals[:, of, :] = np.outer(cars, hours / hours.sum())
    return parking(city, stays=replace(stays, arrivals=arrivals), parameters=parameters)
