"""Keep the message catalogues: collect what people read, keep the translations, compile, and say what is missing.

    python scripts/messages.py                  update .po of every room and language, then compile .mo
    python scripts/messages.py accounts         of one room only
    python scripts/messages.py --check          change nothing; list what is missing or stale; exit 1 if anything is
    python scripts/messages.py --todo accounts  print the untranslated sentences of a room

English is the language of the msgids, so it has no catalogue. A template belongs to the room whose subject it shows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PLATFORM = Path(__file__).resolve().parent.parent / "src" / "shaar" / "platform"
LOCALE = PLATFORM / "locale"
LANGUAGES = ("ru", "ky", "kk")
ROOMS = ("kernel", "places", "accounts", "propose", "appraise", "decide", "portal", "desk", "api")
#: First letters of a page's folder or file name, and the room whose subject it shows; others stay with their floor.
SUBJECTS = {
    "kernel": ("files", "events"),
    "places": ("place", "territor"),
    "accounts": ("account", "mfa", "socialaccount", "usersessions", "people", "person", "me"),
    "propose": (
        "propos", "measure", "process", "phase", "meeting", "plan", "opinion", "risk", "hazard", "comment", "moderat",
        "answer", "merge", "support", "conversation", "round_table", "intake",
    ),
    "appraise": ("stud", "change", "appraise", "workbench", "estimate", "run_facts"),
    "decide": ("grant", "applic", "ballot", "call", "programme", "commission", "agreement", "score", "scoring", "box"),
}  # fmt: skip
_KEYWORDS = {
    "_": None, "_lazy": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
_PLACES = re.compile(r"%\((\w+)\)[a-z]|%[sd]|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something about one sentence in one catalogue."""

    room: str
    language: str
    what: str
    msgid: str

    def __str__(self) -> str:
        return f"{self.room}/{self.language}: {self.what}: {self.msgid!r}"


def room_of(file: Path) -> str | None:
    """The catalogue that a file's sentences belong to, by its path under the platform."""
    parts = file.relative_to(PLATFORM).parts
    floor = parts[0]
    if floor in {"migrations", "locale"} or "migrations" in parts:
        return None
    if floor not in {"portal", "desk"}:
        return floor if floor in ROOMS else "kernel"
    if len(parts) > 2 and parts[1] in {"views", "templates", "forms", "templatetags"}:
        names = [part for part in parts[2:] if part != "desk"]
        word = names[0].split(".")[0] if names else ""
        for room, beginnings in SUBJECTS.items():
            if any(word == b or (len(b) > 2 and word.startswith(b)) for b in beginnings):
                return room
    return floor


def sources(room: str) -> list[Path]:
    """Files whose sentences belong to a room's catalogue."""
    files = [*PLATFORM.rglob("*.py"), *PLATFORM.rglob("*.html"), *PLATFORM.rglob("*.txt")]
    return sorted(file for file in files if "__pycache__" not in file.parts and room_of(file) == room)


def collect(room: str) -> Catalog:
    """Every sentence of a room as it stands in the code, without translations."""
    from django.utils.translation.template import templatize

    found = Catalog(charset="utf-8")
    for file in sources(room):
        text = file.read_text(encoding="utf-8")
        if file.suffix != ".py":
            # Babel reads Python; what is no Python was blanked out, and indentation means nothing in a template.
            text = "\n".join(line.lstrip() for line in templatize(text, origin=str(file)).splitlines())
        where = file.relative_to(PLATFORM.parent.parent).as_posix()
        options = {"encoding": "utf-8"}
        for line, message, comments, context in extract(
            "python", io.BytesIO(text.encode()), _KEYWORDS, ("Translators:",), options
        ):
            words = message if isinstance(message, str) else message[0]
            if words:
                found.add(message, locations=[(where, line)], auto_comments=comments, context=context)
    return found


def path_of(room: str, language: str) -> Path:
    """The .po file of a room in a language."""
    return LOCALE / room / language / "LC_MESSAGES" / "django.po"


def load(room: str, language: str) -> Catalog:
    """The translations that are kept."""
    file = path_of(room, language)
    if not file.exists():
        return Catalog(locale=language, charset="utf-8")
    with file.open("rb") as stream:
        return read_po(stream, locale=language, charset="utf-8")


