"""The live engine of the workbench: one open `Workshop` in each web process, kept until the city's data change.

It opens in a thread of its own, on the first question; until then `workshop` says how far it is. One edit is computed
at a time, and of the edits that one person sends while she drags a line only the last waiting one is worth computing.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shaar.engine.errors import ShaarError
from shaar.platform.kernel.errors import Conflict

from . import scenarios

if TYPE_CHECKING:
    from shaar.engine.measures.effects import Appraisal
    from shaar.engine.measures.scenario import Scenario
    from shaar.engine.study.effects import Workshop
    from shaar.engine.study.line_streets import Streets
    from shaar.engine.study.suggest import Surroundings

log = logging.getLogger("shaar.appraise")
#: After a failure the city is opened again at the earliest after so many seconds.
AGAIN_S = 30.0
#: Appraisals kept: undo, redo and looking again cost nothing.
KEPT = 48
#: Windows of which the last sequence is remembered.
REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Opening:
    """The workshop is being opened: what it does, and how far it is (``total`` None: not known)."""

    note: str
    done: float
    total: float | None


class StillOpening(Exception):
    """Asked before the workshop was open; nothing is wrong, ask again in a moment."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        super().__init__(opening.note)


@dataclass(slots=True)
class _Held:
    """What this process holds: an open workshop, one being opened, or why it could not be opened."""

    stamp: str
    opening: Opening
    workshop: Workshop | None = None
    failure: str = ""
    failed_at: float = 0.0
    streets: Streets | None = None
    surroundings: Surroundings | None = None
    layers: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    appraisals: OrderedDict[tuple[str, bool, int], Appraisal] = field(default_factory=OrderedDict)


_lock = Lock()
_held: _Held | None = None


def workshop() -> Workshop | Opening:
    """The open workshop of the city as its data are now, or how far it is with opening.

    Raises
    ------
    Conflict
        There is no model of the city, or its data cannot be opened; the sentence says why.
    """
    global _held  # noqa: PLW0603 (one a process is what this module is for)
    stamp = scenarios.city_stamp()
    with _lock:
        held = _held
        gone = held is not None and held.failure and time.monotonic() - held.failed_at > AGAIN_S
        if held is None or held.stamp != stamp or gone:
            held = _held = _Held(stamp, Opening("", 0.0, None))
            Thread(target=_open, args=(held,), name="workshop", daemon=True).start()
        if held.failure:
            raise Conflict("model.broken", _("The model of the city cannot be opened: %(why)s") % {"why": held.failure})
        return held.opening if held.workshop is None else held.workshop


def opened() -> Workshop:
    """The open workshop.

    Raises
    ------
    StillOpening
        Not yet.
    Conflict
        As `workshop`.
    """
    found = workshop()
    if isinstance(found, Opening):
        raise StillOpening(found)
    return found


def forget() -> None:
    """Let go of what this process holds (tests; a city that was changed is noticed by itself)."""
    global _held  # noqa: PLW0603
    with _lock:
        _held = None


def _open(held: _Held) -> None:
    from shaar.engine.city.folder import read
    from shaar.engine.study.effects import Workshop
    from shaar.engine.study.suggest import Surroundings
    from shaar.engine.timetable.read import read_gtfs

    from .streets import streets

    def progress(stage: str, done: float, total: float | None = None, note: str = "") -> None:
        held.opening = Opening(note or stage, done, total)

    began = time.monotonic()
    try:
        progress("streets", 0, None)
        # First what is ready first: lines can be drawn while the rest is being prepared.
        held.streets = streets()
        city = read(scenarios.model_folder())
        made = Workshop.open(city, read_gtfs(city.gtfs) if city.gtfs else None, progress=progress)
    except Exception as error:
        if not isinstance(error, ShaarError):
            log.exception("workshop.failed")
        held.failed_at = time.monotonic()
        held.failure = str(error) if isinstance(error, ShaarError) else type(error).__name__
        return
    log.info("workshop.opened", extra={"city": city.meta.name, "seconds": round(time.monotonic() - began, 1)})
    held.workshop = made
    state = scenarios.base_state()
    held.surroundings = Surroundings.of(state.city, state.feed, streets=held.streets)


