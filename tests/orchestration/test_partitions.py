"""Where the partitions begin: at HISTORY_START, and where older days are published, there."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from ingestion import warehouse
from ingestion.anthropic.endpoints import REPORTS
from ingestion.anthropic.kinds import FIRST_ANALYTICS_DAY
from ingestion.anthropic.source import ANTHROPIC
from ingestion.plan import due_days
from ingestion.settings import Settings
from ingestion.windows import today
from orchestration.partitions import _first_day

OLD = date(2025, 3, 2)


def published(path: Path, day: date | None) -> Settings:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.data_completeness as"
            " select '2025-03-02' as window_key, $day::timestamptz as window_started_at"
            " union all select '4711', timestamptz '2020-01-01 00:00:00+00'",
            {"day": day and datetime(day.year, day.month, day.day, tzinfo=UTC)},
        )
    return Settings(publish_path=path)


def test_partitions_begin_where_the_apis_do() -> None:
    assert _first_day(Settings()) == FIRST_ANALYTICS_DAY
    # All reports can be asked for it: it is the latest of the first days that are known.
    assert max(one.first_day for one in REPORTS if one.first_day) == FIRST_ANALYTICS_DAY


def test_partitions_begin_at_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISTORY_START", "2025-06-01")

    assert _first_day(Settings()) == date(2025, 6, 1)


@pytest.mark.parametrize("day", ["yesterday", str(today()), str(today() + timedelta(1))])
def test_a_start_that_is_no_past_day_is_refused(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    monkeypatch.setenv("HISTORY_START", day)

    with pytest.raises(ValidationError, match="history_start"):
        Settings()


def test_days_that_are_stored_stay_partitions_however_old(tmp_path: Path) -> None:
    assert _first_day(published(tmp_path / "old.duckdb", OLD)) == OLD


def test_younger_days_do_not_move_the_start(tmp_path: Path) -> None:
    settings = published(tmp_path / "young.duckdb", FIRST_ANALYTICS_DAY + timedelta(90))

    assert _first_day(settings) == FIRST_ANALYTICS_DAY


def test_a_file_without_days_or_of_another_kind_does_not_keep_definitions_from_loading(
    tmp_path: Path,
) -> None:
    (tmp_path / "other.duckdb").write_text("not a database")

    assert _first_day(published(tmp_path / "empty.duckdb", None)) == FIRST_ANALYTICS_DAY
    assert _first_day(Settings(publish_path=tmp_path / "other.duckdb")) == FIRST_ANALYTICS_DAY


def test_partitions_are_found_while_a_run_writes_the_warehouse(tmp_path: Path) -> None:
    settings = published(tmp_path / "old.duckdb", OLD)
    path = tmp_path / "warehouse.duckdb"

    with warehouse.writing(path), warehouse.connect(path) as connection:
        connection.execute("begin")
        assert _first_day(settings) == OLD


def test_the_first_run_goes_no_further_back_than_the_setting(tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    settings = Settings(
        anthropic_admin_key="sk-ant-admin01-x",
        history_start=date(2026, 11, 20),
        warehouse_path=tmp_path / "warehouse.duckdb",
    )
    with warehouse.prepared(settings.warehouse_path) as connection:
        due = due_days(ANTHROPIC, settings, connection, now=now)

    assert {min(days) for days in due.values()} == {date(2026, 11, 20)}


def test_the_command_says_how_to_read_days_before_the_start(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "claude_usage", "run", "--start", "2025-12-31"],
        env={
            "PATH": "",
            "ANTHROPIC_ADMIN_KEY": "sk-ant-admin01-x",
            "WAREHOUSE_PATH": str(tmp_path / "warehouse.duckdb"),
            "PUBLISH_PATH": str(tmp_path / "claude_usage.duckdb"),
        },
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 2
    assert "set HISTORY_START=2025-12-31" in finished.stderr.replace("\n", " ")
