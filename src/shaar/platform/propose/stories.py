"""How the events of this room read; and what its objects are to the kernel: who may see them and their files."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.kernel import seeing, story
from shaar.platform.kernel.models import Event


def _answered(event: Event) -> str:
    from .models import Answer

    code = event.data.get("outcome", "")
    label = Answer.Outcome(code).label if code in Answer.Outcome.values else code
    facts = {**story.facts(event), "outcome": label}
    return _("The city answered: %(outcome)s (%(office)s).") % facts


def _hidden(event: Event) -> str:
    from .reasons import reason_words

    why = reason_words("moderation", event.data.get("code", ""))
    if event.verb.startswith("comment"):
        return _("A comment was hidden: %(why)s.") % {"why": why}
    return _("The text was hidden: %(why)s.") % {"why": why}


def _decided(event: Event) -> str:
    if event.data.get("outcome") == "overturned":
        return _("An appeal was granted: the decision was undone.")
    return _("An appeal was decided: the decision stands.")


def _planned(event: Event) -> str:
    facts = story.facts(event)
    day = date.fromisoformat(facts["term"]) if facts["term"] != "–" else None
    facts["term"] = date_format(day, "DATE_FORMAT") if day else "–"
    return _("Taken into the joint action plan %(plan)s, to be done by %(term)s.") % facts


SENTENCES: dict[str, Any] = {
    "measure.proposed": gettext_lazy("Put forward."),
    "measure.edited": gettext_lazy("Changed by the author: version %(version)s."),
    "measure.withdrawn": gettext_lazy("Withdrawn by the author."),
    "measure.supported": gettext_lazy("Supported; now %(supports)s people."),
    "measure.unsupported": gettext_lazy("A support was taken back; now %(supports)s people."),
    "measure.reached": gettext_lazy("%(supports)s people support it: the city has to answer."),
    "measure.taken": gettext_lazy("The office took it up (%(office)s)."),
    "measure.answered": _answered,
    "measure.appealed": gettext_lazy("The author appealed against the answer."),
    "moderation.appealed": gettext_lazy("The writer appealed against the moderation."),
    "appeal.decided": _decided,
    "measure.merged": gettext_lazy("Joined with %(into)s “%(title)s”."),
    "measure.joined": gettext_lazy("%(ref)s “%(title)s” was joined to it; now %(supports)s people support it."),
    "measure.separated": gettext_lazy("Separated again from %(into)s “%(title)s”; it stands by itself."),
    "measure.left": gettext_lazy(
        "%(ref)s “%(title)s” was separated from it again; now %(supports)s people support it."
    ),
    "measure.hidden": _hidden,
    "measure.shown": gettext_lazy("The text is shown again."),
    "comment.hidden": _hidden,
    "comment.shown": gettext_lazy("A hidden comment is shown again."),
    "comment.made": gettext_lazy("A comment was written."),
    "measure.flagged": gettext_lazy("Somebody asked the moderators to look at it."),
    "measure.flags_dismissed": gettext_lazy("The moderators left the text as it is."),
    "measure.typed": gettext_lazy("An officer put it before the model of the city: %(said)s"),
    "measure.done": gettext_lazy("Done."),
    "measure.reopened": gettext_lazy("Work goes on."),
    "hazard.reported": gettext_lazy("Reported: %(ref)s."),
    "hazard.confirmed": gettext_lazy("An officer confirmed it: risk %(risk)s of 25."),
    "hazard.rejected": gettext_lazy("An officer did not confirm it: %(words)s"),
    "hazard.in_work": gettext_lazy("It is being dealt with: %(words)s"),
    "hazard.resolved": gettext_lazy("It is no more: %(words)s"),
    "opinion.opened": gettext_lazy("A question was asked: %(names)s."),
    "opinion.said": gettext_lazy("Statement %(number)s was put in."),
    "opinion.changed": gettext_lazy("Statement %(number)s was reworded before anybody voted on it."),
    "opinion.shown": gettext_lazy("Statement %(number)s is shown."),
    "opinion.refused": gettext_lazy("Statement %(number)s is not shown: %(why)s"),
    "meeting.called": gettext_lazy("A round table was called: %(where)s."),
    "meeting.agenda": gettext_lazy("On the agenda: %(title)s."),
    "meeting.invited": gettext_lazy("Somebody was invited."),
    "meeting.held": gettext_lazy("It was held; %(present)s people were present."),
    "meeting.noted": gettext_lazy("A statement was written down."),
    "meeting.agreed": gettext_lazy("Agreed: %(text)s"),
    "meeting.not_agreed": gettext_lazy("Not agreed: %(text)s"),
    "meeting.published": gettext_lazy("The minutes were published; agreed decisions: %(agreed)s."),
    "meeting.cancelled": gettext_lazy("It was called off: %(why)s"),
    "measure.agreed": gettext_lazy("Agreed at the round table %(meeting)s."),
    "measure.planned": gettext_lazy("Taken into the joint action plan %(plan)s, to be done by %(term)s."),
    "measure.reported": gettext_lazy("%(progress)s %% done by the plan %(plan)s: %(note)s"),
    "plan.made": gettext_lazy("The draft was begun."),
    "plan.item_added": gettext_lazy("Added: %(title)s."),
    "plan.item_changed": gettext_lazy("Changed: %(title)s. %(reason)s"),
    "plan.adopted": gettext_lazy("The plan was adopted with %(items)s measures."),
    "plan.reported": gettext_lazy("%(title)s: %(progress)s %%. %(note)s"),
    "plan.closed": gettext_lazy("The plan was closed."),
    "process.made": gettext_lazy("The process was set up."),
    "process.changed": gettext_lazy("The process was changed."),
    "process.phase_set": gettext_lazy("A phase was set: %(names)s."),
    "process.threshold_set": gettext_lazy("Supports needed in %(place)s: %(needed)s."),
}


def register() -> None:
    """Tell the kernel; called when the app is ready."""
    from .policies import hazard, meeting
    from .policies.measure import may_edit, may_see

    story.register(SENTENCES)
    seeing.register("propose.measure", may_see, may_change=may_edit)
    seeing.register("propose.draft", _owns, may_change=_owns)
    seeing.register("propose.hazard", hazard.may_see, may_change=hazard.may_add_photos)
    seeing.register("propose.conversation", lambda viewer, one: True)
    seeing.register("propose.meeting", lambda viewer, one: True)
    seeing.register("propose.plan", lambda viewer, one: meeting.plans_visible_to(viewer).filter(pk=one.pk).exists())
    seeing.register("propose.process", lambda viewer, process: process.published)


def _owns(person: Any, draft: Any) -> bool:
    return draft.person_id is not None and draft.person_id == getattr(person, "pk", None)
