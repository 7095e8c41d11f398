"""Up to where a gateway's log is loaded: in the ledger, a row for each UTC day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb

from ingestion.litellm.tables import DAILY_TOTALS, REQUESTS, SOURCE
from ingestion.raw import LEDGER_TABLE, RawTable

# LiteLLM writes its log in batches, and retries them.
READ_AGAIN = timedelta(days=3)
HELD_BACK = timedelta(hours=1)
_DAY = {REQUESTS: "cast(started_at as date)", DAILY_TOTALS: "usage_date"}


def first_to_read(connection: duckdb.DuckDBPyConnection, start: date) -> date:
    """Return from which UTC day on requests are to be read.

    Three days before the last that was read, or from ``start`` where that was never read from.
    """
    row = connection.execute(
        "select min(window_start)::date, max(window_start)::date"
        f" from {REQUESTS.kept(LEDGER_TABLE)} where endpoint = $endpoint and page_count > 0",
        {"endpoint": REQUESTS.name},
    ).fetchone()
    first, last = row if row else (None, None)
    if first is None or start < first:
        return start
    again: date = last - READ_AGAIN
    return max(start, again)


def settle_days(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    first: date,
    last: date,
    *,
    fetched_at: datetime,
    run_id: str,
) -> None:
    """Write the ledger's rows of days that were read, with what is stored of them counted.

    Called in the transaction that brings the rows in. A day that has not ended, or has just, is
    `partial`.
    """
    ledger, day = table.kept(LEDGER_TABLE), _DAY[table]
    connection.execute(
        f"""
        create or replace temp table days_read as
        with days as (
            select
                cast(unnest(generate_series($first, $last, interval 1 day)) as date) as day,
                cast(day as timestamp) at time zone 'UTC' as begins,
                begins + interval 1 day as ends,
                ends + $held_back <= $fetched_at as is_over,
        ),
        counted as (
            select {day} as day, count(*) as record_count
            from {table.qualified_name} where {day} between $first and $last group by all
        )
        select
            days.day,
            days.begins as window_start,
            days.ends as window_end,
            coalesce(counted.record_count, 0) as record_count,
            coalesce(known.first_fetched_at, $fetched_at) as first_fetched_at,
            case when days.is_over then 'complete' else 'partial' end as status,
            coalesce(known.first_complete_at, case when days.is_over then $fetched_at end)
                as first_complete_at,
        from days
        left join counted using (day)
        left join {ledger} as known
            on known.endpoint = $endpoint and known.window_key = days.day::varchar
        """,
        {
            "first": first,
            "last": last,
            "fetched_at": fetched_at,
            "held_back": HELD_BACK,
            "endpoint": table.name,
        },
    )
    connection.execute(
        f"delete from {ledger} where endpoint = $endpoint"
        " and window_key in (select day::varchar from days_read)",
        {"endpoint": table.name},
    )
    connection.execute(
        f"""
        insert into {ledger} by name
        select
            '{SOURCE}' as source,
            $endpoint as endpoint,
            day::varchar as window_key,
            window_start,
            window_end,
            status,
            1 as page_count,
            record_count,
            first_fetched_at,
            $fetched_at as last_fetched_at,
            $run_id as run_id,
            first_complete_at,
        from days_read
        """,
        {"endpoint": table.name, "fetched_at": fetched_at, "run_id": run_id},
    )
