"""What the files of the project as a whole must hold, and must not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Places of one developer's machine; put together from parts, as this file is a file too.
PRIVATE = ["/" + "work/", "/" + "tmp/venv", "/" + "home/", "/" + "Users/"]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout: which files are the project's is not known")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_points_at_a_private_place() -> None:
    found = {
        (str(path.relative_to(ROOT)), word)
        for path in tracked()
        for word in PRIVATE
        if word.encode() in path.read_bytes()
    }

    assert found == set()


def test_each_locked_package_has_hashes_and_comes_from_no_named_place() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    packages = re.split(r"\n(?=[A-Za-z0-9])", lock)

    for package in packages:
        first = package.splitlines()[0]
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==\S+", first), first
        assert "--hash=sha256:" in package, first
    assert "://" not in lock
    assert "index-url" not in lock
    assert "find-links" not in lock


def test_no_file_is_large() -> None:
    assert [path.name for path in tracked() if path.stat().st_size > 1_000_000] == []
