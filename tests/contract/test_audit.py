"""What `make audit` says and fails for, with what pip-audit prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FINE = {"name": "typer", "version": "1.0", "vulns": []}
SKIPPED = {"name": "dlt", "skip_reason": "Dependency not found on PyPI"}
KNOWN = {
    "name": "jinja2",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.1"]}],
}


def audit(folder: Path, answer: str, accepted: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script of CI where `uvx` prints ``answer``."""
    ci = folder / ".ci"
    ci.mkdir()
    shutil.copy(ROOT / ".ci" / "audit.py", ci)
    (ci / "vulnerabilities.txt").write_text(accepted)
    (folder / "answer").write_text(answer)
    uvx = folder / "uvx"
    uvx.write_text(f"#!/bin/sh\ncat {folder / 'answer'}\necho 'no route to host' >&2\n")
    uvx.chmod(0o700)
    return subprocess.run(
        [sys.executable, str(ci / "audit.py")],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("packages", "accepted", "code", "said"),
    [
        pytest.param([FINE], "", 0, "1 of 1 packages looked up, 0 to be mended", id="nothing"),
        pytest.param([FINE, KNOWN], "", 1, "jinja2 2.0: PYSEC-2026-1, mended in", id="known"),
        pytest.param(
            [KNOWN], "# why\nCVE-2026-1 no template is read\n", 0,
            "accepted: no template is read", id="accepted by an alias",
        ),
        pytest.param([KNOWN], "CVE-2026-1\n", 1, "1 to be mended", id="accepted without a reason"),
        pytest.param(
            [FINE, SKIPPED], "", 0, "did not answer for 1: that says nothing", id="not looked up"
        ),
    ],
)  # fmt: skip
def test_a_known_vulnerability_fails_unless_it_is_accepted_with_a_reason(
    tmp_path: Path, packages: list[dict[str, Any]], accepted: str, code: int, said: str
) -> None:
    finished = audit(tmp_path, json.dumps({"dependencies": packages, "fixes": []}), accepted)

    assert finished.returncode == code, finished.stderr
    assert said in finished.stdout


def test_a_database_that_is_not_reached_is_said_and_is_no_failure(tmp_path: Path) -> None:
    finished = audit(tmp_path, "")

    assert finished.returncode == 0
    assert "not done, the database was not reached: no route to host" in finished.stdout