def save(catalog: Catalog, room: str, language: str) -> None:
    """Write .po (without dates, which would change every time) and .mo."""
    file = path_of(room, language)
    file.parent.mkdir(parents=True, exist_ok=True)
    held = io.BytesIO()
    write_po(held, catalog, width=110, sort_output=True, ignore_obsolete=True, omit_header=True, include_lineno=False)
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {catalog.plural_forms.rstrip(";")};\\n"\n\n'
    )
    text = (head + held.getvalue().decode()).rstrip("\n") + "\n"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
    compiled, machine = _compiled(load(room, language)), file.with_suffix(".mo")
    if not machine.exists() or machine.read_bytes() != compiled:
        machine.write_bytes(compiled)


def _compiled(catalog: Catalog) -> bytes:
    """The .mo of a catalogue; without the dates that Babel would put in, it depends on the sentences alone."""
    catalog.creation_date = catalog.revision_date = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    held = io.BytesIO()
    write_mo(held, catalog)
    return held.getvalue()


def update(room: str, language: str) -> Catalog:
    """Bring a catalogue up to date: new sentences in, gone ones out, translations kept.

    A new sentence that another room has translated already takes that translation.
    """
    catalog, found = load(room, language), collect(room)
    catalog.update(found, no_fuzzy_matching=True)
    for other in ROOMS:
        if other == room or not path_of(other, language).exists():
            continue
        known = load(other, language)
        for message in catalog:
            same = known.get(message.id, message.context) if message.id and not _said(message) else None
            if same is not None and _said(same) and isinstance(same.id, str) == isinstance(message.id, str):
                message.string = same.string
    save(catalog, room, language)
    return catalog


def _said(message: Message) -> bool:
    strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
    return bool(strings) and all(strings) and not message.fuzzy


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def troubles(room: str, language: str) -> list[Trouble]:
    """What is missing, stale, or has other places for facts than the msgid, and a .mo that is not of its .po."""
    wanted, kept = collect(room), load(room, language)
    found: list[Trouble] = []
    have = {_key(message): message for message in kept if message.id}
    need = {_key(message): message for message in wanted if message.id}
    for key, message in need.items():
        translated = have.get(key)
        if translated is None or not _said(translated):
            found.append(Trouble(room, language, "not translated", key[1]))
            continue
        ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
        places = {m.group(0) for one in ids for m in _PLACES.finditer(one)}
        strings = translated.string if isinstance(translated.string, list | tuple) else (translated.string,)
        for one in strings:
            said = {m.group(0) for m in _PLACES.finditer(one)}
            if said - places or (len(ids) == 1 and places - said):
                found.append(Trouble(room, language, "other places for facts than the msgid", key[1]))
                break
    found += [Trouble(room, language, "no longer used", key[1]) for key in have.keys() - need.keys()]
    file = path_of(room, language)
    if need:
        machine = file.with_suffix(".mo")
        if not machine.exists() or machine.read_bytes() != _compiled(kept):
            found.append(Trouble(room, language, "not compiled", file.with_suffix(".mo").name))
    return found


def main() -> int:
    """Run as a command."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("rooms", nargs="*", choices=[[], *ROOMS], help="rooms; none: all")
    reader.add_argument("--check", action="store_true", help="change nothing, say what is missing")
    reader.add_argument("--todo", action="store_true", help="print untranslated sentences")
    asked = reader.parse_args()
    rooms = asked.rooms or ROOMS
    if asked.check or asked.todo:
        found = [trouble for room in rooms for language in LANGUAGES for trouble in troubles(room, language)]
        for trouble in found:
            print(trouble)
        print(f"{len(found)} to do" if found else f"complete: {', '.join(rooms)} in {', '.join(LANGUAGES)} and en")
        return 1 if found and asked.check else 0
    for room in rooms:
        if not len(collect(room)):
            continue
        for language in LANGUAGES:
            catalog = update(room, language)
            open_ = sum(1 for message in catalog if message.id and not _said(message))
            print(f"{room}/{language}: {len(catalog)} sentences, {open_} not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
