"""Each field of a true answer, and each of these values in its place.

A row of `WRONG` is JSON. It is put, one at a time, where every field of an answer of every report
and directory stands. What the door lets through must be staged by dbt, pass the tests of staging
and be summed by the checks: nothing that is accepted stops a build.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_quality.raw_summaries import KEPT
from demo_api import DemoServer
from ingestion import raw, warehouse
from ingestion.anthropic.endpoints import DIRECTORIES, REPORTS, SUCCESSORS
from ingestion.anthropic.history import keep_history
from ingestion.anthropic.kinds import Directory, Endpoint
from ingestion.anthropic.pages import CURRENT, Page
from ingestion.anthropic.validation import invalid_windows
from ingestion.ledger import settle_pages
from tests.dbt_project.hand_made_warehouse import Warehouse, insert
from tests.ingestion.ingestion_bench import Bench

ABSENT = "absent"
WRONG = (
    ABSENT,
    "null",
    "true",
    "[]",
    "{}",
    "[{}]",
    '"seven"',
    '""',
    '" "',
    '"\\u0000"',
    "-1",
    "1.5",
    str(10**15),
    str(2**70),
    "1e400",
    '"NaN"',
    '"1e400"',
    '"1e5"',
    '"-999999999999.9999999999"',
    '"2026-02-30T00:00:00Z"',
    '"2024-02-29t23:59:59z"',
    '"2026-10-20"',
    '"2026-10-20T00:00:00+14:00"',
)
DAY, NEXT = date(2026, 10, 20), date(2026, 10, 21)
FIRST = date(2020, 1, 1)
READ_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
_MARK = "here stands what is wrong"


def true_bodies(bench: Bench) -> dict[Endpoint, str]:
    """Return an answer of each endpoint with one record, as the demo's servers gave it."""
    tables = [report.table.name for report in REPORTS]
    found: dict[Endpoint, str] = {}
    # Of two reports of a family the newer is read where both are asked for.
    for some in (tables, [table.name for table in SUCCESSORS]):
        assert bench.load([DAY], some, directories=not found).failures == []
        for endpoint in (*REPORTS, *DIRECTORIES):
            for body in bench.bodies(endpoint.table.name):
                found.setdefault(endpoint, body) if has_record(body) else None
    return {endpoint: with_one_record(body) for endpoint, body in found.items()}


def records_name(body: dict[str, Any]) -> str | None:
    return next((name for name in ("data", "results") if name in body), None)


def has_record(text: str) -> bool:
    body = json.loads(text)
    name = records_name(body)
    return name is None or any(one.get("results", True) for one in body[name])


def with_one_record(text: str) -> str:
    body = json.loads(text)
    if name := records_name(body):
        body[name] = [one for one in body[name] if one.get("results", True)][:1]
        for one in body[name]:
            if "results" in one:
                one["results"] = one["results"][:1]
    return json.dumps(body)


def mutations(text: str) -> Iterator[str]:
    """Yield the text of a body with each value in each field's place."""
    for path in paths(json.loads(text)):
        for wrong in WRONG:
            body = json.loads(text)
            *outer, last = path
            holder = body
            for name in outer:
                holder = holder[name]
            if wrong == ABSENT:
                del holder[last]
            else:
                holder[last] = _MARK
            yield json.dumps(body).replace(json.dumps(_MARK), wrong)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*path, name))


def accepted(endpoint: Endpoint, text: str) -> Iterator[tuple[str, str]]:
    """Yield window key and body of what the door lets through; each day has one."""
    day = FIRST
    for number, mutated in enumerate(mutations(text)):
        body, key = mutated, CURRENT
        if isinstance(endpoint, Directory):
            ids = ("user_id",) if "members" in endpoint.table.name else ("id", "user_id")
            for name in ids:
                body = body.replace(f'"{name}": "', f'"{name}": "{number}_')
        else:
            day += timedelta(days=1)
            key = str(day)
            body = body.replace(str(NEXT), str(day + timedelta(days=1))).replace(str(DAY), key)
        if not invalid_windows(endpoint, [page(key, body)]):
            yield key, body


def page(key: str, body: str) -> Page:
    return Page(key, None, None, 1, True, body.encode(), [], "", "", None, None, "", READ_AT)


def store(stored: Warehouse, endpoint: Endpoint, bodies: list[tuple[str, str]]) -> None:
    is_directory = isinstance(endpoint, Directory)
    rows = [
        {
            "window_key": key,
            "window_start": None if is_directory else f"{key}T00:00:00Z",
            "page_number": number if is_directory else 1,
            "is_last_page": number == len(bodies) or not is_directory,
            "record_count": count_records(body),
            "byte_count": len(body),
            "body": body,
            "api_version": endpoint.api_version,
            "fetched_at": READ_AT,
            "run_id": "run",
        }
        for number, (key, body) in enumerate(bodies, start=1)
    ]
    for row in rows:
        if not is_directory:
            start = datetime.fromisoformat(str(row["window_start"]))
            row |= {"window_start": start, "window_end": start + timedelta(days=1)}
    with warehouse.prepared(stored.path) as connection:
        insert(connection, endpoint.table.qualified_name, raw.PAGES, rows)
        settle_pages(connection, endpoint.table)
        if isinstance(endpoint, Directory) and endpoint.of is None:
            keep_history(connection, [endpoint], run_id="run")


def count_records(text: str) -> int:
    body = json.loads(text)
    name = records_name(body)
    return 1 if name is None else len(body[name])


@pytest.fixture
def stored(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path, tmp_path / "target")
    with warehouse.prepared(made.path):
        return made


def test_what_the_door_lets_through_is_staged_and_summed(
    stored: Warehouse, settings_for, tmp_path: Path
) -> None:
    with DemoServer() as server:
        keys = {"anthropic_analytics_key": server.enterprise_key}
        own = settings_for(server, warehouse_path=tmp_path / "true.duckdb", **keys)
        bench = Bench(server, own)
        bodies = true_bodies(bench)
        bench.close()
    assert len(bodies) == len(REPORTS) + len(DIRECTORIES)
    for endpoint, text in bodies.items():
        let_through = list(accepted(endpoint, text))
        asked = sum(1 for _ in mutations(text))
        # Neither a door that is shut nor one that is open shows anything.
        assert asked * 0.05 < len(let_through) < asked * 0.9, endpoint.table.name
        store(stored, endpoint, let_through)

    arguments = ("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
    stored.dbt("build", "--select", "staging.anthropic", *arguments)
    with warehouse.connect(stored.path) as connection:
        for parts in KEPT.values():
            for one in parts.values():
                if one.table.startswith("raw_anthropic."):
                    connection.execute(
                        "create or replace temp view new_rows as"
                        f" select *, {one.piece} as piece from {one.table}"
                    )
                    connection.execute(one.query).fetchall()
