"""What is told and what is stored as one: the greatest stays, in whatever order it came.

Rows are chosen by what is in them alone, so that exports read in any order, or twice, give the same
tables.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from ingestion.local.tables import CONTEXT_DAILY, COUNTS, DAYS, RESPONSES
from ingestion.raw import RawTable

_TOLD = [name for name in RESPONSES.schema.names if name not in ("fetched_at", "run_id")]
_CHOSEN = [name for name in _TOLD if name not in ("message_id", "first_at", "is_partial")]

# Of equal output that of one machine, and of its exports the last, which may know how it was paid.
_RESPONSES = f"""
select
    message_id,
    min(first_at) as first_at,
    bool_and(coalesce(is_partial, false)) as is_partial,
    {", ".join(f"max({name}) filter (place = 1) as {name}" for name in _CHOSEN)}
from (
    select
        *,
        row_number() over (
            partition by message_id
            order by output_tokens desc, machine_key, exported_at desc, {", ".join(_CHOSEN)}
        ) as place
    from all_rows
)
group by message_id
"""

_DAYS = """
select machine_key, usage_date, bool_or(is_complete) as is_complete
from all_rows group by machine_key, usage_date
"""

_CONTEXT = f"""
select
    machine_key,
    usage_date,
    item,
    name,
    max_by(actor_hash, struct_pack(exported_at := exported_at, actor_hash := actor_hash))
        as actor_hash,
    {", ".join(f"max({name}) as {name}" for name in COUNTS)},
    max(exported_at) as exported_at
from all_rows group by machine_key, usage_date, item, name
"""

_MERGED = {RESPONSES: _RESPONSES, DAYS: _DAYS, CONTEXT_DAILY: _CONTEXT}


def changed_rows(
    connection: duckdb.DuckDBPyConnection, table: RawTable, *, fetched_at: datetime, run_id: str
) -> pa.Table:
    """Return the rows of a raw table that are new, or other than they are stored."""
    names = [name for name in table.schema.names if name not in ("fetched_at", "run_id")]
    columns, key = ", ".join(names), ", ".join(table.row_key)
    found = connection.execute(
        f"""
        with incoming as (select {columns} from incoming_{table.name}),

        stored as (
            select {columns} from {table.qualified_name}
            semi join incoming using ({key})
        ),

        all_rows as (from incoming union all by name from stored),

        merged as ({_MERGED[table]})

        select {columns}, $fetched_at::timestamptz as fetched_at, $run_id as run_id
        from (select {columns} from merged except select {columns} from stored)
        order by {key}
        """,
        {"fetched_at": fetched_at, "run_id": run_id},
    ).to_arrow_table()
    return found.cast(table.schema)
