from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel import attachments, seeing
from shaar.platform.kernel.errors import Forbidden, Invalid, Missing, TooMany
from shaar.platform.kernel.models import Attachment, Event

KIND = "accounts.organisation"


@pytest.fixture
def thing() -> Organisation:
    return Organisation.objects.create(kind="ngo", names={"ru": "Наш двор"})


@pytest.fixture(autouse=True)
def _seen():
    """Organisations are seen by everybody called Айгуль, and by nobody else."""
    seeing.register(KIND, lambda viewer, thing: getattr(viewer, "name", "") == "Айгуль")
    yield
    seeing._KINDS.pop(KIND, None)


def picture(size=(640, 480), form="JPEG", exif=None, mode="RGB", colour="green") -> bytes:
    held = io.BytesIO()
    more = {"exif": exif} if exif else {}
    Image.new(mode, size, colour).save(held, form, **more)
    return held.getvalue()


def upload(content: bytes, name="photo.jpg", mime="image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, mime)


def packed(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return held.getvalue()


DOCX = packed(**{"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<w/>"})
XLSX = packed(**{"[Content_Types].xml": b"<Types/>", "xl__workbook.xml": b"<w/>"})
ODT = packed(mimetype=b"application/vnd.oasis.opendocument.text", **{"content.xml": b"<o/>"})


def stored() -> list[str]:
    root = Path(default_storage.path(""))
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())


def test_a_photo_is_kept_in_three_sizes_without_exif_and_upright(thing, person):
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Phone of Aigul"
    exif.get_ifd(0x8825)[2] = (42.0, 52.0, 30.0)  # where it was taken
    one = attachments.attach(thing, upload(picture((2000, 1000), exif=exif)), acting=person(), caption="Двор")
    assert (one.kind, one.mime, one.width, one.height) == ("photo", "image/jpeg", 800, 1600)
    sizes = {}
    for size in ("320", "960", "1600"):
        content, mime = attachments.open_file(one, size)
        raw = content.read()
        content.close()
        assert b"Phone of Aigul" not in raw
        image = Image.open(io.BytesIO(raw))
        sizes[size] = (image.size, mime)
        assert len(image.getexif()) == 0
    assert sizes == {
        "320": ((160, 320), "image/webp"), "960": ((480, 960), "image/webp"), "1600": ((800, 1600), "image/jpeg"),
    }  # fmt: skip
    assert attachments.photos_of(thing).get() == one
    assert attachments.files_of(thing).count() == 0
    event = Event.objects.get()
    assert (event.verb, event.public, event.data["kind"]) == ("attachment.added", False, "photo")


@pytest.mark.parametrize(
    ("content", "name", "mime"),
    [
        (picture(form="PNG", mode="RGBA", colour=(0, 255, 0, 90)), "x.jpg", "image/jpeg"),
        (picture(form="WEBP"), "x.exe", "image/jpeg"), (picture(form="PNG", mode="P", colour=3), "x", "image/jpeg"),
        (picture(mode="L", colour=9), "x.pdf", "image/jpeg"),
        (picture(mode="CMYK", colour=(1, 2, 3, 4)), "x", "image/jpeg"),
        (b"%PDF-1.7\n...", "смета.txt", "application/pdf"),
        (DOCX, "a.zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (XLSX, "a.docx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (ODT, "a.odt", "application/vnd.oasis.opendocument.text"),
    ],
)  # fmt: skip
def test_files_are_taken_for_what_they_are_not_for_what_they_are_called(thing, content, name, mime):
    one = attachments.attach(thing, upload(content, name, "text/html"), acting=None)
    assert one.mime == mime
    assert one.name.rsplit(".", 1)[1] in {"jpg", "pdf", "docx", "xlsx", "odt"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"), (b"<html><script>alert(1)</script>", "file.kind"), (b"MZ\x90\x00program", "file.kind"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "file.kind"), (b"GIF89a" + b"\0" * 50, "file.kind"),
        (packed(**{"evil.html": b"x"}), "file.kind"), (b"PK\x03\x04 broken", "file.kind"),
        (packed(**{"[Content_Types].xml": b"", "word__document.xml": b"", "word__vbaProject.bin": b""}), "file.macro"),
        (b"\xff\xd8\xff\xe0 no picture after all", "photo.damaged"), (picture()[:300], "photo.damaged"),
        (b"\x00\x00\x00\x18ftypheic" + b"\0" * 40, "photo.heic"),
    ],
)  # fmt: skip
def test_what_is_not_taken_leaves_nothing_behind(thing, person, content, code):
    before = stored()
    with pytest.raises(Invalid) as refusal:
        attachments.attach(thing, upload(content), acting=person())
    assert (refusal.value.code, refusal.value.field) == (code, "file")
    assert Attachment.objects.count() == 0
    assert Event.objects.count() == 0
    assert stored() == before


def test_a_photo_of_thirty_megabytes_gets_one_clear_sentence(thing, settings):
    from django.utils.translation import override

    class Big(SimpleUploadedFile):
        @property
        def size(self):
            return 30 * 1024 * 1024

        @size.setter
        def size(self, value): ...

    with override("en"), pytest.raises(Invalid) as refusal:
        attachments.attach(thing, Big("big.jpg", picture()), acting=None)
    assert refusal.value.message == (
        "This file has 30 MB; the largest that can be taken has 20 MB. Please send a smaller one."
    )


def test_an_image_bomb_is_stopped_before_it_is_opened(thing):
    import struct
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    for content in (bomb, picture((8000, 7000), form="PNG", mode="1", colour=1)):
        with pytest.raises(Invalid) as refusal:
            attachments.attach(thing, upload(content), acting=None)
        assert refusal.value.code == "photo.pixels"


def test_a_zip_that_unfolds_without_end_is_stopped(thing):
    content = packed(**{"[Content_Types].xml": b"", "word__document.xml": b"\0" * 1_000_000})
    from shaar.platform.kernel import sniffing

    limit, sniffing._UNPACKED = sniffing._UNPACKED, 500_000
    try:
        with pytest.raises(Invalid) as refusal:
            attachments.attach(thing, upload(content), acting=None)
    finally:
        sniffing._UNPACKED = limit
    assert refusal.value.code == "file.kind"


def test_there_is_a_largest_number(thing, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_FILES", 2)
    for _ in range(2):
        attachments.attach(thing, upload(picture()), acting=None)
    before = stored()
    with pytest.raises(Invalid) as refusal:
        attachments.attach(thing, upload(picture()), acting=None)
    assert refusal.value.code == "file.many"
    assert stored() == before


def test_uploads_are_counted(thing, person, monkeypatch):
    from shaar.platform.kernel import limits

    monkeypatch.setitem(limits.RATES, "upload", (1, 3600))
    who = person()
    attachments.attach(thing, upload(picture()), acting=who)
    with pytest.raises(TooMany):
        attachments.attach(thing, upload(picture()), acting=who)
    assert Attachment.objects.count() == 1


def test_names_are_cleaned(thing):
    one = attachments.attach(thing, upload(b"%PDF-1.4", "C:\\x\\../../Смета <b>№ 5</b>.exe"), acting=None)
    assert one.name.endswith(".pdf")
    assert not set(one.name) & set('/\\<>"')
    assert "Смета" not in one.file
    assert len(Path(one.file).name) == 32


def test_only_who_may_see_the_object_gets_its_files(thing, person):
    one = attachments.attach(thing, upload(picture()), acting=None)
    paper = attachments.attach(thing, upload(b"%PDF-1.4", "смета.pdf"), acting=None)
    friend, stranger = Client(), Client()
    friend.force_login(person("Айгуль"), backend="django.contrib.auth.backends.ModelBackend")
    stranger.force_login(person("Other"), backend="django.contrib.auth.backends.ModelBackend")
    for size in ("320", "960", "1600"):
        answer = friend.get(f"/files/{one.pk}/{size}/")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "attachment" not in answer.get("Content-Disposition", "")
        assert b"".join(answer.streaming_content)
    download = friend.get(f"/files/{paper.pk}/file/")
    assert download["Content-Disposition"].startswith("attachment;")
    assert download["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b"".join(download.streaming_content) == b"%PDF-1.4"
    for client in (stranger, Client()):
        for path in (f"/files/{one.pk}/320/", f"/files/{paper.pk}/file/"):
            assert client.get(path).status_code == 404
    for path in (f"/files/{one.pk}/file/", f"/files/{one.pk}/77/", f"/files/{paper.pk}/320/"):
        assert friend.get(path).status_code == 404


def test_a_file_of_a_kind_that_nobody_registered_is_closed(thing):
    one = attachments.attach(thing, upload(picture()), acting=None)
    seeing._KINDS.pop(KIND)
    with pytest.raises(Missing):
        attachments.find(one.pk, viewer=AnonymousUser())


def test_public_files_may_be_kept_for_an_hour_and_asked_for_again_by_tag(thing):
    seeing.register(KIND, lambda viewer, thing: True)
    one = attachments.attach(thing, upload(picture()), acting=None)
    client = Client()
    first = client.get(f"/files/{one.pk}/320/")
    assert first["Cache-Control"] == "public, max-age=3600"
    assert b"".join(first.streaming_content)
    again = client.get(f"/files/{one.pk}/320/", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304


def test_removing_takes_the_content_away_for_good(thing, person, django_capture_on_commit_callbacks):
    who, other = person(), person("Other")
    before = stored()
    one = attachments.attach(thing, upload(picture()), acting=who)
    with pytest.raises(Forbidden):
        attachments.remove(one, acting=other)
    assert len(stored()) == len(before) + 3
    with django_capture_on_commit_callbacks(execute=True):
        attachments.remove(one, acting=who, reason="a face")
    assert stored() == before
    assert attachments.photos_of(thing).count() == 0
    with pytest.raises(Missing):
        attachments.find(one.pk, viewer=who)
    assert [e.verb for e in Event.objects.order_by("seq")] == ["attachment.added", "attachment.removed"]


def test_a_room_may_say_who_adds_files(thing, person):
    seeing.register(KIND, lambda v, t: True, may_change=lambda who, t: who.name == "Айгуль")
    with pytest.raises(Forbidden):
        attachments.attach(thing, upload(picture()), acting=person("Other"))
    assert Attachment.objects.count() == 0
    attachments.attach(thing, upload(picture()), acting=person("Айгуль"))