class Superseded(Exception):
    """A later edit of the same person is waiting, so this one is not worth computing."""


class Turns:
    """One edit after another; of several that wait from one window, only the last is let in."""

    def __init__(self) -> None:
        self._free, self._busy = Condition(), False
        self._latest: OrderedDict[str, int] = OrderedDict()

    @contextmanager
    def turn(self, who: str, sequence: int = 0) -> Iterator[None]:
        """Wait for the engine.

        Raises
        ------
        Superseded
            ``who`` has sent a later sequence meanwhile.
        """
        with self._free:
            # What was the latest is remembered after it is done, too: an earlier one may still be asleep.
            self._latest[who] = max(sequence, self._latest.get(who, sequence))
            self._latest.move_to_end(who)
            while len(self._latest) > REMEMBERED:
                self._latest.popitem(last=False)
            while True:
                if self._latest.get(who, sequence) > sequence:
                    raise Superseded
                if not self._busy:
                    break
                self._free.wait()
            self._busy = True
        try:
            yield
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()


#: Edits, and beside them full appraisals, which take long and must not hold up an edit.
turns, full_turns = Turns(), Turns()


def appraise(scenario: Scenario, *, who: str, sequence: int = 0, full: bool = False, seed: int = 0) -> Appraisal:
    """Effects of a scenario: those that are computed at once, or all of them (``full``, up to a minute).

    Parameters
    ----------
    who, sequence
        The person and window, and the running number of her edits in it.

    Raises
    ------
    StillOpening, Superseded
        As said above.
    InputError
        A change cannot be made.
    """
    engine = opened()
    with _lock:
        kept = _held.appraisals if _held is not None and _held.workshop is engine else OrderedDict()
    key = (scenario.hash, full, seed)
    if key not in kept:
        with (full_turns if full else turns).turn(who, sequence):
            if key not in kept:
                kept[key] = engine.appraise(scenario) if full else engine.quick(scenario, seed=seed)
            while len(kept) > KEPT:
                kept.popitem(last=False)
    return kept[key]


def known(scenario: Scenario) -> Appraisal | None:
    """The quick effects of a scenario, if this process has them."""
    with _lock:
        return None if _held is None else _held.appraisals.get((scenario.hash, False, 0))


def isochrone(lon: float, lat: float, **asked: Any) -> Any:
    """Where one gets from a point; in turn with the edits."""
    engine = opened()
    with turns.turn(f"isochrone {lon} {lat}", 0):
        return engine.isochrone(lon, lat, **asked)


def streets() -> Streets:
    """The streets on which lines are drawn: ready before the rest of the workshop is.

    Raises
    ------
    StillOpening, Conflict
        As `opened`.
    """
    found = workshop()
    with _lock:
        ready = None if _held is None else _held.streets
    if ready is None:
        raise StillOpening(found if isinstance(found, Opening) else Opening("", 0.0, None))
    return ready


def surroundings() -> Surroundings:
    """What suggestions are made from: ready a moment after the workshop.

    Raises
    ------
    StillOpening, Conflict
        As `opened`.
    """
    opened()
    with _lock:
        ready = None if _held is None else _held.surroundings
    if ready is None:
        raise StillOpening(Opening("suggestions", 0.0, None))
    return ready


def layer(name: str) -> tuple[bytes, str] | None:
    """A layer as gzipped GeoJSON and its ETag; None where there is none of that name.

    Raises
    ------
    StillOpening, Conflict
        As `opened`.
    """
    from shaar.engine.study.map_layers import LAYERS
    from shaar.engine.study.map_layers import layer as made

    if name not in LAYERS:
        return None
    engine = opened()
    with _lock:
        held = _held
    if held is None or held.workshop is not engine:
        raise StillOpening(Opening("", 0.0, None))
    if name not in held.layers:
        with turns.turn(f"layer {name}", 0):
            if name not in held.layers:
                raw = json.dumps(made(engine, name), ensure_ascii=False, separators=(",", ":")).encode()
                held.layers[name] = gzip.compress(raw, 6, mtime=0), f'"{hashlib.sha256(raw).hexdigest()[:16]}"'
    return held.layers[name]
