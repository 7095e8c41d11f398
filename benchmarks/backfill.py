"""A backfill of the Claude Code report, beside a loop that fetches the pages and drops them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import httpx

from benchmarks.measuring import Clock, Run, in_process
from benchmarks.server import past_days, serving
from ingestion.anthropic.endpoints import CLAUDE_CODE
from ingestion.settings import Settings


def measure(*, people: int, days: int, renders: bool, runs: int) -> tuple[list[Run], list[Run]]:
    """Return runs of the bare loop and of the load, made in turns."""
    asked = past_days(days)
    bare: list[Run] = []
    ours: list[Run] = []
    with serving(people, asked, renders=renders) as settings:
        for _ in range(runs):
            bare.append(in_process(_bare_loop, settings, asked))
            with tempfile.TemporaryDirectory() as folder:
                ours.append(in_process(_load, settings, Path(folder), asked))
    return bare, ours


def _bare_loop(settings: Settings, days: Sequence[date]) -> dict[str, float]:
    clock = Clock()
    assert settings.console_key is not None
    key = settings.console_key.get_secret_value()
    headers = {"anthropic-version": "2023-06-01", "x-api-key": key}
    with (
        clock.time("loop"),
        httpx.Client(base_url=settings.anthropic_base_url, headers=headers) as client,
    ):
        for day in days:
            _fetch_day(client, {"starting_at": day.isoformat(), "limit": "1000"})
    return clock.seconds


def _fetch_day(client: httpx.Client, query: dict[str, str]) -> None:
    cursor = None
    while True:
        asked = {**query, "page": cursor} if cursor else query
        answer = client.get(CLAUDE_CODE.path, params=asked).raise_for_status()
        # The cursor stands at the end: no need to parse records to find it.
        _, _, end = answer.text[-200:].rpartition('"next_page":')
        cursor = end.strip(' "}\n').replace("null", "")
        if not cursor:
            return


def _load(settings: Settings, folder: Path, days: Sequence[date]) -> dict[str, float]:
    import logging

    from ingestion.anthropic.load import load_anthropic

    logging.disable(logging.ERROR)
    clock = Clock()
    for part, wanted in (("first day", days[:1]), ("load", days)):
        with clock.time(part):
            report = load_anthropic(
                settings.model_copy(update={"warehouse_path": folder / f"{part}.duckdb"}),
                run_id="benchmark",
                report_days={CLAUDE_CODE.table.name: wanted},
                directories=False,
            )
        if report.failures:
            raise RuntimeError(report.failures[0])
    # The first load of a process imports what a process that is up has imported.
    return {"load": clock.seconds["load"]}
