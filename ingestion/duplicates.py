"""One row a key: what an answer, or an earlier version, held twice is stored once, and reported.

Of several rows the one that was fetched last is kept, and of those that came first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb

from ingestion.raw import DUPLICATE_ROWS_TABLE, LEDGER_TABLE, PROVENANCE, RawTable


def landed_once(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    files: Sequence[str],
    name: str,
    *,
    run_id: str,
) -> str | None:
    """Create the temporary view ``name`` of what landed in ``files``, each key once.

    Returns a line that says so where any key came more than once.
    """
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    landed = (
        f"(select *, [list_position([{listed}], filename), file_row_number] as place"
        f" from read_parquet([{listed}], union_by_name = true, filename = true,"
        " file_row_number = true))"
    )
    columns = ", ".join(table.schema.names)
    if not _find_doubled(connection, table, landed):
        connection.execute(f"create temp view {name} as select {columns} from {landed}")
        return None
    connection.execute(f"create temp table {name}_left_out as from doubled")
    connection.execute(
        f"create temp view {name} as select {columns} from {landed}"
        f" anti join {name}_left_out using (place)"
    )
    return _note(connection, table, "came", run_id)


def stored_once(
    connection: duckdb.DuckDBPyConnection, table: RawTable, *, run_id: str
) -> str | None:
    """Delete the rows of ``table`` beside another of their key, which earlier versions stored.

    The row that is kept changes its run: what was built of the others is built anew. Returns a line
    that says so where there were any.
    """
    stored = f"(select *, rowid as place from {table.qualified_name})"
    if not _find_doubled(connection, table, stored):
        return None
    connection.execute(
        f"delete from {table.qualified_name} where rowid in (select place from doubled)"
    )
    same_key = " and ".join(
        f"stored.{name} is not distinct from doubled.{name}" for name in table.row_key
    )
    connection.execute(
        f"update {table.qualified_name} as stored set run_id = run_id || '-once'"
        f" where exists (select 1 from doubled where {same_key})"
    )
    _recount(connection, table)
    return _note(connection, table, "were stored", run_id)


def _recount(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    if "body" not in table.schema.names:
        # Its windows are days, which its load counts.
        return
    window = f"{table.merge_key[0]}::varchar"
    connection.execute(
        f"""
        update {table.kept(LEDGER_TABLE)} as known
        set record_count = counted.record_count, byte_count = counted.byte_count
        from (
            select
                {window} as window_key,
                count(*) as record_count,
                coalesce(sum(strlen(body)), 0)::bigint as byte_count,
            from {table.qualified_name}
            where {window} in (select {window} from doubled)
            group by all
        ) as counted
        where known.endpoint = $endpoint and known.window_key = counted.window_key
        """,
        {"endpoint": table.name},
    )


def _find_doubled(connection: duckdb.DuckDBPyConnection, table: RawTable, rows: str) -> bool:
    """Put the rows that are not to be kept into the temporary table `doubled`; are there any?"""
    key = ", ".join(table.row_key)
    # By keys alone first: nearly always there are none, and bodies are many megabytes.
    connection.execute(
        "create or replace temp table keys as"
        f" select {key} from {rows} group by all having count(*) > 1"
    )
    same_key = " and ".join(
        f"rows.{name} is not distinct from keys.{name}" for name in table.row_key
    )
    content = [
        name for name in table.schema.names if name not in table.row_key and name not in PROVENANCE
    ]
    connection.execute(
        f"""
        create or replace temp table doubled as
        select
            {key},
            place,
            hash({", ".join(content)}) <> first_value(hash({", ".join(content)})) over kept
                as is_different,
        from {rows} as rows
        where exists (select 1 from keys where {same_key})
        window kept as (partition by {key} order by fetched_at desc, place)
        qualify row_number() over kept > 1
        """
    )
    return connection.execute("select count(*) > 0 from doubled").fetchall() == [(True,)]


def _note(connection: duckdb.DuckDBPyConnection, table: RawTable, came: str, run_id: str) -> str:
    """Keep what is in `doubled`, and return a line about it."""
    key = ", ".join(f"'{name}': {name}" for name in table.row_key)
    found = connection.execute(
        f"""
        insert into {table.kept(DUPLICATE_ROWS_TABLE)}
            (endpoint, window_key, row_key, row_count, is_different, noted_at, run_id)
        select
            $endpoint, {table.merge_key[0]}::varchar, to_json({{{key}}})::varchar, count(*),
            bool_or(is_different), $now, $run_id,
        from doubled group by {", ".join(table.row_key)}
        returning row_count, is_different
        """,
        {"endpoint": table.name, "now": datetime.now(UTC), "run_id": run_id},
    ).fetchall()
    different = sum(is_different for _, is_different in found)
    return (
        f"{table.name}: {len(found)} rows {came} more than once and are kept once;"
        f" {sum(count for count, _ in found)} were left out, {different} keys had rows that differ"
        f" and keep what was fetched last. See {table.kept(DUPLICATE_ROWS_TABLE)}"
    )
