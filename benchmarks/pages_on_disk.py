"""Pages on disk to staged tables, beside DuckDB's own reading of the same files."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from benchmarks import staging
from benchmarks.measuring import Clock, Run, in_process
from benchmarks.server import past_days
from demo_api.bulk import BulkOrganisation
from ingestion import ledger, warehouse
from ingestion.anthropic.endpoints import CLAUDE_CODE
from ingestion.anthropic.pages import Page, bounds, to_arrow
from ingestion.anthropic.validation import invalid_windows
from ingestion.loading import LoadReport, landing_resource, load

RECORDS_A_PAGE = 1_000
_PAGES_AT_ONCE = 8
_RECORDS = "create table records as select unnest(data) as record from read_json()"
_RECORD_COLUMNS = "record.date, record.actor, record.terminal_type, record.customer_type"
_TOOLS = ("edit_tool", "multi_edit_tool", "write_tool", "notebook_edit_tool")
# What is made of the pages by read_json alone, its types guessed and nothing renamed or cast.
READINGS = {
    "a row a page": ["create table pages as from read_json()"],
    "a row a record": [_RECORDS],
    "records, models and tools": [
        _RECORDS,
        f"create table models as select {_RECORD_COLUMNS}, unnest(record.model_breakdown)"
        " from records",
        f"create table tools as select {_RECORD_COLUMNS}, unnest(["
        + ", ".join(f"{{'tool': '{tool}', 'count': record.tool_actions.{tool}}}" for tool in _TOOLS)
        + "]) from records",
    ],
}
# Neither what read_json answers by itself nor the three tables that are staged.
FOR_SCALE = {"a row a record"}


def measure(*, records: int, runs: int) -> dict[str, list[Run]]:
    """Return runs of `read_json` by what it makes, see `READINGS`, and of the `pipeline`.

    The pipeline's parts are `load` (read, land, take over, ledger), `staging` and dbt's `start`.
    """
    found: dict[str, list[Run]] = {"pipeline": [], **{name: [] for name in READINGS}}
    with tempfile.TemporaryDirectory() as folder:
        days = past_days(records // RECORDS_A_PAGE)
        BulkOrganisation(RECORDS_A_PAGE, len(days), days[0]).write_pages(Path(folder))
        for _ in range(runs):
            for name, statements in READINGS.items():
                found[name].append(in_process(_read_json, Path(folder), statements))
            found["pipeline"].append(in_process(pipeline, Path(folder), records))
    return found


def _read_json(folder: Path, statements: Sequence[str]) -> dict[str, float]:
    clock = Clock()
    with (
        tempfile.TemporaryDirectory() as made,
        clock.time("read_json"),
        duckdb.connect(f"{made}/records.duckdb") as connection,
    ):
        connection.execute("set enable_progress_bar = false")
        for statement in statements:
            files = f"read_json('{folder}/*.json')"
            connection.execute(statement.replace("read_json()", files))
    return clock.seconds


def pipeline(folder: Path, records: int) -> dict[str, float]:
    """Load and stage all pages in ``folder``; return the seconds of each part.

    Raises:
        RuntimeError: other than ``records`` records were staged.
    """
    logging.disable(logging.ERROR)
    clock = Clock()
    with tempfile.TemporaryDirectory() as made:
        # What the first load of a process imports, a process that is up has imported.
        load_pages(Path(made) / "one.duckdb", sorted(folder.glob("*.json"))[:1])
        path = Path(made) / "warehouse.duckdb"
        with clock.time("load"):
            load_pages(path, sorted(folder.glob("*.json")))
        clock.seconds |= staging.stage(path)
        with warehouse.connect(path, read_only=True) as connection:
            counted = f"select count(*) from staging.{staging.MODELS[0]}"
            staged = connection.execute(counted).fetchone()
    if staged != (records,):
        raise RuntimeError(f"{staged} records were staged, not {records}")
    return clock.seconds


def load_pages(path: Path, files: Sequence[Path]) -> None:
    """Load files that are named for their day, as the client would have answered them."""
    report = LoadReport("anthropic", "benchmark")
    table = CLAUDE_CODE.table

    def count(connection: duckdb.DuckDBPyConnection) -> None:
        ledger.settle_pages(connection, table, held_back=CLAUDE_CODE.held_back)

    load(report, [landing_resource(table, _read(files))], path, count)


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw]


async def _read(files: Sequence[Path]) -> AsyncIterator[pa.Table]:
    for start in range(0, len(files), _PAGES_AT_ONCE):
        yield await asyncio.to_thread(_table, files[start : start + _PAGES_AT_ONCE])


def _table(files: Sequence[Path]) -> pa.Table:
    pages = [_page(file) for file in files]
    if invalid := invalid_windows(CLAUDE_CODE, pages):
        raise RuntimeError(next(iter(invalid.values())))
    return to_arrow(pages, "benchmark", records=CLAUDE_CODE.table.records)


def _page(file: Path) -> Page:
    body = file.read_bytes()
    day = date.fromisoformat(file.name[:10])
    start, end = bounds(day)
    if not body.isascii():
        body.decode()
    return Page(
        window_key=day.isoformat(),
        window_start=start,
        window_end=end,
        page_number=1,
        is_last_page=True,
        body=body,
        records=msgspec.json.decode(body, type=_Answer).data,
        request_path=CLAUDE_CODE.path,
        request_query=f"starting_at={day}",
        data_refreshed_at=None,
        request_id=None,
        api_version=CLAUDE_CODE.api_version,
        fetched_at=datetime.now(UTC),
    )
