"""The pipeline one writes first: records as dictionaries into dlt, with its defaults."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import msgspec

from benchmarks.measuring import Clock, Run, in_process
from benchmarks.pages_on_disk import RECORDS_A_PAGE, pipeline
from benchmarks.server import past_days
from demo_api.bulk import BulkOrganisation


def measure(*, records: int, runs: int) -> tuple[list[Run], list[Run]]:
    """Return runs of the naive pipeline and of ours over the same files, made in turns."""
    naive: list[Run] = []
    ours: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        days = past_days(records // RECORDS_A_PAGE)
        BulkOrganisation(RECORDS_A_PAGE, len(days), days[0]).write_pages(Path(folder))
        for _ in range(runs):
            naive.append(in_process(_load_dictionaries, Path(folder)))
            ours.append(in_process(pipeline, Path(folder), records))
    return naive, ours


def _load_dictionaries(folder: Path) -> dict[str, float]:
    logging.disable(logging.ERROR)
    dlt.config["runtime.dlthub_telemetry"] = False
    dlt.config["runtime.log_level"] = "ERROR"
    clock = Clock()
    with tempfile.TemporaryDirectory() as made, clock.time("load"):
        loading = dlt.pipeline(
            "naive",
            destination=dlt.destinations.duckdb(f"{made}/records.duckdb"),
            pipelines_dir=made,
        )
        loading.run(_records(folder), table_name="records").raise_on_failed_jobs()
    return clock.seconds


def _records(folder: Path) -> Iterator[Any]:
    for file in sorted(folder.glob("*.json")):
        yield msgspec.json.decode(file.read_bytes())["data"]
