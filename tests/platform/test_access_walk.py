"""Every address with every role, reading and writing, against the table in ``access.toml``.

An address that the table lacks fails: nothing is open because nobody thought of it. A refused POST changes no row.
Each request runs in a transaction that is undone, so that all of them meet the same city.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from contextlib import ExitStack
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from tests.platform.decide.conftest import *  # noqa: F403
from tests.platform.example_city import build_city, publish_study

from shaar.platform.accounts.models import RoleKind

TABLE = Path(__file__).with_name("access.toml")
EVERYBODY = ("anonymous", "newcomer", "resident", "stranger_officer", *RoleKind.values)
GROUPS = {
    "all": EVERYBODY,
    "nobody": (),
    "signed_in": EVERYBODY[1:],
    "proven": tuple(one for one in EVERYBODY[1:] if one != "newcomer"),
}
#: Whoever asks, a page without a POST of its own must change nothing; these ask.
_FEW = ("anonymous", "resident", "admin")
#: Tables that remember requests rather than what people do.
_PASSING = {"sessions.Session", "usersessions.UserSession", "kernel.LimitCount"}


def routes() -> dict[str, tuple[str, set[str]]]:
    """Name of each address -> (pattern, methods of an operation of the interface for programs; empty: a page)."""
    found: dict[str, tuple[str, set[str]]] = {}

    def walk(resolver: Any, before: str, space: str) -> None:
        for one in resolver.url_patterns:
            pattern = before + str(one.pattern)
            if hasattr(one, "url_patterns"):
                walk(one, pattern, one.namespace or space)
                continue
            methods: set[str] = set()
            view = one.callback
            # An operation's view answers for all methods of its path.
            owner = getattr(view, "__self__", None) or _closed_over(view)
            if owner is not None:
                methods = {method for operation in owner.operations for method in operation.methods}
            name = f"{space}:{pattern.removeprefix('api/v1/')}" if space else one.name
            assert name, f"the address {pattern} has no name"
            found[name] = (pattern, methods)

    walk(get_resolver(), "", "")
    return found


def _closed_over(view: Any) -> Any:
    from ninja.operation import PathView

    cells = [cell.cell_contents for cell in getattr(view, "__closure__", None) or ()]
    return next((one for one in cells if isinstance(one, PathView)), None)


@pytest.fixture
def world(request: pytest.FixtureRequest, person: Any, territories: Any) -> SimpleNamespace:
    """The example city with a grant and a vote, people of every role, and an example for every address."""
    from tests.platform.kernel.test_attachments import picture

    from shaar.platform.accounts.services import grant_role
    from shaar.platform.appraise.services.alternative import save_alternative
    from shaar.platform.appraise.services.run import start_run
    from shaar.platform.appraise.services.study import make_study
    from shaar.platform.decide.models import Session
    from shaar.platform.kernel import attachments
    from shaar.platform.kernel.models import Counter
    from shaar.platform.propose.services import answer, draft, moderation, opinion
    from shaar.platform.propose.services.comment import comment, flag
    from shaar.platform.propose.services.measure import propose

    city = build_city(person, territories)
    Counter.objects.filter(series__startswith="P").update(last=500)  # above the numbers that fixtures choose
    box = request.getfixturevalue("make_box")()
    running = request.getfixturevalue("approved")()
    fresh = request.getfixturevalue("application")()
    admin, mayor = person("А", admin=None), person("М", mayor=None)
    people = {
        "anonymous": None, "newcomer": person("Н", level=0), "resident": person("Р", level=1, home="ak-ordo"),
        "stranger_officer": person("Ч", officer="south"),
        **{kind: person(kind.title(), home="ak-ordo", **{kind: None}) for kind in RoleKind.values},
    }  # fmt: skip
    photo = attachments.attach(
        city.proposal, SimpleUploadedFile("photo.jpg", picture(), "image/jpeg"), acting=city.author, public=True
    )
    said = comment(acting=city.friend, measure=city.proposal, text="Лишние слова здесь.", stance="neutral")
    flag(acting=city.leader, measure=city.proposal, about=said)
    act = moderation.hide(acting=city.officer, reason="insult", comment=said)
    other = propose(
        acting=city.author, process=city.process, kind="park", title="Сквер у школы", territory=territories["ak-ordo"],
        text="Посадить деревья на пустыре у школы.",
    )  # fmt: skip
    said_no = answer.answer(
        acting=city.officer, measure=other, outcome="refused", reason="money", office=city.office,
        text="В этом году денег на остановку нет.", deadline=None, seen_answers=0, seen_version=1,
    )  # fmt: skip
    appealed = answer.appeal(acting=city.author, decision=said_no, text="Деньги нашлись у соседей, прошу ещё раз.")
    waiting = grant_role(
        city.author,
        "expert",
        acting=admin,
        reason="проба",
        until=timezone.localdate(),
    )
    unapproved = grant_role(city.friend, "auditor", acting=mayor, reason="проба", until=timezone.localdate())
    draft.save_draft(acting=city.author, draft=None, data={"kind": "park"})
    sitting = Session.objects.get()
    new = opinion.say(acting=city.friend, conversation=city.question, text="Больше деревьев у дорог.")
    studied = make_study(acting=people["officer"], title="Автобус до Ак-Ордо")
    asked = [{"type": "population_total", "value": 1_700_000, "date": "2026-02-01", "source": "test"}]
    drawn = save_alternative(acting=people["officer"], study=studied, changes=asked, name="Новый маршрут")
    computed = start_run(acting=people["officer"], alternative=drawn)
    seen, shown = publish_study(people["officer"], city.author)
    option, objection = shown.alternative, seen.contests.get()
    kwargs = {
        "desk_person": {"number": city.author.pk}, "desk_person_reset": {"number": city.author.pk},
        "desk_role_approve": {"number": unapproved.pk}, "desk_role_end": {"number": waiting.pk},
        "desk_appeal": {"number": appealed.pk}, "moderation_act": {"number": act.pk},
        "proposal_drop_photo": {"number": photo.pk}, "file": {"number": photo.pk, "size": "320"},
        "openid_connect_login": {"provider_id": "state"}, "openid_connect_callback": {"provider_id": "state"},
        "desk_run": {"number": shown.pk}, "desk_run_repeat": {"number": shown.pk},
        "desk_run_cancel": {"number": computed.pk}, "desk_contest": {"number": objection.pk},
        "study_toml": {"number": 1}, "api:runs/<number>": {"number": computed.pk},
        "api:runs/<number>/effects": {"number": shown.pk},
        "api:runs/<number>/repeat": {"number": shown.pk},
        "workbench_layer": {"name": "lines"}, "workbench_proposal": {"job": "x"},
        "workbench_run": {"number": computed.pk}, "map_tile": {"stamp": "x", "zoom": 12, "column": 1, "row": 1},
        "map_glyphs": {"stack": "Noto Sans Regular", "span": "0-255"}, "place": {"code": "ak-ordo"},
        "about_page": {"subject": "privacy"}, "proposal_step": {"step": "kind"},
        "mfa_remove_webauthn": {"pk": 1}, "mfa_edit_webauthn": {"pk": 1}, "application_edit": {"ref": fresh.ref},
        "application_withdraw": {"ref": fresh.ref}, "ballot_file": {"slug": box.slug, "name": "x.pb"},
        "desk_phase": {"slug": "ideas", "number": city.process.phases.get().pk}, "desk_score": {"ref": running.ref},
        "desk_session_new": {"slug": running.call.slug}, "desk_session": {"ref": sitting.ref},
        "desk_session_sign": {"ref": sitting.ref}, "desk_decide": {"ref": sitting.ref, "application": running.ref},
        "desk_sheets": {"slug": box.slug}, "api:opinions/<slug>": {"slug": city.question.slug},
    }  # fmt: skip
    by_folder = {
        "workbench/": {"ref": studied.ref, "number": drawn.pk},
        "studies": {"ref": seen.ref, "number": option.pk},
        "proposals/": {"ref": city.proposal.ref}, "meetings/": {"ref": city.meeting.ref},
        "plans/": {"ref": city.plan.ref}, "risks/": {"ref": city.hazard.ref}, "hazards": {"ref": city.hazard.ref},
        "opinions/": {"slug": city.question.slug}, "places/": {"code": "ak-ordo"},
        "grants/": {"slug": running.call.slug}, "calls/": {"slug": running.call.slug},
        "applications/": {"ref": running.ref}, "ballots/": {"slug": box.slug}, "processes/": {"slug": "ideas"},
    }  # fmt: skip
    posts = {
        "desk_risk": {"part": "step", "step": "resolved", "words": "Русло расчищено и укреплено."},
        "desk_moderate": {"reason": "insult", "words": "", "do": "hide"},
        "desk_opinions": {"opinion": str(new.pk), "show": "yes"},
        "desk_role_end": {"reason": "проба окончена"}, "desk_person_reset": {"reason": "телефон потерян"},
        "opinion": {"number": "1", "value": "1"}, "proposal_comment": {"text": "И я так думаю.", "stance": "pro"},
        "ballot_vote": {"choice": ["1"]}, "desk_take": {}, "proposal_withdraw": {"sure": "yes"},
        "risk_new": {
            "kind": "waste", "title": "Свалка у канала", "text": "Мусор лежит у воды второй год.",
            "place_territory": "ak-ordo", "place_address": "", "place_geometry": "", "place_window": "",
        },
        "me_vouch": {"number": str(city.author.pk), "territory": "ak-ordo"},
        "desk_appeal": {"outcome": "overturn", "words": "Деньги есть, решаем иначе."},
        "api:proposals": {
            "process": "ideas", "kind": "park", "title": "Сквер у канала", "territory": "urker",
            "text": "Вдоль канала нет ни дерева, ни скамейки.", "key": "0f0c4f5e-1111-4222-8333-444455556666",
        },
        "api:studies": {"title": "Ещё вопрос", "key": "0f0c4f5e-1111-4222-8333-444455556671"},
        "api:studies/<ref>/alternatives": {"name": "Другой", "changes": asked},
        "api:studies/<ref>/alternatives/<number>": {"name": "Иначе", "changes": asked, "expected_version": 1},
        "api:studies/<ref>/runs": {"alternative": str(option.pk)},
        "api:studies/<ref>/contests": {
            "text": "Там нет ни одной машины, переход не нужен.", "key": "0f0c4f5e-1111-4222-8333-444455556672",
        },
        "study_contest": {"text": "Там нет ни одной машины, переход не нужен."},
        "desk_study": {"title": "Переход у школы 5", "about": ""}, "desk_studies": {"title": "Ещё вопрос", "about": ""},
        "desk_alternative_new": {"name": "Другой"},
        "desk_alternative": {"name": "Иначе", "expected_version": "1"},
        "desk_study_publish": {"seen": str(shown.pk)},
        "desk_contest": {"answer": "Счётчик насчитал триста машин в час."},
        "desk_change": {"change": json.dumps(asked[0]), "save": "yes", "expected_version": "1"},
        "desk_proposal_change": {"change": json.dumps(asked[0]), "save": "yes", "seen": "null"},
        "api:proposals/<ref>/comments": {
            "text": "Согласен с этим.", "key": "0f0c4f5e-1111-4222-8333-444455556667",
        },
    }  # fmt: skip
    kwargs["api:ballots/<slug>/files/<name>"] = {"slug": box.slug, "name": "x.pb"}
    words = {"text": "Посадим деревья и поставим скамейки.", "asked": "100", "own": []}
    posts |= {
        "api:calls/<slug>/applications": {
            **words, "proposal": city.proposal.ref, "territory": "north", "own": [{"kind": "cash", "amount": "900"}],
            "key": "0f0c4f5e-1111-4222-8333-444455556668",
        },
        "api:applications/<ref>": {**words, "version": 1},
        "api:applications/<ref>/reports": {
            "text": words["text"], "spent": "1", "key": "0f0c4f5e-1111-4222-8333-444455556669",
        },
        "api:ballots/<slug>/vote": {"choices": {"1": 1}, "key": "0f0c4f5e-1111-4222-8333-444455556670"},
    }  # fmt: skip
    queries = {"desk_moderate": f"?ref={city.proposal.ref}", "api:places/at": "?lon=71&lat=51"}
    return SimpleNamespace(
        people=people, kwargs=kwargs, by_folder=by_folder, posts=posts, queries=queries, city=city, box=box
    )


def _address(world: SimpleNamespace, name: str, pattern: str) -> str:
    bare = pattern.removeprefix("desk/").removeprefix("api/v1/")
    found = next((given for folder, given in world.by_folder.items() if bare.startswith(folder)), {})
    given = {**found, **world.kwargs.get(name, {})}

    def value(match: re.Match[str]) -> str:
        key = match.group(1).split(":")[-1]
        assert key in given, f"give an example of {key} for {name} ({pattern})"
        return str(given[key])

    return "/" + re.sub(r"<([^>]+)>", value, pattern) + world.queries.get(name, "")


class _Writes:
    """Notes which tables a request wrote to, whether or not it took it back."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            self.seen.append(sql)
        return execute(sql, params, many, context)


