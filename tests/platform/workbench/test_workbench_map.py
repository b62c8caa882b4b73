"""The vector map over HTTP: parts of the file, its style, the glyphs of its names."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from shaar.engine.prepare.tiles_mvt import varint
from shaar.platform.places import city_map

MAP = "/map/city.pmtiles"


@pytest.fixture
def made() -> bytes:
    """The map, made as the worker does."""
    path = city_map.make()
    assert path is not None and path == city_map.ready()
    return path.read_bytes()


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_map_is_made_on_asking_and_then_served_whole(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    path = city_map.file()
    assert path is not None
    path.unlink(missing_ok=True)
    with django_capture_on_commit_callbacks(execute=True) as asked:
        first = client.get(MAP)
        client.get(MAP)
    assert len(asked) == 1  # however many people wait
    assert (first.status_code, first.json()["code"], first["Retry-After"]) == (503, "map.making", "2")
    whole = client.get(MAP)  # in tests the worker has done its job at once
    assert (whole.status_code, whole["Accept-Ranges"], whole["Content-Encoding"]) == (200, "bytes", "identity")
    assert body(whole) == path.read_bytes()


@pytest.mark.parametrize(
    ("asked", "begin", "end"), [("bytes=0-16383", 0, 16384), ("bytes=100-", 100, None), ("bytes=-77", -77, None),
                                ("bytes=5-5", 5, 6), ("bytes=10-99999999999", 10, None)],
)  # fmt: skip
def test_a_part_arrives_as_it_lies_in_the_file(
    client: Client, made: bytes, asked: str, begin: int, end: int | None
) -> None:
    part = client.get(MAP, headers={"range": asked, "accept-encoding": "gzip, br"})
    assert (part.status_code, part.content) == (206, made[begin:end])
    first = begin % len(made) if begin < 0 else begin
    assert part["Content-Range"] == f"bytes {first}-{first + len(part.content) - 1}/{len(made)}"
    assert int(part["Content-Length"]) == len(part.content)


def test_a_part_beyond_the_end_is_refused_and_nonsense_gives_the_whole(client: Client, made: bytes) -> None:
    beyond = client.get(MAP, headers={"range": f"bytes={len(made)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(made)}")
    for nonsense in ("bytes=9-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6"):
        answer = client.get(MAP, headers={"range": nonsense})
        assert answer.status_code == 200 and len(body(answer)) == len(made)


def test_the_address_with_the_stamp_is_kept_for_good(client: Client, made: bytes) -> None:
    stamp = city_map.stamp()
    kept = client.get(f"{MAP}?v={stamp}", headers={"range": "bytes=0-9"})
    assert kept["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept["ETag"] == f'"{stamp}"'
    assert client.get(MAP, headers={"range": "bytes=0-9"})["Cache-Control"] == "public, no-cache"
    assert client.get(MAP, headers={"if-none-match": f'"{stamp}"'}).status_code == 304
    other = client.get(MAP, headers={"range": "bytes=0-9", "if-range": '"older"'})
    assert other.status_code == 200 and len(body(other)) == len(made)


@pytest.mark.parametrize(("theme", "ink"), [("light", "#17222d"), ("dark", "#e8edf2")])
def test_the_style_is_of_our_tokens_and_our_server_only(client: Client, made: bytes, theme: str, ink: str) -> None:
    answer = client.get(f"/map/style.json?theme={theme}&language=kk")
    style = answer.json()
    assert style["version"] == 8
    assert style["sources"]["city"]["url"] == f"pmtiles://http://testserver{MAP}?v={city_map.stamp()}"
    assert style["glyphs"] == "http://testserver/map/glyphs/{fontstack}/{range}.pbf?v=1"
    names = [layer["id"] for layer in style["layers"]]
    assert len(set(names)) == len(names) and names[0] == "background"
    first_label = next(k for k, name in enumerate(names) if name.startswith("label-"))
    assert all(name.startswith("label-") for name in names[first_label:])
    city = style["layers"][-1]
    assert city["paint"]["text-color"] == ink
    assert city["layout"]["text-field"] == ["coalesce", ["get", "name:kk"], ["get", "name"]]
    assert {layer.get("source-layer") for layer in style["layers"]} - {None} <= {
        "land", "green", "water", "rail", "buildings", "roads", "borders", "places"
    }  # fmt: skip
    outside = answer.content.replace(b"http://testserver", b"")
    assert b"http" not in outside


def test_an_unknown_theme_or_language_is_not_found(client: Client) -> None:
    assert client.get("/map/style.json?theme=pink").status_code == 404
    assert client.get("/map/style.json?language=xx").status_code == 404


def test_a_city_without_a_model_has_land_only(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setattr(settings, "PROFILE", replace(settings.PROFILE, model=None))
    assert client.get(MAP).status_code == 404
    style = client.get("/map/style.json").json()
    assert (style["sources"], [layer["id"] for layer in style["layers"]]) == ({}, ["background"])


def glyphs_of(raw: bytes) -> dict[int, dict[int, Any]]:
    """An independent little reader of protobuf: fields by number, of each glyph."""

    def fields(part: bytes) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        at = 0

        def number() -> int:
            nonlocal at
            value = shift = 0
            while True:
                byte = part[at]
                at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
                if byte < 128:
                    return value

        while at < len(part):
            key = number()
            if key & 7 == 2:
                length = number()
                found.setdefault(key >> 3, []).append(part[at : at + length])
                at += length
            else:
                found.setdefault(key >> 3, []).append(number())
        return found

    stack = fields(fields(raw)[1][0])
    return {(glyph := fields(one))[1][0]: {k: v[0] for k, v in glyph.items()} for one in stack.get(3, [])}


@pytest.mark.parametrize("stack", ["Noto Sans Regular", "Noto Sans Bold"])
def test_every_letter_of_the_four_languages_has_a_glyph(client: Client, stack: str) -> None:
    spans = {k: glyphs_of(client.get(f"/map/glyphs/{stack}/{k}-{k + 255}.pbf").content) for k in (0, 1024, 8192)}
    for letter in "ңөүқғұәһіҢӨҮҚҒҰӘҺІёЁАяЯabzZ09—–«»…₸":
        found = spans[ord(letter) // 256 * 256][ord(letter)]
        # Width and height, a border of three on each side, one byte a pixel.
        assert len(found[2]) == (found[3] + 6) * (found[4] + 6)
        assert max(found[2]) > 191 > min(found[2])
        assert found[7] >= found[3] - 3


def test_glyphs_packed_and_not_and_those_that_we_do_not_draw(client: Client) -> None:
    plain = client.get("/map/glyphs/Noto Sans Regular/0-255.pbf?v=1")
    packed = client.get("/map/glyphs/Noto Sans Regular/0-255.pbf?v=1", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip" and gzip.decompress(packed.content) == plain.content
    assert plain["Cache-Control"].endswith("immutable")
    assert glyphs_of(client.get("/map/glyphs/Noto Sans Bold/19968-20223.pbf").content) == {}
    # A style may name several fonts; the first that we have serves.
    two = client.get("/map/glyphs/Other,Noto Sans Bold/0-255.pbf")
    assert two.content[:2] == b"\x0a" + varint(two.content[1] | 0)[:1]
    for wrong in ("Other/0-255", "Noto Sans Bold/..%2Fsecret", "..%2F..%2Fkeys/0-255"):
        assert client.get(f"/map/glyphs/{wrong}.pbf").status_code == 404


def test_the_glyph_folder_comes_with_its_licence() -> None:
    from shaar.platform.portal.views.city_map import GLYPHS

    assert "SIL Open Font License, Version 1.1" in (GLYPHS / "OFL.txt").read_text()
    assert sum(f.stat().st_size for f in Path(GLYPHS).rglob("*.gz")) < 450_000
    assert (
        json.dumps(sorted(p.name for p in GLYPHS.iterdir() if p.is_dir())) == '["Noto Sans Bold", "Noto Sans Regular"]'
    )
