"""Files of objects: taken by content, kept privately under random names, shown to those who may see the object.

`prepare` does the slow part (reading, re-encoding) outside any transaction; `attach` writes. A room registers who
may see the files of its objects: ``attachments.register("propose.measure", may_see)``.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from . import events, limits
from .errors import Forbidden, Invalid, Missing
from .images import LARGEST, SIZES, Encoded, reencode
from .models import Attachment
from .seeing import kind_of, may_see, register, thing_of
from .sniffing import DOCUMENTS, PHOTOS, sniff

__all__ = [
    "MAX_FILES", "SIZES", "Prepared", "attach", "attach_all", "files_of", "find", "open_file", "photos_of", "prepare",
    "prepare_all", "register", "remove",
]  # fmt: skip

#: Files that one object may carry.
MAX_FILES = 12
PHOTO, DOCUMENT = "photo", "document"
_BAD_IN_NAMES = re.compile(r"[^\w .,()№-]+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was read and found good, not yet kept. ``sizes`` for photos, ``content`` for documents."""

    kind: str
    mime: str
    name: str
    sizes: dict[str, Encoded]
    content: File | None
    size: int
    sha256: str


def prepare(upload: Any) -> Prepared:
    """Read an uploaded file (a Django ``UploadedFile`` or any ``File``) and re-encode it if it is a photo.

    Raises
    ------
    Invalid
        Too large, of a kind that is not taken, or damaged; the field is ``file``.
    """
    megabyte = 1024 * 1024
    size, limit = int(upload.size or 0), int(settings.OPTIONS["UPLOAD_MB"])
    if size > limit * megabyte:
        raise Invalid(
            "file.large",
            _("This file has %(size)d MB; the largest that can be taken has %(limit)d MB. Please send a smaller one.")
            % {"size": -(-size // megabyte), "limit": limit},
            field="file",
        )
    if size == 0:
        raise Invalid("file.empty", _("This file is empty. Please choose it again."), field="file")
    file: IO[bytes] = upload.file if isinstance(upload, File) and upload.file is not None else upload
    mime = sniff(file)
    if mime in PHOTOS:
        sizes = reencode(file, mime)
        best = sizes[LARGEST]
        return Prepared(
            PHOTO, best.mime, _name(upload, best.ending), sizes, None, len(best.content),
            hashlib.sha256(best.content).hexdigest(),
        )  # fmt: skip
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(megabyte):
        digest.update(block)
    file.seek(0)
    return Prepared(DOCUMENT, mime, _name(upload, DOCUMENTS[mime]), {}, File(file), size, digest.hexdigest())


def _name(upload: Any, ending: str) -> str:
    """The name for downloads: what the person called it, without paths and odd signs, with the true ending."""
    stem = PurePath(str(upload.name or "").replace("\\", "/")).stem
    stem = _BAD_IN_NAMES.sub(" ", stem).strip(" .")[:100] or "file"
    return f"{stem}.{ending}"


def attach(thing: models.Model, upload: Any, *, acting: Any, caption: str = "", public: bool = False) -> Attachment:
    """Keep a file with an object. The room's service has checked that ``acting`` may change the object.

    Parameters
    ----------
    thing
        The object, with a UUID.
    upload
        An uploaded file, or what `prepare` made of it; do that first when you are inside a transaction.
    caption
        What it shows, in words.
    public
        Whether the story of the object says that a file was added.

    Raises
    ------
    Invalid, TooMany, Forbidden
        See `prepare`; more than `MAX_FILES`; too many in an hour; not hers to change.
    """
    kind = kind_of(events.type_of(thing))
    if kind and kind.may_change and not kind.may_change(acting, thing):
        raise Forbidden("file.not_yours", _("You may not add files here."))
    if acting is not None:
        limits.count("upload", str(acting.pk))
    ready = upload if isinstance(upload, Prepared) else prepare(upload)
    with _kept(ready) as base, transaction.atomic():
        if files_of(thing, every=True).count() >= MAX_FILES:
            raise Invalid(
                "file.many", _("There are already %(n)d files here; no more fit.") % {"n": MAX_FILES}, field="file"
            )
        best = ready.sizes.get(LARGEST)
        one = Attachment(
            object_type=events.type_of(thing), object_id=thing.pk, by=acting, kind=ready.kind, mime=ready.mime,
            name=ready.name, caption=caption[:200], file=base, size=ready.size, sha256=ready.sha256,
            width=best.width if best else None, height=best.height if best else None,
        )  # fmt: skip
        one.full_clean(exclude=["by"] if acting is None else [])
        one.save(force_insert=True)
        events.record(
            "attachment.added", thing, acting=acting, public=public, attachment=one.pk, kind=ready.kind,
            sha256=ready.sha256,
        )  # fmt: skip
    return one


def prepare_all(uploads: Iterable[Any], *, field: str = "photos", thing: models.Model | None = None) -> list[Prepared]:
    """Read several uploaded files, all or none; what is wrong with one names that one.

    Parameters
    ----------
    field
        The field of the form that the refusal speaks of.
    thing
        The object that they are for, if there is one; a file that it has already (the form was sent twice) is left out.

    Raises
    ------
    Invalid
        More than fit, or one that `prepare` does not take.
    """
    given = list(uploads)
    known = set(files_of(thing, every=True).values_list("sha256", flat=True)) if thing is not None else set()
    if len(given) > MAX_FILES:
        raise _too_many(len(given), 0, field)
    ready: dict[str, Prepared] = {}
    for upload in given:
        try:
            one = prepare(upload)
        except Invalid as wrong:
            name = PurePath(str(upload.name or "").replace("\\", "/")).name[:60]
            words = wrong.message if len(given) == 1 else f"{name}: {wrong.message}"
            raise Invalid(wrong.code, words, field=field) from wrong
        if one.sha256 not in known:
            ready[one.sha256] = one
    if len(known) + len(ready) > MAX_FILES:
        raise _too_many(len(ready), len(known), field)
    return list(ready.values())


def _too_many(chosen: int, there: int, field: str) -> Invalid:
    return Invalid(
        "file.many",
        _("At most %(most)d files fit here; there are %(there)d, and you chose %(n)d more.")
        % {"most": MAX_FILES, "there": there, "n": chosen},
        field=field,
    )


def attach_all(thing: models.Model, ready: Iterable[Prepared], *, acting: Any, public: bool = False) -> None:
    """Keep several files with an object; one that is there already (the form was sent twice) is not kept again."""
    known = set(files_of(thing, every=True).values_list("sha256", flat=True))
    for one in ready:
        if one.sha256 not in known:
            attach(thing, one, acting=acting, public=public)
            known.add(one.sha256)


def _path(base: str, size: str, ending: str) -> str:
    return f"{base}-{size}.{ending}" if size else f"{base}.{ending}"


@contextmanager
def _kept(ready: Prepared) -> Iterator[str]:
    """Write the file under a random name; take it away again if what follows fails."""
    word = secrets.token_hex(16)
    base = f"{word[:2]}/{word}"
    written: list[str] = []
    try:
        for size, encoded in ready.sizes.items():
            written.append(default_storage.save(_path(base, size, encoded.ending), ContentFile(encoded.content)))
        if ready.content is not None:
            ready.content.seek(0)
            written.append(default_storage.save(_path(base, "", DOCUMENTS[ready.mime]), ready.content))
        yield base
    except BaseException:
        for path in written:
            default_storage.delete(path)
        raise


def files_of(thing: models.Model, *, every: bool = False) -> QuerySet[Attachment]:
    """Documents of an object, oldest first; ``every``: its photos too."""
    files = Attachment.objects.filter(
        object_type=events.type_of(thing), object_id=thing.pk, removed_at__isnull=True
    ).order_by("at")
    return files if every else files.filter(kind=DOCUMENT)


def photos_of(thing: models.Model) -> QuerySet[Attachment]:
    """Photos of an object, oldest first."""
    return files_of(thing, every=True).filter(kind=PHOTO)


def find(number: UUID, *, viewer: Any) -> Attachment:
    """The attachment, if this viewer may see the object it belongs to.

    Raises
    ------
    Missing
        If there is none, or none that she may know of.
    """
    one = Attachment.objects.filter(pk=number, removed_at__isnull=True).first()
    if one is None or not may_see(viewer, one.object_type, one.object_id):
        raise Missing("file.missing", _("There is no such file, or it is not open to you."))
    return one


def open_file(one: Attachment, size: str) -> tuple[IO[bytes], str]:
    """The content of an attachment in a size (``320``, ``960``, ``1600``; documents: ``file``) and its media type."""
    if one.kind == PHOTO:
        if size not in SIZES:
            raise Missing("file.size", _("There is no such size."))
        ending, mime = ("jpg", "image/jpeg") if size == LARGEST else ("webp", "image/webp")
        return default_storage.open(_path(one.file, size, ending)), mime
    if size != "file":
        raise Missing("file.size", _("There is no such size."))
    return default_storage.open(_path(one.file, "", DOCUMENTS[one.mime])), one.mime


def remove(one: Attachment, *, acting: Any, reason: str = "") -> None:
    """Take a file away for good; the row stays and says when.

    Open to who added it and to those who may change the object.

    Raises
    ------
    Forbidden
        Not hers to remove.
    """
    thing, kind = thing_of(one.object_type, one.object_id), kind_of(one.object_type)
    hers = acting is not None and one.by_id == acting.pk
    if not hers and not (thing is not None and kind and kind.may_change and kind.may_change(acting, thing)):
        raise Forbidden("file.not_yours", _("You may not remove this file."))
    with transaction.atomic():
        one = Attachment.objects.select_for_update().get(pk=one.pk)
        if one.removed_at is not None:
            return
        one.removed_at = timezone.now()
        one.save(update_fields=["removed_at"])
        if thing is not None:
            events.record("attachment.removed", thing, acting=acting, attachment=one.pk, reason=reason[:200])
        transaction.on_commit(lambda: discard(one))


def discard(one: Attachment) -> None:
    """Delete the stored content of an attachment."""
    paths = (
        [_path(one.file, size, "jpg" if size == LARGEST else "webp") for size in SIZES]
        if one.kind == PHOTO
        else [_path(one.file, "", DOCUMENTS[one.mime])]
    )
    for path in paths:
        default_storage.delete(path)
