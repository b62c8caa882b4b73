"""Who may prepare calls, apply, check, score, decide, pay; who may see and open an application."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.accounts.policies import has_role, roles_in_force, territories_of
from shaar.platform.propose.models import Measure

from ..models import Application, Call, Disclosure, Score
from ..states import DECIDED, EDITABLE, PRIVATE

MANAGERS = ("head", "mayor", "admin")
OFFICERS = ("officer", "head", "mayor")
SCORERS = ("expert", "commission")
APPROVERS = ("head", "mayor")


def may_manage(person: Any) -> bool:
    """Prepare programmes, calls and votes: heads, the mayor's office and administrators of the whole city."""
    return territories_of(person, *MANAGERS) == Q()


def takes_part(person: Any, call: Call) -> bool:
    """Signed in, and proven as far as the call asks."""
    return isinstance(person, Person) and person.is_active and person.level >= call.level


def organisations_of(person: Any) -> QuerySet[Organisation]:
    """Organisations that the person may speak for: those of her roles."""
    if not isinstance(person, Person):
        return Organisation.objects.none()
    numbers = roles_in_force(person).filter(organisation__isnull=False).values("organisation")
    return Organisation.objects.filter(pk__in=numbers)


def may_apply_with(person: Any, measure: Measure, organisation: Organisation | None) -> bool:
    """Its authors; or, for an organisation, whoever speaks for it."""
    if not isinstance(person, Person) or measure.hidden:
        return False
    if organisation is not None:
        return organisations_of(person).filter(pk=organisation.pk).exists()
    return measure.author_id == person.pk or measure.credits.filter(person=person).exists()


def is_applicant(person: Any, application: Application) -> bool:
    """The applicant herself, or somebody who speaks for the organisation that applies."""
    if not isinstance(person, Person):
        return False
    if application.applicant_id == person.pk:
        return True
    own = application.organisation_id
    return own is not None and organisations_of(person).filter(pk=own).exists()


def has_interest(person: Any, application: Application) -> bool:
    """Whether the person is barred from judging it: applicant, author, of its organisation, or by her own word."""
    return (
        is_applicant(person, application)
        or getattr(person, "pk", None) == application.measure.author_id
        or Disclosure.objects.filter(application=application, person=person, conflict=True).exists()
    )


def may_edit(person: Any, application: Application) -> bool:
    """Its applicants, before it is sent and while it is sent back."""
    return application.status in EDITABLE and is_applicant(person, application)


def may_add_files(person: Any, application: Application) -> bool:
    """Its applicants, until an officer has checked it and whenever it is sent back."""
    return application.status in (*EDITABLE, Application.Status.SUBMITTED) and is_applicant(person, application)


def may_check(person: Any, application: Application) -> bool:
    """Officers of the district of the lot, but nobody with an interest."""
    return has_role(person, *OFFICERS, territory=application.lot.territory) and not has_interest(person, application)


def may_disclose(person: Any, application: Application) -> bool:
    """Scorers of the district: experts and members of the commission."""
    return has_role(person, *SCORERS, territory=application.lot.territory)


def may_score(person: Any, application: Application) -> bool:
    """Scorers who have said that they have no interest, and have none that is known."""
    said = Disclosure.objects.filter(application=application, person=person, conflict=False).exists()
    return may_disclose(person, application) and said and not has_interest(person, application)


def on_commission(person: Any, call: Call) -> bool:
    """Members of the commission of any district of the call."""
    return any(has_role(person, "commission", territory=lot.territory) for lot in call.lots.select_related("territory"))


def may_decide(person: Any, application: Application) -> bool:
    """Members of the commission of the district who neither scored it nor have an interest."""
    if not has_role(person, "commission", territory=application.lot.territory):
        return False
    scored = Score.objects.filter(application=application, by=person).exists()
    return not scored and not has_interest(person, application)


def may_approve_payment(person: Any, application: Application) -> bool:
    """Heads and the mayor's office, without an interest."""
    place = application.lot.territory
    return has_role(person, *APPROVERS, territory=place) and not has_interest(person, application)


def may_see(viewer: Any, application: Application) -> bool:
    """Whether the viewer may know of it: everybody once it meets the conditions; before, applicants and offices."""
    if application.status not in PRIVATE:
        return True
    if is_applicant(viewer, application) or has_role(viewer, "auditor"):
        return True
    sent = application.status != Application.Status.DRAFT
    return sent and has_role(viewer, *OFFICERS, territory=application.lot.territory)


def may_open_file(viewer: Any, application: Application) -> bool:
    """Whether the viewer may read the whole file: everybody once it is decided; a scorer after her declaration."""
    if application.status in DECIDED or is_applicant(viewer, application) or has_role(viewer, "auditor"):
        return True
    if application.call.selection == Call.Selection.BALLOT and application.status not in PRIVATE:
        return True
    if may_disclose(viewer, application):
        return may_score(viewer, application)
    return has_role(viewer, *OFFICERS, territory=application.lot.territory) and may_see(viewer, application)


def applications_visible_to(viewer: Any) -> QuerySet[Application]:
    """The list that `may_see` allows."""
    if has_role(viewer, "auditor"):
        return Application.objects.all()
    seen = ~Q(status__in=PRIVATE)
    if isinstance(viewer, Person):
        seen |= Q(applicant=viewer) | Q(organisation__in=organisations_of(viewer))
        covered = territories_of(viewer, *OFFICERS)
        if covered is not None:
            seen |= ~Q(status=Application.Status.DRAFT) & through_lot(covered)
    return Application.objects.filter(seen)


def through_lot(covered: Q) -> Q:
    """A filter on territories made one on the territory of an application's lot."""
    if isinstance(covered, Q) and not covered.children:
        return Q(pk__isnull=False)
    made = Q(_connector=covered.connector)
    for child in covered.children:
        if isinstance(child, Q):
            made.add(through_lot(child), covered.connector)
        else:
            made.add(Q(**{f"lot__{child[0]}": child[1]}), covered.connector)  # type: ignore[index]
    return made


def calls_visible_to(viewer: Any) -> QuerySet[Call]:
    """Announced calls; those being prepared, managers and auditors only."""
    if may_manage(viewer) or has_role(viewer, "auditor"):
        return Call.objects.all()
    return Call.objects.exclude(status=Call.Status.DRAFT)
