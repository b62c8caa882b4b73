"""The built workbench that is shipped: light, without what its rules forbid, and what its sources give."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES, BUILT = ROOT / "frontend", ROOT / "src" / "shaar" / "platform" / "desk" / "static" / "desk" / "workbench"
#: Bytes, compressed, of everything that a reader's browser may fetch, and of what it needs before the map.
ALL, FIRST = 1_500_000, 60_000


def packed(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 9))


def programs() -> list[Path]:
    return sorted(file for file in BUILT.iterdir() if file.suffix in {".js", ".mjs", ".css"})


def test_the_workbench_is_light():
    sizes = {file.name: packed(file) for file in programs()}
    assert sum(sizes.values()) < ALL, sizes
    languages = [size for name, size in sizes.items() if re.match(r"text-(en|ru|ky|kk)\.js$", name)]
    assert len(languages) == 4
    assert sizes["workbench.js"] + sizes["workbench.css"] + max(languages) < FIRST, sizes


def test_each_file_has_its_compressed_twin():
    for file in programs():
        assert gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes()) == file.read_bytes(), file.name


def test_no_text_becomes_program():
    for file in programs():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.$])eval\(|new Function\(", text), file.name
        assert "sourceMappingURL=data:" not in text


def test_the_first_view_does_not_wait_for_the_map():
    entry = (BUILT / "workbench.js").read_text(encoding="utf-8")
    static = re.findall(r"""^import[^("']*["']([^"']+)["']""", entry, re.MULTILINE)
    assert static == []
    assert len(re.findall(r"import\([`'\"]\./view-", entry)) == 1


def test_every_package_that_is_shipped_is_named_with_its_licence():
    notice = (BUILT / "NOTICE.txt").read_text(encoding="utf-8")
    for name in json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        assert re.search(rf"^{re.escape(name)} \d", notice, re.MULTILINE), name
    assert not re.search(r"\bA?GPL\b|General Public License", notice)


def test_the_lock_names_no_registry():
    lock = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


@pytest.mark.slow
def test_the_sources_give_the_same_files_byte_for_byte(tmp_path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    copy = tmp_path / "frontend"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    fetched = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund"], cwd=copy, capture_output=True, text=True, check=False
    )
    if fetched.returncode:
        pytest.skip(f"the packages cannot be fetched: {fetched.stderr.strip().splitlines()[-1:]}")
    made = subprocess.run([npm, "run", "build"], cwd=copy, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    fresh = tmp_path / BUILT.relative_to(ROOT)
    names = {file.name for file in fresh.iterdir()}
    assert names == {file.name for file in BUILT.iterdir()}
    # Another zlib may pack otherwise; what is inside is compared above.
    for name in sorted(names):
        if not name.endswith(".gz"):
            assert (fresh / name).read_bytes() == (BUILT / name).read_bytes(), name


@pytest.mark.slow
def test_the_workbench_s_own_tests_pass():
    npm = shutil.which("npm")
    if npm is None or not (SOURCES / "node_modules").is_dir():
        pytest.skip("npm or frontend/node_modules is not there (npm ci)")
    done = subprocess.run([npm, "run", "check"], cwd=SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
