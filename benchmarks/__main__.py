"""Time what a load costs beside the least it could cost: medians of five runs, in one table.

The servers run in a process of their own, so that they do not share an interpreter with what is
measured.
"""

from __future__ import annotations

import logging
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from demo_api import build_organisation
from ingestion.anthropic.client import open_client
from ingestion.anthropic.endpoints import CLAUDE_CODE
from ingestion.anthropic.load import load_anthropic
from ingestion.github.load import load_github
from ingestion.settings import Settings
from ingestion.windows import ONE_DAY, Days

RUNS = 5


def main() -> None:
    """Run all cases and print the table."""
    logging.disable(logging.ERROR)
    organisation = build_organisation()
    days = list(Days(organisation.first_day, organisation.last_day + ONE_DAY))
    with _servers() as settings:
        bare = _median(lambda _: _bare_loop(settings, days))
        reports = _median(lambda folder: _load_reports(settings, folder, days))
        everything = _median(lambda folder: _load_all_reports(settings, folder, days))
        github = _median(lambda folder: _load_github(settings, folder, days[0]))
    table = Table(title=f"Loads of {len(days)} days, medians of {RUNS} runs", title_justify="left")
    for name in ("case", "seconds", "of the bare loop"):
        table.add_column(name, justify="left" if name == "case" else "right")
    for name, seconds, ratio in (
        ("bare httpx loop, Claude Code pages thrown away", bare, 1.0),
        ("Claude Code report, stored with its ledger", reports, reports / bare),
        ("all reports and directories", everything, None),
        ("GitHub, first load", github, None),
    ):
        table.add_row(name, f"{seconds:.2f}", f"{ratio:.2f}" if ratio else "–")
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    console.print(f"peak memory of all cases together: {peak / 1024:.0f} MB")


@contextmanager
def _servers() -> Iterator[Settings]:
    """Start the demo servers and yield settings that point at them."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "demo_api"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        values: dict[str, str] = {}
        while "github_org" not in values or "github_token" not in values:
            line = process.stdout.readline()
            if found := re.match(r"(?:export )?([A-Z_]+)=['\"]?([^'\"\s]*)", line):
                values[found[1].lower()] = found[2]
        yield Settings(**values)  # type: ignore[arg-type]
    finally:
        process.terminate()
        process.wait()


def _median(work: Callable[[Path], None]) -> float:
    seconds = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            work(Path(folder))
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _bare_loop(settings: Settings, days: list[date]) -> None:
    headers = dict(open_client(settings).headers)
    with httpx.Client(base_url=settings.anthropic_base_url, headers=headers) as client:
        for day in days:
            query = {"starting_at": day.isoformat(), "limit": "1000"}
            client.get(CLAUDE_CODE.path, params=query).raise_for_status()


def _load_reports(settings: Settings, folder: Path, days: list[date]) -> None:
    into = settings.model_copy(update={"warehouse_path": folder / "warehouse.duckdb"})
    asked = {CLAUDE_CODE.table.name: days}
    load_anthropic(into, run_id="bench", report_days=asked, directories=False)


def _load_all_reports(settings: Settings, folder: Path, days: list[date]) -> None:
    into = settings.model_copy(update={"warehouse_path": folder / "warehouse.duckdb"})
    tables = ("usage_report_claude_code", "usage_report_messages", "cost_report")
    load_anthropic(into, run_id="bench", report_days=dict.fromkeys(tables, days))


def _load_github(settings: Settings, folder: Path, start: date) -> None:
    into = settings.model_copy(update={"warehouse_path": folder / "warehouse.duckdb"})
    load_github(into, run_id="bench", start=start)


if __name__ == "__main__":
    main()
