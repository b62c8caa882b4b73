"""Jobs of the kernel: send one message of the outbox."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from .channels import NotSent, Outgoing, channel
from .models import Message
from .notify import address_of

log = logging.getLogger("shaar.outbox")
#: Minutes to wait before the second, third, ... try; after the last one the message has failed.
WAITS = (1, 5, 30, 120, 720)
#: A worker that took a message and died gives it back after this long; channels answer within `channels.TIMEOUT`.
_LEASE = timedelta(minutes=5)


@task(queue_name="notify")
def deliver(message: str) -> None:
    """Send one message, if it is still waiting and its time has come. Safe to run again, and beside itself."""
    send(message)


def send(number: str) -> bool:
    """Send one message; whether it went out now.

    Claimed in one transaction, sent outside of any, marked in another. A crash between sending and marking sends again
    after the lease with the same key: channels with ``once`` then deliver it once, mail and Telegram may deliver twice.
    """
    row = _claim(number)
    if row is None:
        return False
    address = address_of(row.person, row.channel) if row.person.is_active else ""
    way = channel(row.channel)
    if not address or way is None or not way.ready():
        _failed(row, "no address" if way else "no channel", for_good=True)
        return False
    link = f"{settings.SITE_URL}{row.link}" if row.link else ""
    try:
        way.send(Outgoing(str(row.pk), address, row.language, row.subject, row.body, link))
    except NotSent as error:
        _failed(row, str(error), for_good=error.for_good)
        return False
    Message.objects.filter(pk=row.pk, state=Message.State.WAITING).update(
        state=Message.State.SENT, sent_at=timezone.now(), failure=""
    )
    return True


def _claim(number: str) -> Message | None:
    now = timezone.now()
    with transaction.atomic():
        row = (
            Message.objects.select_for_update()
            .filter(pk=number, state=Message.State.WAITING, next_try__lte=now)
            .first()
        )
        if row is None:
            return None
        row.tries, row.next_try = row.tries + 1, now + _LEASE
        row.save(update_fields=["tries", "next_try"])
    return row


def _failed(row: Message, why: str, *, for_good: bool) -> None:
    over = for_good or row.tries > len(WAITS)
    again = timezone.now() + timedelta(minutes=WAITS[min(row.tries, len(WAITS)) - 1])
    Message.objects.filter(pk=row.pk, state=Message.State.WAITING).update(
        state=Message.State.FAILED if over else Message.State.WAITING, next_try=again, failure=why[:300]
    )
    log.warning("message.not_sent", extra={"number": str(row.pk), "channel": row.channel, "why": why})
    if not over and deliver.get_backend().supports_defer:
        deliver.using(run_after=again).enqueue(message=str(row.pk))


def send_due(limit: int = 500) -> tuple[int, int]:
    """Send what is due: for a timer, so that nothing waits on a job that was lost. (sent, tried)."""
    due = list(
        Message.objects.filter(state=Message.State.WAITING, next_try__lte=timezone.now())
        .order_by("next_try")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(send(str(number)) for number in due), len(due)
