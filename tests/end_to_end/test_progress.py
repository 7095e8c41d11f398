"""What is seen of a load while it runs: bars on a terminal, a line per window elsewhere."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from claude_usage.calendar import calendar
from demo_api import DemoServer
from ingestion import warehouse
from ingestion.plan import DayState, State
from tests.end_to_end.conftest import Place

DAYS = ("2026-10-20", "2026-10-21", "2026-10-22")
TABLE = "usage_report_claude_code"
# As a run does it, without all that follows a load.
LOAD = f"""
from datetime import date
from claude_usage.console import progress
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings
from orchestration.assets.reports import _tell
days = [date.fromisoformat(day) for day in {DAYS}]
with progress("load"):
    load_anthropic(Settings(), run_id="r", report_days={{"{TABLE}": days}}, directories=False,
        on_progress=_tell)
"""
COMMAND = [sys.executable, "-c", LOAD]


@pytest.fixture
def place(tmp_path: Path, server: DemoServer) -> Place:
    return Place(tmp_path, server)


def test_a_log_has_one_line_for_each_window(place: Place) -> None:
    done = subprocess.run(
        COMMAND, env=place.environment(), capture_output=True, text=True, check=True
    )

    title, *lines = done.stderr.splitlines()
    assert title == "load …"
    windows = [re.fullmatch(rf"  {TABLE} (\S+): \d+ pages, \d+ records, \d+ bytes", line)
        for line in lines]  # fmt: skip
    assert sorted(one[1] for one in windows if one) == list(DAYS)
    assert all(windows)
    assert done.stdout == ""


def test_a_terminal_shows_a_bar_that_fills_and_goes(place: Place) -> None:
    ours, theirs = pty.openpty()
    environment = place.environment(TERM="xterm-256color", COLUMNS="160", LINES="40")
    with subprocess.Popen(COMMAND, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = _all_of(ours)

    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert re.search(rf"{TABLE} ━+ +3/3", plain)
    # Lines of bars are taken away again.
    assert "\x1b[2K" in shown
    assert not re.search(rf"^  {TABLE} 2026", plain, flags=re.MULTILINE)


def test_the_database_draws_no_bar_of_its_own(tmp_path: Path) -> None:
    path, asked = tmp_path / "warehouse.duckdb", "select current_setting('enable_progress_bar')"
    with warehouse.connect(path) as connection:
        assert connection.execute(asked).fetchone() == (False,)
    with warehouse.reading(path, name="some") as connection:
        assert connection.execute(asked).fetchone() == (False,)


def _all_of(terminal: int) -> str:
    found = b""
    try:
        while part := os.read(terminal, 65_536):
            found += part
    except OSError:
        # Linux says so when the other side is closed.
        pass
    os.close(terminal)
    return found.decode()


def test_a_calendar_has_a_sign_for_each_day() -> None:
    states: list[State] = ["complete", "complete", "partial", "not_ready", "missing", "failed"]
    days = [
        DayState("Claude Console", "cost", date(2026, 10, number), state, None)
        for number, state in enumerate(states, start=2)
    ]
    revised = DayState(
        "Claude Console", "cost", date(2026, 10, 8), "complete", datetime(2026, 11, 5, tzinfo=UTC)
    )
    before = DayState("Claude Console", "cost", date(2026, 9, 30), "missing", None)

    lines = [line.plain for line in calendar([before, *days, revised], months=1)]

    assert lines == ["Claude Console, cost", "  before 2026-10: 1 missing", "  2026-10   ■■◐○·✗◆"]
