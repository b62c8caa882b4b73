"""Tables of the kernel: events, messages on their way, files, numbers of things, forms already sent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened; never changed, never deleted, chained by hashes to the one before.

    ``data`` holds what the public story needs and no personal data; people are numbers that an erasure makes nameless.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.UUIDField()
    public = models.BooleanField(default=False)
    data = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ("seq",)
        indexes = [
            models.Index(fields=["object_type", "object_id", "seq"], name="event_of_object"),
            models.Index(fields=["public", "seq"], name="event_public"),
        ]


class ChainHead(models.Model):
    """The last event's number and hash; locking this one row puts all writers of events in order."""

    last = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)


class Message(models.Model):
    """The outbox: one message to one person by one channel about one event, sent once."""

    class State(models.TextChoices):
        """Where a message stands."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="messages")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="messages")
    channel = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    subject = models.CharField(max_length=200)
    body = models.TextField(max_length=4000)
    link = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "person", "channel"], name="message_once")]
        indexes = [models.Index(fields=["state", "next_try"], name="message_due")]


class Attachment(models.Model):
    """A file of some object; images are re-encoded, so that no place or owner travels inside them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    object_type = models.CharField(max_length=60)
    object_id = models.UUIDField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=20)
    mime = models.CharField(max_length=100)
    name = models.CharField(max_length=150)
    caption = models.CharField(max_length=200, blank=True)
    file = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at",)
        indexes = [models.Index(fields=["object_type", "object_id"], name="attachment_of_object")]


class Counter(models.Model):
    """The last number given in a series, as proposals of 2026."""

    series = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Submission(models.Model):
    """A form that was sent, by the key it was shown with: sent twice, it gives the first answer again."""

    key = models.UUIDField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True, blank=True)


class TelegramUpdate(models.Model):
    """A message from Telegram that was taken, so that the same one again is not answered twice."""

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)


class LimitCount(models.Model):
    """How often somebody did something in a window of time (`limits`); ``until``: seconds since 1970."""

    key = models.CharField(max_length=320, primary_key=True)
    done = models.PositiveIntegerField()
    until = models.BigIntegerField(db_index=True)
