"""What is due of a source, and what is known of its days: from the ledger, by family of reports.

A family is what two reports tell in two degrees of fineness; a day is complete when either has it
complete. It is read again while it may still change: until it has been read once after the
report's look-back, and once a day at most. Details of a report are due when it is, and on days that
it tells and they do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import duckdb
import pyarrow as pa

from ingestion.ledger import first_day
from ingestion.raw import LEDGER_TABLE
from ingestion.settings import Settings
from ingestion.source import Source
from ingestion.sources import SOURCES
from ingestion.windows import ONE_DAY, today

# How far back the first run goes when nothing has been asked for yet.
FIRST_RUN_DAYS = 30

State = Literal["complete", "partial", "failed", "missing", "not_ready"]


@dataclass(frozen=True)
class DayState:
    """What is known of one UTC day of one family of reports.

    ``not_ready``: the source does not have the day yet. ``revised_at`` is when the day, complete
    before, was last found changed by its source.
    """

    source: str
    family: str
    day: date
    state: State
    revised_at: datetime | None


def due_days(
    source: Source, settings: Settings, connection: duckdb.DuckDBPyConnection, *, now: datetime
) -> dict[str, list[date]]:
    """Return the days to read by raw table name, for the organisations there is a key of.

    From the first day ever asked for (the first time: 30 days back, and no further than
    HISTORY_START) up to yesterday: what is missing, failed, partial or not settled. Both reports of
    a family have the same days; which of them is asked for which day is decided when the day is
    read. A day of a report that is aggregated the day after is not due before that.
    """
    first = max(now.date() - timedelta(days=FIRST_RUN_DAYS), settings.history_start)
    firsts = dict.fromkeys(source.configured(settings), first)
    firsts |= {k: day for k, day in first_days(source, connection).items() if k in firsts}
    found: dict[str, list[date]] = {
        report.table.name: [] for report in source.reports if report.organization in firsts
    }
    columns = "organization, family, day"
    for kind, family, day in _query(source, connection, columns, firsts, now, "is_due"):
        for report in source.reports:
            if (report.organization, report.family) == (kind, family):
                found[report.table.name].append(day)
    return found


def days_due(
    source: Source, settings: Settings, connection: duckdb.DuckDBPyConnection, *, now: datetime
) -> list[date]:
    """Return the days that are due of any report, in order."""
    due = due_days(source, settings, connection, now=now)
    return sorted({day for days in due.values() for day in days})


def start_due(
    source: Source, connection: duckdb.DuckDBPyConnection, asked: date | None = None
) -> tuple[date, date | None]:
    """Return from when on a source without days is to be read, and from when on it was before.

    As far back as it was read before or is ``asked`` for, else 30 days.
    """
    known = first_day(connection, source.name)
    starts = [day for day in (asked, known) if day]
    return min(starts, default=today() - timedelta(days=FIRST_RUN_DAYS)), known


def day_states(connection: duckdb.DuckDBPyConnection, *, now: datetime) -> list[DayState]:
    """Return what is known of each day, from the first ever asked for up to yesterday.

    By organisation, family and day; only those of which anything was ever asked for.
    """
    columns = "organization, family, day, state, revised_at"
    return [
        DayState(source.organizations[kind], *rest)
        for source in SOURCES
        for kind, *rest in _query(
            source, connection, columns, first_days(source, connection), now, "is_shown"
        )
    ]


def first_days(source: Source, connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """Return the first day ever asked for, by kind of organisation."""
    if not source.reports:
        return {}
    connection.register("reports_known", _reports(source, today()))
    rows = connection.execute(
        f"""
        select organization, min(window_start)::date
        from {source.schema}.{LEDGER_TABLE} as ledger
        join reports_known as reports on reports.endpoint = ledger.endpoint
        where window_start is not null
        group by organization
        """
    ).fetchall()
    connection.unregister("reports_known")
    return dict(rows)


_CALENDAR = """
    with families as (
        select
            organization,
            family,
            max(held_back) as held_back,
            bool_or(is_aggregated_later) as is_aggregated_later,
            -- No bound when one of the reports has none.
            if(bool_or(earliest is null), null, min(earliest)) as earliest,
            any_value(details_of) as details_of,
            any_value(family_of_whole) as family_of_whole,
        from reports_known
        group by organization, family
    ),

    days as (
        select
            organization,
            family,
            day::date as day,
            details_of,
            family_of_whole,
            is_aggregated_later
                and day::timestamptz + interval 1 day + held_back > $now as is_withheld,
        from families
        join first_days_known using (organization),
            unnest(generate_series(greatest(first_day, earliest), $yesterday, interval 1 day))
                as calendar(day)
    ),

    readings as (
        select
            organization,
            family,
            ledger.endpoint,
            window_start::date as day,
            status,
            error,
            page_count,
            last_fetched_at,
            last_fetched_at >= window_end + look_back as is_settled,
            revised_at,
        from ledger_known as ledger
        join reports_known as reports on reports.endpoint = ledger.endpoint
    ),

    known as (
        select
            days.organization,
            days.family,
            days.day,
            days.details_of,
            days.family_of_whole,
            days.is_withheld,
            count(*) filter (status = 'complete') > 0 as is_complete,
            count(*) filter (status = 'complete' and error is not null) > 0 as has_failed_again,
            count(*) filter (status = 'complete' and is_settled) > 0 as is_settled,
            max(last_fetched_at) filter (status = 'complete') as last_fetched_at,
            max(revised_at) as revised_at,
            case
                when count(*) filter (status = 'complete') > 0 then 'complete'
                when count(*) filter (status = 'partial' and page_count > 0) > 0 then 'partial'
                when count(*) filter (status = 'failed') > 0 then 'failed'
                when days.is_withheld or count(*) filter (status = 'partial') > 0 then 'not_ready'
                else 'missing'
            end as state,
        from days
        left join readings
            on readings.organization = days.organization
            and readings.family = days.family
            and readings.day = days.day
        group by
            days.organization,
            days.family,
            days.day,
            days.details_of,
            days.family_of_whole,
            days.is_withheld
    ),

    open as (
        select
            *,
            not is_withheld and (
                not is_complete
                or has_failed_again
                or (not is_settled and last_fetched_at::date < $now::date)
            ) as is_open,
        from known
    ),

    -- A report that tells a day can be asked for its details.
    detailed as (
        select distinct endpoint, day from readings where status = 'complete'
    )

    select
        open.*,
        details_of is null or detailed.day is not null or state <> 'missing' as is_shown,
        open.is_open
            and (details_of is null or detailed.day is not null or coalesce(whole.is_open, false))
            as is_due,
    from open
    left join detailed on detailed.endpoint = open.details_of and detailed.day = open.day
    left join (select organization, family, day, is_open from open) as whole
        on whole.organization = open.organization
        and whole.family = open.family_of_whole
        and whole.day = open.day
