"""What a report held before: the records that a complete window lost and gained when read again.

A past reading is what is stored now, less what was added since, and what was removed since.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from ingestion.raw import LEDGER_TABLE, RECORD_REVISIONS_TABLE, RawTable

# Whose records are compared at once; as JSON values they take several times as much.
_BYTES_AT_ONCE = 32_000_000


def note_revisions(
    connection: duckdb.DuckDBPyConnection, table: RawTable, fresh: str, *, run_id: str
) -> None:
    """Keep how the windows in ``fresh``, pages about to replace those of ``table``, differ.

    Only for windows that are complete, or were when they were revised before: what a day that was
    read too early gains is no revision. The records of both readings are compared as sets with
    multiplicity, so that order and paging make no difference, and neither does white space: a
    record is kept as the database writes JSON. Called before the pages are replaced, in the same
    transaction; brings the ledger's ``revised_at`` and ``revision_count`` in line.
    """
    known = connection.execute(
        f"""
        select window_key, coalesce(byte_count, 0) from {table.kept(LEDGER_TABLE)}
        where endpoint = $endpoint and (status = 'complete' or revised_at is not null)
            and window_key in (select window_key from {fresh})
        order by window_key
        """,
        {"endpoint": table.name},
    ).fetchall()
    # Most loads have none: the bodies of what is stored need not be read.
    for some in _batches(known):
        stored, read = (_readings(pages, some) for pages in (table.qualified_name, fresh))
        connection.execute(
            f"""
            create or replace temp table replaced as
            select stored.window_key, stored.read_at, fresh.read_at as revised_at
            from ({stored}) as stored
            join ({read}) as fresh using (window_key)
            where stored.text <> fresh.text
            """
        )
        _note_replaced(connection, table, fresh, run_id)


def _note_replaced(
    connection: duckdb.DuckDBPyConnection, table: RawTable, fresh: str, run_id: str
) -> None:
    """Keep how the windows in the temporary table `replaced` differ, some at a time."""
    records = f"json_extract(body, '$.{table.records}[*]')" if table.records else "[body::json]"
    connection.execute(
        f"""
        create or replace temp table changed as
        select
            window_key,
            record,
            coalesce(fresh.record_count, 0) - coalesce(stored.record_count, 0) as difference,
        from ({_counts(table.qualified_name, records)}) as stored
        full join ({_counts(fresh, records)}) as fresh using (window_key, record)
        where difference <> 0
        """
    )
    connection.execute(
        f"""
        insert into {table.kept(RECORD_REVISIONS_TABLE)}
            (endpoint, window_key, change, record, record_count, read_at, revised_at, run_id)
        select
            $endpoint, window_key, if(difference > 0, 'added', 'removed'), record,
            abs(difference), read_at, revised_at, $run_id,
        from changed
        join replaced using (window_key)
        """,
        {"endpoint": table.name, "run_id": run_id},
    )
    connection.execute(
        f"""
        update {table.kept(LEDGER_TABLE)} as known
        set revised_at = replaced.revised_at,
            revision_count = coalesce(known.revision_count, 0) + 1
        from replaced
        where known.endpoint = $endpoint and known.window_key = replaced.window_key
            and known.window_key in (select window_key from changed)
        """,
        {"endpoint": table.name},
    )
    connection.execute("drop table replaced")
    connection.execute("drop table changed")


def _batches(windows: list[tuple[str, int]]) -> Iterator[list[str]]:
    """Group windows, given with their bytes, so that each group's records fit in memory."""
    some: list[str] = []
    size = 0
    for key, byte_count in windows:
        if some and size + byte_count > _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
        some.append(key)
        size += byte_count
    if some:
        yield some


def _readings(pages: str, keys: list[str]) -> str:
    """Return a query of `window_key`, `read_at` and the `text` of each window's pages."""
    text = "string_agg(md5(body), '' order by page_number, records_before)"
    listed = ", ".join(f"'{key}'" for key in keys)
    return (
        f"select window_key, max(fetched_at) as read_at, md5({text}) as text"
        f" from {pages} where window_key in ({listed}) group by window_key"
    )


def _counts(pages: str, records: str) -> str:
    """Return a query of the replaced windows' distinct records, and how often each is there."""
    return (
        f"select window_key, record, count(*) as record_count"
        f" from (select window_key, unnest({records})::varchar as record from {pages}"
        f" where window_key in (select window_key from replaced))"
        f" group by window_key, record"
    )