def _rows() -> dict[str, str]:
    """A fingerprint of every table but the passing ones, the chain of events among them."""
    found = {}
    for model in apps.get_models():
        if model._meta.label in _PASSING or model._meta.proxy or not model._meta.managed:
            continue
        rows = sorted(repr(row) for row in model._base_manager.values_list())
        found[model._meta.label] = f"{len(rows)}:{hashlib.sha256(''.join(rows).encode()).hexdigest()}"
    return found


def _outcome(answer: Any) -> str:
    if answer.status_code == 302 and answer["Location"].startswith("/account/"):
        return "no" if "login" in answer["Location"] or "2fa" in answer["Location"] else "yes"
    return "no" if answer.status_code in {401, 403, 404, 405} else "yes"


def _who(text: str) -> tuple[str, ...]:
    return tuple(one for word in text.split() for one in GROUPS.get(word, (word,)))


def _said(roles: list[str]) -> str:
    """The shortest name for a set of roles; for the listing of a new address."""
    for name, group in GROUPS.items():
        if set(group) == set(roles):
            return name
    return " ".join(roles)


def test_every_address_opens_to_whom_the_table_says(world, sign_in):
    table = {name: row for part in tomllib.loads(TABLE.read_text("utf-8")).values() for name, row in part.items()}
    known = routes()
    assert set(table) <= set(known), f"gone: {sorted(set(table) - set(known))}"
    clients = {role: sign_in(who) if who else Client() for role, who in world.people.items()}
    for client in clients.values():
        client.raise_request_exception = False
    before, faults, listing = _rows(), [], []
    only = os.environ.get("SHAAR_WALK", "")
    for name, (pattern, methods) in known.items():
        if only and not re.search(only, name):
            continue
        try:
            address, seen = _address(world, name, pattern), {}
        except AssertionError as lacking:
            listing.append(str(lacking).splitlines()[0])
            continue
        verbs = (
            ("get", "post", *(m.lower() for m in methods & {"DELETE", "PUT", "PATCH"})) if methods else ("get", "post")
        )
        for verb in verbs:
            yes = []
            for role, client in clients.items():
                row = table.get(name)
                if row is not None and verb == "post" and verb not in row and role not in _FEW:
                    continue
                expected = _expected(table.get(name), verb)
                # Looking at every row is slow: it is done for those who may not, and where anything was written at all.
                writers = _expected(row, "writes") if row is not None and "writes" in row else expected
                strict = row is not None and verb != "get" and (writers is None or role not in writers)
                given = world.posts.get(name, {})
                answer, changed = _ask(client, verb, address, given, bool(methods), before if strict else None)
                if answer.status_code >= 500 and answer.status_code != 503:
                    faults.append(f"{name} {verb} {role}: {answer.status_code}")
                taken = _outcome(answer) == "yes"
                if taken:
                    yes.append(role)
                if expected is not None and taken != (role in expected):
                    faults.append(f"{name} {verb} {role}: {answer.status_code}, the table says otherwise")
                if changed:
                    faults.append(f"{name} {verb} {role}: {answer.status_code}, yet {changed} changed")
            seen[verb] = yes
        if name not in table:
            row = ", ".join(f'{verb} = "{_said(roles)}"' for verb, roles in seen.items())
            listing.append(f'"{name}" = {{ {row} }}')
    assert not listing, (
        "say in access.toml who may open these (found now):\n" + "\n".join(listing) + "\n" + "\n".join(faults)
    )
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults)
    assert _rows() == before


def _expected(row: dict[str, str] | None, verb: str) -> tuple[str, ...] | None:
    """Who may; None: not said (a page that does not write answers POST as GET, and changes nothing).

    ``writes`` stands where a page answers more people than those whose POST changes anything.
    """
    return _who(row[verb]) if row is not None and verb in row else None


def _ask(
    client: Client, verb: str, address: str, given: dict[str, Any], program: bool, before: dict[str, str] | None
) -> tuple[Any, list[str]]:
    """Send one request, see which tables it changed (where rows ``before`` are given), and undo it."""
    cache.clear()
    writes, cookies = _Writes(), SimpleCookie(client.cookies.output(header="", sep=";"))
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(transaction.atomic(using=alias))
            stack.enter_context(connections[alias].execute_wrapper(writes))
        if verb == "get":
            answer = client.get(address)
        elif program:
            answer = getattr(client, verb)(address, given, content_type="application/json")
        else:
            answer = client.post(address, given)
        changed = []
        if writes.seen and before is not None:
            now = _rows()
            changed = [label for label in now if now[label] != before[label]]
        for alias in connections:
            transaction.set_rollback(True, using=alias)
    client.cookies = cookies  # a sign-out is undone, too
    return answer, changed
