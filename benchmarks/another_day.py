"""One more day after a short and after a long history: load, ledger and incremental staging."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks import staging
from benchmarks.measuring import Clock, Run, in_process
from benchmarks.server import past_days, serving
from ingestion import warehouse
from ingestion.anthropic.endpoints import CLAUDE_CODE
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings


def measure(*, people: int, histories: Sequence[int], runs: int) -> dict[int, list[Run]]:
    """Return, by days of history, runs that each add the next day, made in turns."""
    found: dict[int, list[Run]] = {days: [] for days in histories}
    every_day = past_days(max(histories) + runs)
    with tempfile.TemporaryDirectory() as folder, serving(people, every_day) as settings:
        warehouses = {days: Path(folder) / f"{days}.duckdb" for days in histories}
        for days, path in warehouses.items():
            history = every_day[-runs - days : -runs]
            in_process(_add, settings, path, history)
        for run in range(runs):
            for days, path in warehouses.items():
                found[days].append(in_process(_add, settings, path, [every_day[run - runs]]))
    return found


def _add(settings: Settings, path: Path, days: Sequence[date]) -> dict[str, float]:
    """Load ``days`` into a warehouse and stage them; return the seconds of each part.

    Raises:
        RuntimeError: the last day is not staged.
    """
    logging.disable(logging.ERROR)
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        # What the first load of a process imports, a process that is up has imported.
        _load(settings, Path(folder) / "one.duckdb", days[:1])
    with clock.time("load"):
        _load(settings, path, days)
    clock.seconds |= staging.stage(path)
    with warehouse.connect(path, read_only=True) as connection:
        newest = connection.execute(
            f"select max(usage_date) from staging.{staging.MODELS[1]}"
        ).fetchone()
    if newest != (days[-1],):
        raise RuntimeError(f"staged up to {newest}, not to {days[-1]}")
    return clock.seconds


def _load(settings: Settings, path: Path, days: Sequence[date]) -> None:
    report = load_anthropic(
        settings.model_copy(update={"warehouse_path": path}),
        run_id="benchmark",
        report_days={CLAUDE_CODE.table.name: days},
        directories=False,
    )
    if report.failures:
        raise RuntimeError(report.failures[0])
