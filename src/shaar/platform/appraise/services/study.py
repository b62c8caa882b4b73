"""Studies: begin one, word it, publish what was computed, close it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden
from shaar.platform.kernel.folding import fold_forgiving
from shaar.platform.kernel.references import next_reference
from shaar.platform.propose.checking import check
from shaar.platform.propose.models import Measure
from shaar.platform.propose.selectors.measure import authors

from ..models import Alternative, Contest, Run, Study
from ..policies import may_appraise, may_edit, may_publish
from ..states import STUDY


def make_study(*, acting: Person, title: str, about: str = "", measure: Measure | None = None) -> Study:
    """Begin a study, of a measure or by itself.

    Raises
    ------
    Forbidden, Invalid
        Not an appraiser; a title that cannot be taken.
    """
    require_appraiser(acting)
    with transaction.atomic():
        made = Study(ref=next_reference("S"), title=title.strip(), about=about.strip(), measure=measure, owner=acting)
        index(made)
        check(made)
        made.save(force_insert=True)
        events.record("study.made", made, acting=acting, ref=made.ref, measure=measure.ref if measure else "")
    return made


def word_study(*, acting: Person, study: Study, title: str, about: str) -> Study:
    """Change the title and the question of a study."""
    with transaction.atomic():
        study = locked(study)
        require_editor(acting, study)
        study.title, study.about = title.strip(), about.strip()
        index(study)
        check(study)
        study.save(update_fields=["title", "about", "search_text"])
        events.record("study.worded", study, acting=acting, title=study.title)
    return study


def publish(*, acting: Person, study: Study, seen_runs: Collection[UUID] | None = None) -> Study:
    """Show everybody the last finished run of each alternative; again, it shows newer ones.

    ``seen_runs``: the runs that she had before her; a newer one since is a `Conflict`.

    Raises
    ------
    Forbidden, Conflict
        Not hers; nothing was computed yet, or an alternative was changed after its last run; runs have changed.
    """
    with transaction.atomic():
        study = locked(study)
        if not may_publish(acting, study):
            raise Forbidden("study.publish", _("Its owner, heads and the mayor's office publish a study."))
        alternatives = list(study.alternatives.select_for_update().order_by("number"))
        found = {one.pk: last_done(one) for one in alternatives}
        runs = [run for run in found.values() if run is not None]
        if not runs:
            raise Conflict("study.empty", _("There is nothing to publish: no alternative has been computed yet."))
        if seen_runs is not None and set(seen_runs) != {run.pk for run in runs}:
            raise Conflict(
                "study.runs", _("An alternative was computed anew meanwhile. Look at the new figures first.")
            )
        for one in alternatives:
            run = found[one.pk]
            if run is not None and run.version != one.version:
                raise Conflict(
                    "study.unfinished",
                    _("“%(name)s” was changed after it was computed. Compute it again first.") % {"name": one.name},
                )
            one.shown = run
            one.save(update_fields=["shown"])
        STUDY.check(study.state, Study.State.PUBLISHED)
        study.state, study.published_at, study.published_by = Study.State.PUBLISHED, timezone.now(), acting
        study.closed_at = None
        study.save(update_fields=["state", "published_at", "published_by", "closed_at"])
        event = events.record("study.published", study, acting=acting, public=True, alternatives=len(runs))
        if study.measure is not None:
            _tell_proposer(acting, study, study.measure)
        asked = Person.objects.filter(contests__study=study, contests__state=Contest.State.OPEN).distinct()
        ref = study.ref
        notify.tell(
            event, asked, subject=lambda: _("New estimates were published in %(ref)s.") % {"ref": ref},
            link=study.get_absolute_url(),
        )  # fmt: skip
    return study


def close(*, acting: Person, study: Study) -> Study:
    """End a study: its figures stay, nothing is added. Objections have to be answered first."""
    with transaction.atomic():
        study = locked(study)
        if not may_publish(acting, study):
            raise Forbidden("study.publish", _("Its owner, heads and the mayor's office close a study."))
        if study.contests.filter(state=Contest.State.OPEN).exists():
            raise Conflict("study.contested", _("Answer the open objections first."))
        STUDY.check(study.state, Study.State.CLOSED)
        study.state, study.closed_at = Study.State.CLOSED, timezone.now()
        study.save(update_fields=["state", "closed_at"])
        events.record("study.closed", study, acting=acting, public=True)
    return study


def last_done(alternative: Alternative) -> Run | None:
    """The newest finished run of an alternative."""
    return alternative.runs.filter(state=Run.State.DONE).order_by("-finished_at").first()


def locked(study: Study) -> Study:
    """The row for writing; the caller holds the transaction."""
    return Study.objects.select_for_update(of=("self",)).select_related("measure").get(pk=study.pk)


def require_appraiser(person: Any) -> None:
    """Refuse who does not prepare studies."""
    if not may_appraise(person):
        raise Forbidden("study.role", _("Officers, heads and the mayor's office prepare studies."))


def require_editor(person: Any, study: Study) -> None:
    """Refuse who may not change this study, or a study that is closed."""
    require_appraiser(person)
    if not may_edit(person, study):
        raise Conflict("study.closed", _("This study is closed."))


def index(study: Study) -> None:
    """Renew what a search looks through; the caller saves."""
    of = f"{study.measure.ref} {study.measure.title}" if study.measure else ""
    study.search_text = fold_forgiving(f"{study.ref} {study.title} {study.about} {of}")


def _tell_proposer(acting: Person, study: Study, measure: Measure) -> None:
    event = events.record("measure.appraised", measure, acting=acting, public=True, study=study.ref)
    ref = measure.ref
    backers = Person.objects.filter(supports__measure=measure)
    notify.tell(
        event, [*authors(measure), *backers],
        subject=lambda: _("%(ref)s: see what the model of the city says it would change.") % {"ref": ref},
        link=f"{measure.get_absolute_url()}#effects",
    )  # fmt: skip
