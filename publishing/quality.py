"""Schema `quality` of the published file: what the file is, and what its checks found.

Belongs here: which columns it has, what they mean, and what is read of the warehouse's results: the
columns that are listed, at every level of privacy the same. None holds what a check has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import duckdb

from publishing.privacy import Privacy, literal

SCHEMA = "quality"


@dataclass(frozen=True)
class Column:
    """A column: its type and what it means."""

    kind: str
    definition: str
    is_required: bool = True


@dataclass(frozen=True)
class Table:
    """A table: what one row of it is, and its columns by name."""

    definition: str
    columns: Mapping[str, Column]


PUBLISHED_FILE = Table(
    "One row: this file.",
    {
        "published_at": Column("timestamp", "When the file was published, UTC."),
        "privacy_level": Column(
            "varchar",
            "What the file tells of people. named: their names, addresses and logins."
            " pseudonymous: hashes in their place. team: no amount of fewer than min_people.",
        ),
        "min_people": Column(
            "integer",
            "How many people an amount is of at least. Null unless the level is team.",
            False,
        ),
        "project_version": Column("varchar", "The version of claude-usage that published it."),
        "storage_version": Column("varchar", "The oldest format of DuckDB that can be read as it."),
    },
)
CHECKS = Table(
    "One row per check of the tables: what was found when it last ran. Checks that have not run"
    " since the tables were built are not in it. Key: source, check_name, table_name.",
    {
        "source": Column("varchar", "Who ran the check: great_expectations or dbt."),
        "table_name": Column(
            "varchar", "The table that is checked. Null where several are compared.", False
        ),
        "check_name": Column("varchar", "What must hold, as a name."),
        "description": Column("varchar", "What must hold, in words."),
        "severity": Column("varchar", "error, or warn where a person is asked to look."),
        "is_blocking": Column(
            "boolean", "Whether a run does not publish while the check does not hold."
        ),
        "is_passed": Column("boolean", "Whether the check held when it last ran."),
        "failing_row_count": Column(
            "bigint",
            "How many rows it does not hold for. Null where rows are not counted; 0 beside a check"
            " of the table as a whole.",
            False,
        ),
        "checked_at": Column("timestamp", "When the check last ran, UTC."),
    },
)
CHECK_HISTORY = Table(
    "One row per check and stretch of runs in which it found the same, also of checks that there"
    " are no more. Key: source, check_name, table_name, first_checked_at.",
    {
        **{name: CHECKS.columns[name] for name in ("source", "table_name", "check_name")},
        "severity": CHECKS.columns["severity"],
        "is_passed": Column("boolean", "Whether the check held in these runs."),
        "failing_row_count": Column(
            "bigint",
            "How many rows it did not hold for. Null where rows are not counted.",
            False,
        ),
        "first_checked_at": Column("timestamp", "When this was first found, UTC."),
        "last_checked_at": Column("timestamp", "When it was last found, UTC."),
        "run_count": Column("bigint", "How many runs found it."),
    },
)
# Of the warehouse's tables of these names the columns listed are published.
KEPT = {"checks": CHECKS, "check_history": CHECK_HISTORY}
TABLES: Mapping[str, Table] = {**KEPT, "published_file": PUBLISHED_FILE}


def write(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    published_at: datetime,
    storage_version: str,
) -> dict[str, int]:
    """Make the schema in database `published`; return the rows that each table must have."""
    connection.execute(f"create schema published.{SCHEMA}")
    for name, table in TABLES.items():
        _create(connection, name, table)
    connection.execute(
        f"insert into published.{SCHEMA}.published_file values (?, ?, ?, ?, ?)",
        [
            published_at.replace(tzinfo=None),
            privacy.level,
            privacy.min_people if privacy.level == "team" else None,
            version("claude-usage"),
            storage_version,
        ],
    )
    return {name: _copy(connection, name, table) for name, table in KEPT.items()} | {
        "published_file": 1
    }


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    of = f"published.{SCHEMA}.{name}"
    columns = ", ".join(
        f"{column} {one.kind}{' not null' if one.is_required else ''}"
        for column, one in table.columns.items()
    )
    connection.execute(f"create table {of} ({columns})")
    connection.execute(f"comment on table {of} is {literal(table.definition)}")
    for column, one in table.columns.items():
        connection.execute(f"comment on column {of}.{column} is {literal(one.definition)}")


def _copy(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> int:
    """Copy the listed columns of the warehouse's table, if it is there, and count the rows."""
    known = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'warehouse' and schema_name = ?"
        " and table_name = ?",
        [SCHEMA, name],
    ).fetchall()
    if not known:
        return 0
    columns = ", ".join(table.columns)
    connection.execute(
        f"insert into published.{SCHEMA}.{name} select {columns} from warehouse.{SCHEMA}.{name}"
        f" order by {columns}"
    )
    counted = connection.execute(f"select count(*) from warehouse.{SCHEMA}.{name}").fetchall()
    return int(counted[0][0])
