"""The job that counts a vote: outside any transaction, its progress written as it goes, safe to run again."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from shaar.engine.errors import InputError
from shaar.platform.kernel import events

from .counting import count
from .election import election_of
from .models import BallotBox, Count

log = logging.getLogger("shaar.decide")


@task(queue_name="slow")
def count_ballots(number: str) -> None:
    """Count the sealed box of a `Count`; one that is done already is left as it is."""
    row = Count.objects.select_related("box").get(pk=number)
    if row.status == Count.Status.DONE:
        return
    Count.objects.filter(pk=row.pk).update(status=Count.Status.RUNNING, done=0, failure="")

    def tell(share: float) -> None:
        Count.objects.filter(pk=row.pk).update(done=min(99, int(100 * share)))

    try:
        facts, files = count(election_of(row.box), deciding=row.box.rule, tell=tell)
    except InputError as error:
        log.warning("ballot.not_counted", extra={"number": str(row.pk), "why": str(error)})
        with transaction.atomic():
            Count.objects.filter(pk=row.pk).update(status=Count.Status.FAILED, failure=str(error)[:300])
            events.record("ballot.count_failed", row.box, acting=None)
        return
    with transaction.atomic():
        row = Count.objects.select_for_update().select_related("box").get(pk=row.pk)
        if row.status == Count.Status.DONE:
            return
        row.status, row.done, row.facts, row.files = Count.Status.DONE, 100, facts, files
        row.finished_at = timezone.now()
        row.save()
        events.record("ballot.counted", row.box, acting=None, public=True, voters=facts["voters"])
    assert row.box.status in (BallotBox.Status.SEALED, BallotBox.Status.COUNTED)
