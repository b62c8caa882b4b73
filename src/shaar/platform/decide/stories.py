"""How the events of this room read; and what its objects are to the kernel: who may see them and their files."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel import seeing, story

SENTENCES: dict[str, Any] = {
    "programme.made": _("The programme was set up."),
    "call.made": _("The call was prepared."),
    "call.changed": _("The call was changed before it opened."),
    "call.lot_set": _("Money for %(place)s: %(money)s."),
    "call.criteria_set": _("Criteria were set: %(number)s."),
    "call.published": _("The call was announced."),
    "call.cancelled": _("The call was called off."),
    "application.written": _("Written."),
    "application.changed": _("Changed by the applicant: version %(version)s."),
    "application.submitted": _("Sent; %(asked)s is asked for."),
    "application.withdrawn": _("Withdrawn by the applicant."),
    "application.returned": _("Returned to be completed by %(due)s."),
    "application.eligible": _("It meets the conditions of the call."),
    "application.ineligible": _("It does not meet the conditions of the call."),
    "application.disclosed": _("A scorer declared whether there is an interest."),
    "application.scored": _("Scored; scores so far: %(number)s."),
    "decision.written": _("A decision was written into the minutes %(session)s."),
    "application.approved": _("Approved: a grant of %(awarded)s."),
    "application.refused": _("Refused."),
    "application.reserve": _("Put on the reserve list."),
    "application.revise": _("Sent back for revision until %(due)s."),
    "application.agreement": _("The agreement %(number)s was signed."),
    "tranche.approved": _("Part %(part)s was approved for payment: %(amount)s."),
    "tranche.paid": _("Part %(part)s was paid: %(amount)s."),
    "application.reported": _("Report %(number)s was handed in; %(spent)s spent."),
    "report.accepted": _("Report %(number)s was accepted; the work goes on."),
    "report.returned": _("Report %(number)s was returned."),
    "application.accepted": _("The work is done and accepted."),
    "application.refund_due": _("%(amount)s has to be returned by %(due)s."),
    "application.refunded": _("The money was returned: %(amount)s."),
    "application.closed": _("The file was closed."),
    "session.held": _("The commission met; %(present)s members were present."),
    "session.signed": _("The minutes %(ref)s were signed; decisions: %(decisions)s."),
    "ballot.made": _("The vote was prepared."),
    "ballot.changed": _("The vote was changed before it opened."),
    "ballot.money_divided": _("The money was divided between %(districts)s districts."),
    "ballot.project_added": _("On the ballot: %(number)s. %(title)s."),
    "ballot.published": _("The vote was announced."),
    "ballot.cast": _("A ballot was cast or changed."),
    "ballot.sheet_given": _("A paper ballot was given out."),
    "ballot.sheet_entered": _("The paper ballot %(number)s was entered."),
    "ballot.sheet_differs": _("The two entries of the paper ballot %(number)s differ."),
    "ballot.sheet_settled": _("The paper ballot %(number)s was looked at again."),
    "ballot.sealed": _("The vote was closed; ballots: %(ballots)s."),
    "ballot.counted": _("The ballots were counted by both rules."),
    "ballot.count_failed": _("The ballots could not be counted."),
    "ballot.confirmed": _("The result was confirmed; projects funded: %(winners)s."),
}
#: Facts that are money.
SUMS = ("money", "asked", "awarded", "amount", "spent")


def register() -> None:
    """Tell the kernel; called when the app is ready."""
    from .policies import ballot, grant

    story.register(SENTENCES, sums=SUMS, days=("due",))
    seeing.register("decide.application", grant.may_open_file, may_change=grant.may_add_files)
    seeing.register(
        "decide.report",
        lambda viewer, one: grant.may_open_file(viewer, one.application),
        may_change=lambda person, one: grant.is_applicant(person, one.application) and one.status == "handed_in",
    )
    seeing.register("decide.call", lambda viewer, one: grant.calls_visible_to(viewer).filter(pk=one.pk).exists())
    seeing.register("decide.session", lambda viewer, one: one.signed_at is not None)
    seeing.register("decide.programme", lambda viewer, one: True)
    seeing.register("decide.ballotbox", lambda viewer, one: ballot.boxes_visible_to(viewer).filter(pk=one.pk).exists())
