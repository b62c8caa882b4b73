"""How the events of this room read; and what its objects are to the kernel: who may see them and their files."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as lazy

from shaar.platform.kernel import seeing, story

SENTENCES: dict[str, Any] = {
    "programme.made": lazy("The programme was set up."),
    "call.made": lazy("The call was prepared."),
    "call.changed": lazy("The call was changed before it opened."),
    "call.lot_set": lazy("Money for %(place)s: %(money)s."),
    "call.criteria_set": lazy("Criteria were set: %(number)s."),
    "call.published": lazy("The call was announced."),
    "call.cancelled": lazy("The call was called off."),
    "application.written": lazy("Written."),
    "application.changed": lazy("Changed by the applicant: version %(version)s."),
    "application.submitted": lazy("Sent; %(asked)s is asked for."),
    "application.withdrawn": lazy("Withdrawn by the applicant."),
    "application.returned": lazy("Returned to be completed by %(due)s."),
    "application.eligible": lazy("It meets the conditions of the call."),
    "application.ineligible": lazy("It does not meet the conditions of the call."),
    "application.disclosed": lazy("A scorer declared whether there is an interest."),
    "application.scored": lazy("Scored; scores so far: %(number)s."),
    "decision.written": lazy("A decision was written into the minutes %(session)s."),
    "application.approved": lazy("Approved: a grant of %(awarded)s."),
    "application.refused": lazy("Refused."),
    "application.reserve": lazy("Put on the reserve list."),
    "application.revise": lazy("Sent back for revision until %(due)s."),
    "application.agreement": lazy("The agreement %(number)s was signed."),
    "tranche.approved": lazy("Part %(part)s was approved for payment: %(amount)s."),
    "tranche.paid": lazy("Part %(part)s was paid: %(amount)s."),
    "application.reported": lazy("Report %(number)s was handed in; %(spent)s spent."),
    "report.accepted": lazy("Report %(number)s was accepted; the work goes on."),
    "report.returned": lazy("Report %(number)s was returned."),
    "application.accepted": lazy("The work is done and accepted."),
    "application.refund_due": lazy("%(amount)s has to be returned by %(due)s."),
    "application.refunded": lazy("The money was returned: %(amount)s."),
    "application.closed": lazy("The file was closed."),
    "session.held": lazy("The commission met; %(present)s members were present."),
    "session.signed": lazy("The minutes %(ref)s were signed; decisions: %(decisions)s."),
    "ballot.made": lazy("The vote was prepared."),
    "ballot.changed": lazy("The vote was changed before it opened."),
    "ballot.money_divided": lazy("The money was divided between %(districts)s districts."),
    "ballot.project_added": lazy("On the ballot: %(number)s. %(title)s."),
    "ballot.project_removed": lazy("Taken off the ballot: %(title)s."),
    "ballot.published": lazy("The vote was announced."),
    "ballot.cast": lazy("A ballot was cast or changed."),
    "ballot.sheet_given": lazy("A paper ballot was given out."),
    "ballot.sheet_entered": lazy("The paper ballot %(number)s was entered."),
    "ballot.sheet_differs": lazy("The two entries of the paper ballot %(number)s differ."),
    "ballot.sheet_settled": lazy("The paper ballot %(number)s was looked at again."),
    "ballot.sealed": lazy("The vote was closed; ballots: %(ballots)s."),
    "ballot.counted": lazy("The ballots were counted by both rules."),
    "ballot.count_failed": lazy("The ballots could not be counted."),
    "ballot.confirmed": lazy("The result was confirmed; projects funded: %(winners)s."),
}


def register() -> None:
    """Tell the kernel; called when the app is ready."""
    from .policies import ballot, grant

    story.register(SENTENCES)
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
