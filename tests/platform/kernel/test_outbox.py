from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Contact
from shaar.platform.kernel import channels, events, notify, tasks
from shaar.platform.kernel.channels import NotSent, Outgoing
from shaar.platform.kernel.models import Message


class Gateway(BaseHTTPRequestHandler):
    """An SMS gateway that keeps each id once and answers as it is told."""

    taken: dict[str, dict]
    asked: list[tuple[str, dict]]
    status = 200

    def do_POST(self) -> None:
        facts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append((self.headers["Idempotency-Key"], facts))
        if type(self).status == 200:
            type(self).taken[facts["id"]] = facts
        self.send_response(type(self).status)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args) -> None: ...


@pytest.fixture
def gateway(settings):
    Gateway.taken, Gateway.asked, Gateway.status = {}, [], 200
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.OPTIONS = {**settings.OPTIONS, "SMS_URL": f"http://127.0.0.1:{server.server_port}/", "SMS_TOKEN": "t"}
    yield Gateway
    server.shutdown()


def tell(people, thing, **more):
    with transaction.atomic():
        event = events.record("person.renamed", thing, acting=None)
        notify.tell(event, people, **{"subject": "Изменилось", "link": "/events/", **more})
    return event


def contact(person, channel, address, wanted=True):
    Contact.objects.create(person=person, channel=channel, address=address, wanted=wanted)


def test_one_message_a_person_and_wanted_channel_however_often_told(person):
    one, two = person(), person("Two")
    contact(one, "email", "one@example.org")
    contact(one, "sms", "+996555000001", wanted=False)
    event = tell([one, two, one, None], one)
    with transaction.atomic():
        assert notify.tell(event, [one, two], subject="again") == 0
    rows = Message.objects.order_by("person__name", "channel").values_list("person__name", "channel", "state")
    assert list(rows) == [("Two", "site", "sent"), ("Айгуль", "email", "waiting"), ("Айгуль", "site", "sent")]


def test_told_in_the_same_transaction_or_not_at_all(person):
    who = person()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        event = events.record("person.renamed", who, acting=None)
        notify.tell(event, [who], subject="x")
        raise ZeroDivisionError
    assert Message.objects.count() == 0


def test_each_in_her_language_and_not_the_one_who_did_it(person):
    who, kyrgyz, doer = person(), person("Ky"), person("Doer")
    type(kyrgyz).objects.filter(pk=kyrgyz.pk).update(language="en")
    kyrgyz.refresh_from_db()
    with transaction.atomic():
        event = events.record("person.renamed", who, acting=doer)
        notify.tell(
            event, [who, kyrgyz, doer], subject=_("Russian"), body=lambda: str(_("%(n)d MB")) % {"n": 5}, link="/x/"
        )  # fmt: skip
    said = dict(Message.objects.values_list("person__name", "subject"))
    assert said["Ky"] == "Russian"
    assert set(said) == {"Айгуль", "Ky"}
    assert Message.objects.get(person=kyrgyz).body == "5 MB"


def test_sent_once_by_the_gateway_even_if_the_job_runs_again(person, gateway):
    who = person()
    contact(who, "sms", "+996555000001")
    tell([who], who)
    row = Message.objects.get(channel="sms")
    assert tasks.send(str(row.pk)) is True
    assert tasks.send(str(row.pk)) is False
    row.refresh_from_db()
    assert (row.state, row.tries) == ("sent", 1)
    assert [facts for _key, facts in gateway.asked] == [
        {"id": str(row.pk), "to": "+996555000001", "text": "Изменилось http://localhost:8000/events/"}
    ]


def test_a_crash_after_sending_sends_again_with_the_same_key_so_it_arrives_once(person, gateway, monkeypatch):
    who = person()
    contact(who, "sms", "+996555000001")
    tell([who], who)
    row = Message.objects.get(channel="sms")
    send = channels.Sms.send

    def die_after(self, message):
        send(self, message)
        raise KeyboardInterrupt

    monkeypatch.setattr(channels.Sms, "send", die_after)
    with pytest.raises(KeyboardInterrupt):
        tasks.send(str(row.pk))
    monkeypatch.setattr(channels.Sms, "send", send)
    assert tasks.send_due() == (0, 0)  # another worker leaves it alone as long as the lease holds
    Message.objects.update(next_try=timezone.now() - timedelta(seconds=1))
    assert tasks.send_due() == (1, 1)
    assert len(gateway.asked) == 2
    assert list(gateway.taken) == [str(row.pk)]


def test_a_gateway_that_is_down_is_tried_again_later_and_later_then_given_up(person, gateway):
    who = person()
    contact(who, "sms", "+996555000001")
    tell([who], who)
    gateway.status = 503
    waits = []
    for _try in range(len(tasks.WAITS) + 1):
        Message.objects.filter(channel="sms").update(next_try=timezone.now())
        before = timezone.now()
        assert tasks.send_due() == (0, 1)
        row = Message.objects.get(channel="sms")
        waits.append((row.state, round((row.next_try - before).total_seconds() / 60)))
    assert waits[:-1] == [("waiting", minutes) for minutes in tasks.WAITS]
    assert waits[-1][0] == "failed"
    assert row.failure == "HTTP 503"


def test_a_refused_request_is_not_tried_again(person, gateway):
    who = person()
    contact(who, "sms", "+996555000001")
    tell([who], who)
    gateway.status = 400
    tasks.send_due()
    assert Message.objects.get(channel="sms").state == "failed"
    assert tasks.send_due() == (0, 0)


def test_who_no_longer_wants_it_or_was_erased_gets_nothing(person, gateway):
    who = person()
    contact(who, "sms", "+996555000001")
    tell([who], who)
    Contact.objects.update(wanted=False)
    assert tasks.send_due() == (0, 1)
    assert gateway.asked == []
    assert Message.objects.get(channel="sms").failure == "no address"


def test_mail_has_a_message_id_of_its_key(person):
    who = person()
    contact(who, "email", "one@example.org")
    tell([who], who, body="Подробности")
    tasks.send_due()
    row, sent = Message.objects.get(channel="email"), mail.outbox[0]
    assert (sent.to, sent.subject) == (["one@example.org"], "Изменилось")
    assert sent.body == "Подробности\n\nhttp://localhost:8000/events/"
    assert sent.extra_headers["Message-ID"] == f"<{row.pk}@localhost>"


def test_the_job_goes_out_when_the_transaction_is_committed(person, gateway, django_capture_on_commit_callbacks):
    who = person()
    contact(who, "sms", "+996555000001")
    with django_capture_on_commit_callbacks(execute=True):
        tell([who], who)
        assert gateway.asked == []
    assert len(gateway.asked) == 1


def test_a_channel_of_a_plugin(person):
    class Pigeon:
        code, name, once = "pigeon", "Pigeon", True
        sent: ClassVar[list[Outgoing]] = []

        def ready(self) -> bool:
            return True

        def send(self, message: Outgoing) -> None:
            if not message.body:
                raise NotSent("nothing to carry", for_good=True)
            self.sent.append(message)

    channels.register(Pigeon())
    try:
        who = person()
        contact(who, "pigeon", "roof 5")
        tell([who], who, body="Привет")
        assert tasks.send_due() == (1, 1)
        assert [m.address for m in Pigeon.sent] == ["roof 5"]
    finally:
        channels._CHANNELS.pop("pigeon")