"""


def _query(
    source: Source,
    connection: duckdb.DuckDBPyConnection,
    columns: str,
    firsts: dict[str, date],
    now: datetime,
    condition: str,
) -> list[tuple]:  # type: ignore[type-arg]
    """Return ``columns`` of the days of all families that meet ``condition``, in order."""
    if not firsts:
        return []
    begins = {"organization": list(firsts), "first_day": list(firsts.values())}
    schema = pa.schema([("organization", pa.string()), ("first_day", pa.date32())])
    connection.register("reports_known", _reports(source, now.date()))
    connection.register("first_days_known", pa.table(begins, schema=schema))
    rows = connection.execute(
        f"with ledger_known as (from {source.schema}.{LEDGER_TABLE})"
        f" select {columns} from ({_CALENDAR}) where {condition}"
        " order by organization, family, day",
        {"yesterday": now.date() - ONE_DAY, "now": now},
    ).fetchall()
    connection.unregister("reports_known")
    connection.unregister("first_days_known")
    return rows


def _reports(source: Source, on: date) -> pa.Table:
    """Return the reports' families and bounds, a row each."""
    reports = source.reports
    families = {report.table: report.family for report in reports}
    return pa.table(
        {
            "organization": [report.organization for report in reports],
            "family": [report.family for report in reports],
            "endpoint": [report.table.name for report in reports],
            "look_back": [report.look_back for report in reports],
            "held_back": [report.held_back for report in reports],
            "details_of": pa.array(
                [report.details_of and report.details_of.name for report in reports], pa.string()
            ),
            "family_of_whole": pa.array(
                [report.details_of and families[report.details_of] for report in reports],
                pa.string(),
            ),
            "is_aggregated_later": [report.is_aggregated_later for report in reports],
            "earliest": pa.array([report.earliest(on) for report in reports], pa.date32()),
        }
    )
