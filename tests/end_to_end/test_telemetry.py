"""A run asks the APIs and nobody else: no library tells its makers of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.outside import Outside

# As the telemetry of Great Expectations, dbt and dlt sends it.
SEND = "import requests; requests.post('https://telemetry.example/', json={}, timeout=10)"


def test_a_run_asks_nobody_but_the_apis(undisturbed: Path) -> None:
    assert (undisturbed / "place" / "claude_usage.duckdb").is_file()
    assert (undisturbed / "asked").read_text() == ""


def test_what_would_be_sent_is_seen() -> None:
    with Outside() as outside:
        subprocess.run(
            [sys.executable, "-c", SEND],
            env={**os.environ, **outside.environment},
            capture_output=True,
            check=False,
        )

    assert [line.split()[:2] for line in outside.asked] == [["CONNECT", "telemetry.example:443"]]
