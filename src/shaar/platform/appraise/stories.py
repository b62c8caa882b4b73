"""How the events of this room read; and who may see its objects."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.kernel import seeing, story
from shaar.platform.kernel.models import Event


def _done(event: Event) -> str:
    facts = story.facts(event)
    if event.data.get("same") is True:
        return _("“%(name)s” was computed again: the same figures to the last digit.") % facts
    if event.data.get("same") is False:
        return _("“%(name)s” was computed again: the figures differ.") % facts
    return _("“%(name)s” was computed (version %(version)s).") % facts


def _answered(event: Event) -> str:
    if event.data.get("changed"):
        return _("An objection was granted; the estimate is corrected.")
    return _("An objection was answered; the estimate stands.")


SENTENCES: dict[str, Any] = {
    "study.made": gettext_lazy("The study was begun."),
    "study.worded": gettext_lazy("The question of the study was reworded: %(title)s."),
    "study.published": gettext_lazy("Estimates were published; alternatives: %(alternatives)s."),
    "study.closed": gettext_lazy("The study was closed."),
    "study.contested": gettext_lazy("Somebody contests an estimate; the office answers by %(due)s."),
    "study.contest_answered": _answered,
    "alternative.made": gettext_lazy("“%(name)s” was added; changes: %(changes)s."),
    "alternative.saved": gettext_lazy("“%(name)s” was saved: version %(version)s, changes: %(changes)s."),
    "run.asked": gettext_lazy("“%(name)s” was given to the model (version %(version)s)."),
    "run.done": _done,
    "run.failed": gettext_lazy("“%(name)s” could not be computed."),
    "run.cancelled": gettext_lazy("The computing of “%(name)s” was cancelled."),
    "measure.appraised": gettext_lazy("Its estimated effects were published: study %(study)s."),
}


def register() -> None:
    """Tell the kernel; called when the app is ready."""
    from .policies import may_see

    story.register(SENTENCES, days=("due",))
    seeing.register("appraise.study", may_see)
