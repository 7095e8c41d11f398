"""Results of checks, kept in the warehouse so that they are published with the tables.

Belongs here: tables `quality.checks` of the warehouse, the last results, and `check_history`, how
long each was found. What a check has seen is not kept: examples and observed values may be of
people. Does not belong here: what of it readers see (``publishing``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from data_quality.checks import CheckResult, Severity
from data_quality.suites import all_checks

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Source = Literal["great_expectations", "dbt"]


@dataclass(frozen=True)
class KeptResult:
    """What is kept of one check; ``table_name`` is None where it compares several tables."""

    table_name: str | None
    check_name: str
    description: str
    severity: Severity
    is_passed: bool
    failing_row_count: int | None


def kept(results: Iterable[CheckResult]) -> list[KeptResult]:
    """Return what is kept of results of suites."""
    descriptions = {(one.table, one.name): one.description for one in all_checks()}
    return [
        KeptResult(
            table_name=one.table,
            check_name=one.name,
            description=descriptions[one.table, one.name],
            severity=one.severity,
            is_passed=one.passed,
            failing_row_count=_failing_rows(one),
        )
        for one in results
    ]


def _failing_rows(result: CheckResult) -> int | None:
    found = result.metadata.get("rows_failing")
    return found if isinstance(found, int) else None


def keep_results(warehouse_path: str | Path, source: Source, results: Iterable[KeptResult]) -> None:
    """Put ``results`` in the place of those of ``source``, all with the time of this call.

    The caller is the warehouse's only writer.
    """
    # Here, so that whoever only asks which checks there are does not wait for them.
    import duckdb
    import pyarrow as pa

    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        {
            **vars(one),
            "source": source,
            "is_blocking": one.severity == "error",
            "checked_at": now,
        }
        for one in results
    ]
    with duckdb.connect(str(warehouse_path)) as connection:
        connection.register("results", pa.Table.from_pylist(rows, _columns()))
        connection.begin()
        connection.execute("create schema if not exists quality")
        connection.execute("create table if not exists quality.checks as from results limit 0")
        connection.execute(f"delete from quality.checks where source = '{source}'")
        connection.execute("insert into quality.checks from results")
        _add_to_history(connection)
        connection.commit()


def _add_to_history(connection: duckdb.DuckDBPyConnection) -> None:
    """Lengthen the stretch of each check that found what it found before, and begin the others."""
    connection.execute(
        """
        create table if not exists quality.check_history as
        select
            source, table_name, check_name, severity, is_passed, failing_row_count,
            checked_at as first_checked_at, checked_at as last_checked_at, 1::bigint as run_count
        from results limit 0
        """
    )
    connection.execute(
        """
        create or replace temp table stretches as
        select results.*, last.first_checked_at
        from results
        left join (
            from quality.check_history
            qualify row_number() over (
                partition by source, table_name, check_name order by first_checked_at desc
            ) = 1
        ) as last
            on results.source = last.source
            and results.check_name = last.check_name
            and results.table_name is not distinct from last.table_name
            and results.severity = last.severity
            and results.is_passed = last.is_passed
            and results.failing_row_count is not distinct from last.failing_row_count
        """
    )
    connection.execute(
        """
        update quality.check_history as kept
        set last_checked_at = stretches.checked_at, run_count = run_count + 1
        from stretches
        where kept.source = stretches.source
            and kept.check_name = stretches.check_name
            and kept.table_name is not distinct from stretches.table_name
            and kept.first_checked_at = stretches.first_checked_at
        """
    )
    connection.execute(
        """
        insert into quality.check_history by name
        select
            * exclude (description, is_blocking, checked_at, first_checked_at),
            checked_at as first_checked_at, checked_at as last_checked_at, 1 as run_count
        from stretches where first_checked_at is null
        """
    )


def forget_results(warehouse_path: str | Path) -> None:
    """Drop the last results: before tables change, of which they say nothing any more."""
    import duckdb

    with duckdb.connect(str(warehouse_path)) as connection:
        connection.execute("drop table if exists quality.checks")


def _columns() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        {
            "source": pa.string(),
            "table_name": pa.string(),
            "check_name": pa.string(),
            "description": pa.string(),
            "severity": pa.string(),
            "is_blocking": pa.bool_(),
            "is_passed": pa.bool_(),
            "failing_row_count": pa.int64(),
            "checked_at": pa.timestamp("us"),
        }
    )
