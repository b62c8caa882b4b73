"""Pictures for the example: plainly drawn, with the words "example, a drawing, not a photo" inside.

The words are set in a dot font of its own, since the library that draws has no Cyrillic letters.
"""

from __future__ import annotations

import io
import random

from django.core.files.base import ContentFile
from django.db import models
from PIL import Image, ImageDraw

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import attachments

CAPTION = "Пример: рисунок, не фотография"
WORDS = ("ПРИМЕР", "РИСУНОК, НЕ ФОТОГРАФИЯ")
SIZE = (1200, 900)
#: Height of the white band with the words.
_BAND = 236
#: Letters of seven rows; # is a dot.
_LETTERS = {
    "П": "#####|#...#|#...#|#...#|#...#|#...#|#...#", "Р": "####.|#...#|#...#|####.|#....|#....|#....",
    "И": "#...#|#...#|#..##|#.#.#|##..#|#...#|#...#", "М": "#...#|##.##|#.#.#|#.#.#|#...#|#...#|#...#",
    "Е": "#####|#....|#....|####.|#....|#....|#####", "С": ".###.|#...#|#....|#....|#....|#...#|.###.",
    "У": "#...#|#...#|#...#|.####|....#|#...#|.###.", "Н": "#...#|#...#|#...#|#####|#...#|#...#|#...#",
    "О": ".###.|#...#|#...#|#...#|#...#|#...#|.###.", "К": "#...#|#..#.|#.#..|##...|#.#..|#..#.|#...#",
    "Т": "#####|..#..|..#..|..#..|..#..|..#..|..#..", "Ф": "..#..|.###.|#.#.#|#.#.#|.###.|..#..|..#..",
    "Г": "#####|#....|#....|#....|#....|#....|#....", "А": ".###.|#...#|#...#|#####|#...#|#...#|#...#",
    "Я": ".####|#...#|#...#|.####|..#.#|.#..#|#...#", ",": ".....|.....|.....|.....|..#..|..#..|.#...",
    " ": ".....|.....|.....|.....|.....|.....|.....",
}  # fmt: skip
_SKY, _GROUND, _INK, _PAPER = "#cfe3ee", "#dcd2b4", "#22303a", "#ffffff"
_GREEN, _BROWN, _GREY, _BLUE = "#5f8f5a", "#8a6642", "#9aa3a8", "#4a7ba6"


def draw(thing: models.Model, scene: str, *, acting: Person, public: bool = False, count: int = 2) -> None:
    """Hang drawings of a scene on an object (``yard``: trees and benches; ``stop``: a road and a bus stop)."""
    for number in range(1, count + 1):
        file = ContentFile(_drawn(scene, number), name=f"primer-{scene}-{number}.png")
        attachments.attach(thing, file, acting=acting, caption=CAPTION, public=public)


def _drawn(scene: str, number: int) -> bytes:
    picture = Image.new("RGB", SIZE, _SKY)
    pen, chance = ImageDraw.Draw(picture), random.Random(number)
    pen.rectangle((0, 560, *SIZE), fill=_GROUND)
    if scene == "stop":
        _stop(pen, 160 + 220 * number)
    else:
        _yard(pen, chance, number)
    _say(pen)
    held = io.BytesIO()
    picture.save(held, "PNG")
    return held.getvalue()


def _yard(pen: ImageDraw.ImageDraw, chance: random.Random, number: int) -> None:
    pen.rectangle((80, 280, 420, 560), fill=_GREY, outline=_INK, width=4)
    for left in range(110, 400, 100):
        for top in (320, 420):
            pen.rectangle((left, top, left + 60, top + 60), fill=_PAPER, outline=_INK, width=3)
    for place in range(3 + number):
        left, top = 470 + 120 * place, 480 + chance.randint(-20, 40)
        pen.rectangle((left + 22, top, left + 34, top + 120), fill=_BROWN)
        pen.ellipse((left - 22, top - 90, left + 78, top + 20), fill=_GREEN, outline=_INK, width=3)
    for left in (180, 520, 860)[: 1 + number]:
        pen.rectangle((left, 690, left + 180, 708), fill=_BROWN, outline=_INK, width=3)
        for leg in (left + 16, left + 152):
            pen.rectangle((leg, 708, leg + 12, 750), fill=_INK)


def _stop(pen: ImageDraw.ImageDraw, left: int) -> None:
    pen.rectangle((0, 640, SIZE[0], 770), fill=_GREY)
    for dash in range(20, SIZE[0], 130):
        pen.rectangle((dash, 700, dash + 70, 710), fill=_PAPER)
    pen.polygon(((left, 420), (left + 320, 420), (left + 300, 390), (left + 20, 390)), fill=_BLUE, outline=_INK)
    for post in (left + 16, left + 290):
        pen.rectangle((post, 420, post + 14, 630), fill=_INK)
    pen.rectangle((left + 60, 560, left + 260, 576), fill=_BROWN, outline=_INK, width=3)
    pen.ellipse((left + 370, 360, left + 440, 430), fill=_BLUE, outline=_INK, width=4)
    pen.rectangle((left + 400, 430, left + 410, 630), fill=_INK)


def _say(pen: ImageDraw.ImageDraw) -> None:
    """The words on a white band, the first line larger."""
    pen.rectangle((0, 0, SIZE[0], _BAND), fill=_PAPER)
    pen.line((0, _BAND, SIZE[0], _BAND), fill=_INK, width=4)
    top = 32
    for words, dot in zip(WORDS, (13, 8), strict=True):
        _line(pen, words, (SIZE[0] - 6 * dot * len(words)) // 2, top, dot)
        top += 11 * dot


def _line(pen: ImageDraw.ImageDraw, words: str, left: int, top: int, dot: int) -> None:
    for place, letter in enumerate(words):
        for row, dots in enumerate(_LETTERS[letter].split("|")):
            for column, sign in enumerate(dots):
                if sign == "#":
                    x, y = left + (6 * place + column) * dot, top + row * dot
                    pen.rectangle((x, y, x + dot - 2, y + dot - 2), fill=_INK)
