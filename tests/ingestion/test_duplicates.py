"""One row a key: what comes twice, or was stored twice, is stored once, and said."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingestion_bench import TABLES, Bench, history, pulls, repository_id

from ingestion import raw, warehouse
from ingestion.anthropic import endpoints
from ingestion.duplicates import landed_once, stored_once
from ingestion.github import tables as github_tables

REPOSITORY = "larkfield/legacy-reports"
START = date(2026, 8, 3)
NOTED = (
    "select endpoint, window_key, row_key, row_count, is_different from raw_github.duplicate_rows"
    " order by all"
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def one(bench: Bench, settings_for) -> Bench:
    bench.settings = settings_for(bench.server, github_org=None, github_repos=REPOSITORY)
    return bench


def twice(document: dict[str, Any]) -> dict[str, Any]:
    """The first node comes twice, the second a third time and another way."""
    found = document["data"]["repository"]
    branch = found.get("defaultBranchRef")
    nodes = (branch["target"]["history"] if branch else found["pullRequests"])["nodes"]
    nodes += [nodes[0], nodes[1], {**nodes[1], "additions": 77}]
    return document


@pytest.mark.parametrize(
    ("fault", "table", "key"),
    [
        pytest.param(history, "commits", "commit_sha", id="commits"),
        pytest.param(pulls, "pull_requests", "pull_request_number", id="pull_requests"),
    ],
)
def test_what_comes_twice_is_stored_once_and_said(
    one: Bench, fault: Callable[..., Any], table: str, key: str
) -> None:
    def stored() -> dict[Any, Any]:
        rows = one.rows(f"select {key}, body from raw_github.{table}")
        assert len(dict(rows)) == len(rows)
        return {key: json.loads(body) for key, body in rows}

    assert one.github(START).failures == []
    undisturbed = stored()
    one.rows(f"delete from raw_github.{table} returning 1")
    one.rows(f"delete from raw_github.completeness_ledger where endpoint = '{table}' returning 1")
    one.server.faults.add(fault("legacy-reports", "edit", edit=twice))
    report = one.github(START)
    assert report.failures == []
    # What came first of what was fetched together.
    assert stored() == undisturbed
    (line,) = report.warnings[table]
    assert line.startswith(f"{table}: 2 rows came more than once and are kept once; 3 were left")
    assert "1 keys had rows that differ" in line
    noted = one.rows(NOTED)
    assert {row[:2] for row in noted} == {(table, repository_id(one, "legacy-reports"))}
    assert sorted(row[3:] for row in noted) == [(1, False), (2, True)]
    assert {json.loads(row[2])[key] for row in noted} < set(undisturbed)
    (counted,) = one.ledger(table, "github").values()
    assert (counted.status, counted.record_count) == ("complete", len(undisturbed))
    assert one.github(START).warnings == {}


def test_a_warehouse_that_holds_rows_twice_heals_at_once(one: Bench) -> None:
    one.github(START)
    undisturbed = one.snapshot("github")
    keys = {"commits": "commit_sha", "pull_requests": "pull_request_number"}
    for table in keys:
        one.rows(
            f"insert into raw_github.{table} from raw_github.{table} using sample 3 rows"
            " returning 1"
        )
        one.rows(
            "update raw_github.completeness_ledger set record_count = record_count + 3"
            f" where endpoint = '{table}' returning 1"
        )
    report = one.github(START)
    # Nothing is new, and nothing is read again.
    assert (report.failures, report.request_count) == ([], 1)
    healed = one.snapshot("github")
    assert len(healed.pop("github.duplicate_rows")) == 6
    assert undisturbed.pop("github.duplicate_rows") == []
    assert healed == undisturbed
    for table, key in keys.items():
        assert report.warnings[table][0].startswith(f"{table}: 3 rows were stored more than once")
        # Whatever was built of the doubled rows knows by the run that it must be built anew.
        changed = f"select count(distinct {key}) from raw_github.{table} where run_id like '%-once'"
        assert one.rows(changed) == [(3,)]
        (counted,) = one.ledger(table, "github").values()
        assert one.rows(f"select count(*) from raw_github.{table}") == [(counted.record_count,)]
    assert one.github(START).warnings == {}


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    warehouse.prepare(opened)
    return opened


def file_of(folder: Path, table: raw.RawTable, name: str, *rows: dict[str, Any]) -> str:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows), schema=table.schema), path)
    return str(path)


TOLD = ("another", "first of the last", "old", "second of the last")


def contents(table: raw.RawTable) -> list[pa.Field]:
    """Return the columns that can tell four rows of one key from each other."""
    known = {*table.row_key, *raw.PROVENANCE}
    return [one for one in table.schema if one.name not in known and one.type != pa.bool_()]


@pytest.mark.parametrize(
    "table",
    [table for table in TABLES if contents(table)],
    ids=lambda table: f"{table.source}-{table.name}",
)
def test_every_table_keeps_of_a_key_what_was_fetched_last_else_what_came_first(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, table: raw.RawTable
) -> None:
    # Of an answer its body, of columns alone one that is no part of the key.
    others = contents(table)
    told_by = next((one for one in others if one.name == "body"), others[0])
    is_text = told_by.type == pa.string()
    said = [told if is_text else number for number, told in enumerate(TOLD)]

    def row(told: int, minutes: int, number: int = 1) -> dict[str, Any]:
        values = {
            pa.int64(): number,
            pa.string(): str(number),
            pa.date32(): date(2026, 11, number),
        }
        key = {name: values[table.schema.field(name).type] for name in table.row_key}
        fetched_at = NOON + timedelta(minutes=minutes)
        return {**key, told_by.name: said[told], "fetched_at": fetched_at, "run_id": "r"}

    # In the order in which they landed, which is not that of their names.
    files = [
        file_of(tmp_path, table, "b", row(2, 0), row(1, 2)),
        file_of(tmp_path, table, "a", row(3, 2), row(0, 0, number=2)),
    ]
    told = landed_once(connection, table, files, "fresh", run_id="r")
    kept = connection.execute(f"select {told_by.name} from fresh order by all").fetchall()
    assert kept == [(said[0],), (said[1],)]
    assert told is not None
    assert "1 rows came more than once and are kept once; 2 were left out, 1 keys had rows" in told
    noted = connection.execute(
        f"select endpoint, row_count, is_different from raw_{table.source}.duplicate_rows"
    ).fetchall()
    assert noted == [(table.name, 2, True)]


def test_pages_in_pieces_are_of_one_key_only_where_their_places_are_the_same(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = endpoints.COST.table
    piece = {"window_key": "2026-11-20", "page_number": 1, "fetched_at": NOON}
    pieces = [{**piece, "records_before": n, "body": str(n)} for n in (None, 100, 200)]
    files = [file_of(tmp_path, table, "a", *pieces)]
    assert landed_once(connection, table, files, "fresh", run_id="r") is None
    assert connection.execute("select count(*) from fresh").fetchall() == [(3,)]
    again = [*files, file_of(tmp_path, table, "b", pieces[0])]
    assert landed_once(connection, table, again, "fresher", run_id="r") is not None
    assert connection.execute("select count(*) from fresher").fetchall() == [(3,)]


def test_nothing_is_done_where_no_key_is_stored_twice(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for table in github_tables.TABLES:
        assert stored_once(connection, table, run_id="r") is None
