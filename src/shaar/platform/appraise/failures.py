"""Why a run failed, in words that say what was kept and what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _

from .models import Run


def why(run: Run) -> str:
    """The sentence for a run that failed or lost its worker; "" for another."""
    if run.lost:
        return _("The process that computed it has not been heard of for some minutes: it was stopped, or the machine.")
    if run.state != Run.State.FAILED:
        return ""
    known = {
        "memory": _("There was not enough memory to compute it. Nothing of it was kept; the alternative is unchanged."),
        "killed": _("The computing was stopped from outside (%(signal)s). Nothing of it was kept."),
        "lost": _("The process that computed it was stopped half-way, or the machine. Nothing of it was kept."),
        "stale": _("The data of the city changed before it could be computed. Start it again to compute on the new."),
        "scenario": _("The model does not take this: %(why)s"),
        "engine": _("The model could not compute it: %(why)s"),
        "broken": _("Something is wrong with the program itself: %(why)s"),
    }
    words = known.get(run.code, _("It could not be computed: %(why)s"))
    return words % {"why": run.message or "–", "signal": run.message or "–"}


def stage(name: str) -> str:
    """What the engine is doing, in the reader's language; "" for a stage that people need no word for."""
    known = {
        "streets and stops": _("streets and stops"),
        "street times": _("times on streets"),
        "travel times": _("travel times"),
        "trip distribution": _("who travels where"),
        "boardings": _("boardings"),
        "appraisal": _("effects of the change"),
        "cycle network": _("cycling"),
        "cycling network": _("cycling"),
        "crashes": _("safety"),
        "road equilibrium": _("cars on the roads"),
        "parking over the day": _("parking"),
    }
    return known.get(name, "")
