"""The example's pictures: drawn, with words that say so, and hung where a visitor looks for photos."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from PIL import Image

import shaar
from shaar.platform.example.pictures import CAPTION, WORDS, draw
from shaar.platform.kernel import attachments

EXAMPLES = sorted((Path(shaar.__file__).parent / "data" / "example").glob("*.toml"))


@pytest.mark.parametrize("scene", ["yard", "stop"])
def test_a_drawing_says_that_it_is_no_photo(proposal, person, scene):
    author = person()
    one = proposal(author)
    draw(one, scene, acting=author, public=True)
    first, second = attachments.photos_of(one)
    assert (first.caption, second.caption, first.by) == (CAPTION, CAPTION, author) and first.sha256 != second.sha256
    file, mime = attachments.open_file(first, "1600")
    with file, Image.open(file) as picture:
        assert (mime, picture.size) == ("image/jpeg", (1200, 900))
        # The words stand in the white band: dark dots in two lines, nothing cut off at its edges.
        rows = [sum(picture.getpixel((x, y))[0] < 90 for x in range(1200)) for y in range(230)]
    assert all(sum(rows[a:b]) > 500 for a, b in ((32, 120), (175, 230))) and sum(rows[:20]) == 0
    assert WORDS == ("ПРИМЕР", "РИСУНОК, НЕ ФОТОГРАФИЯ")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_each_example_has_drawings_in_one_report_and_one_proposal(file):
    content = tomllib.loads(file.read_text("utf-8"))
    assert [row["drawing"] for row in content["proposal"] if "drawing" in row] == ["stop"]
    assert [row["drawing"] for row in content["grants"]["spring"] if "drawing" in row] == ["yard"]
