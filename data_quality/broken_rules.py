"""Which rules dbt's tests of several rules found broken in their last run."""

from __future__ import annotations

from pathlib import Path

QUERY = """
select test_name, rule, column_name, row_count
from intermediate.broken_rules order by all
"""


def broken_rules(warehouse_path: Path) -> dict[str, list[str]]:
    """Return a line for each broken rule, by the name of the test; no values of rows."""
    import duckdb

    found: dict[str, list[str]] = {}
    with duckdb.connect(str(warehouse_path), read_only=True) as connection:
        for test, rule, column, count in connection.execute(QUERY).fetchall():
            found.setdefault(test, []).append(f"{rule} of {column}: {count} rows")
    return found
