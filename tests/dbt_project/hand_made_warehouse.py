"""Hand-made raw answers in a real warehouse, and dbt run over them as a command of its own."""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion import raw, warehouse
from ingestion.ledger import settle_pages
from orchestration import dbt_command

PROJECT = Path(__file__).parents[2] / "dbt_project"
# The project's own, which does not parse all models anew for each folder.
DBT = Path(sys.executable).parent / "claude-usage-dbt"
WHERE = ("--profiles-dir", ".")
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["dbt.cli.main", "dbt.task.build", "dbt.adapters.duckdb"])


@dataclass
class Warehouse:
    """A warehouse that a test loads page by page and builds with dbt."""

    folder: Path
    # What dbt has parsed, shared by all tests: parsing takes longer than building.
    target: Path
    clock: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)
    runs: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(query).fetchall()

    def execute(self, *statements: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            for statement in statements:
                connection.execute(statement)

    def load(self, table: raw.RawTable, windows: Mapping[str, Sequence[object]]) -> None:
        """Replace windows of a table of pages by ``windows``: a window's key to its bodies."""
        self.runs += 1
        self.clock += timedelta(hours=1)
        rows = [row for key, bodies in windows.items() for row in self._pages(key, bodies)]
        with warehouse.prepared(self.path) as connection:
            connection.begin()
            for key in windows:
                connection.execute(
                    f"delete from {table.qualified_name} where window_key = ?", [key]
                )
            insert(connection, table.qualified_name, raw.PAGES, rows)
            settle_pages(connection, table)
            connection.commit()

    def add(self, name: str, schema: pa.Schema, rows: Sequence[Mapping[str, object]]) -> None:
        """Append rows to any raw table; columns that are not given are null."""
        with warehouse.prepared(self.path) as connection:
            insert(connection, name, schema, rows)

    def _pages(self, key: str, bodies: Sequence[object]) -> Iterator[dict[str, object]]:
        for number, body in enumerate(bodies, start=1):
            start = _midnight(key)
            records = _records(body)
            text = json.dumps(body)
            yield {
                "window_key": key,
                "window_start": start,
                "window_end": start and start + timedelta(days=1),
                "page_number": number,
                "is_last_page": number == len(bodies),
                "record_count": len(records),
                "byte_count": len(text),
                "body": text,
                "api_version": "2023-06-01",
                "fetched_at": self.clock,
                "run_id": f"run_{self.runs}",
            }

    def dbt(self, *arguments: str, project: Path = PROJECT) -> str:
        """Run dbt in a process of its own and return what it printed; fail the test when it failed.

        The process is forked from one that has imported dbt, which takes half as long as to stage.
        """
        said = self.folder / "said.txt"
        environment = {**os.environ, "WAREHOUSE_PATH": str(self.path), **self.environment}
        command = ("dbt", *arguments, *WHERE, "--target-path", str(self.target))
        running = _FORKS.Process(target=_run_dbt, args=(command, project, environment, said))
        running.start()
        running.join()
        assert running.exitcode == 0, said.read_text()
        return said.read_text()


def _run_dbt(
    command: Sequence[str], project: Path, environment: Mapping[str, str], said: Path
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(project)
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = list(command)
    try:
        dbt_command.main()
    finally:
        # As at the end of a command: dbt closes its database then, and a copy has all of it.
        atexit._run_exitfuncs()


def _midnight(key: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(key), time(), UTC)
    except ValueError:
        return None


def _records(body: object) -> list[object]:
    assert isinstance(body, dict)
    found = body.get("data", body.get("results", [body]))
    assert isinstance(found, list)
    return found


def insert(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    schema: pa.Schema,
    rows: Sequence[Mapping[str, object]],
) -> None:
    """Insert rows by name; a name that the schema has and a row lacks is null."""
    complete = [{column: row.get(column) for column in schema.names} for row in rows]
    nullable = pa.schema([one.with_nullable(True) for one in schema])
    landed = pa.Table.from_pylist(complete, schema=nullable)
    connection.register("landed", landed)
    connection.execute(f"insert into {name} by name from landed")
    connection.unregister("landed")
