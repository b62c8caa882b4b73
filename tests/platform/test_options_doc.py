from __future__ import annotations

from pathlib import Path

from shaar.platform.options import OPTIONS


def test_every_setting_stands_in_the_docs():
    page = (Path(__file__).parents[2] / "docs" / "platform.md").read_text(encoding="utf-8")
    assert [one.variable for one in OPTIONS if f"`{one.variable}`" not in page] == []
