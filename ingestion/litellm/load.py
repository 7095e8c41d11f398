"""Load a gateway's requests since the last load, three days of them again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa

from ingestion import warehouse
from ingestion.errors import IngestionError, NotFound, PermissionDenied
from ingestion.http import RetryPolicy
from ingestion.litellm import api, postgres
from ingestion.litellm.access import check_settings
from ingestion.litellm.rows import Projection
from ingestion.litellm.stored import first_to_read, settle_days
from ingestion.litellm.tables import DAILY_TOTALS, REQUESTS, SOURCE
from ingestion.loading import LoadReport, landing_resource, load
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.windows import ONE_DAY

log = logging.getLogger(__name__)

# Rows of the API that are made into stored ones at a time.
PROJECTED_TOGETHER = 5_000

WITHOUT_SALT = (
    "requests: IDENTITY_SALT is not set, so whose they are is not stored. Set it, then read them"
    " again with `claude-usage run --source litellm --start` and a day before the first that is"
    " stored"
)


@dataclass
class _Run:
    """One load: from which day, and up to which each table was read to its end."""

    settings: Settings
    report: LoadReport
    since: date
    now: datetime
    projection: Projection
    retry: RetryPolicy
    read_up_to: dict[RawTable, date] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()


def load_litellm(
    settings: Settings, *, run_id: str, start: date, retry: RetryPolicy | None = None
) -> LoadReport:
    """Read and store a gateway's requests; return what was stored and what failed.

    What is stored and comes again is replaced; what the gateway does not have any more stays.

    Args:
        start: how far back the first load goes. An earlier one than before reads all again.

    Raises:
        ConfigurationError: no gateway is set, or two ways to it are.
    """
    check_settings(settings)
    report = LoadReport(SOURCE, run_id)
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        since = first_to_read(connection, start)
    salt, now = settings.identity_salt, datetime.now(UTC)
    if salt is None:
        report.warn(REQUESTS, WITHOUT_SALT)
    run = _Run(
        settings=settings,
        report=report,
        since=since,
        now=now,
        projection=Projection(
            run_id=run_id,
            fetched_at=now,
            salt=salt.get_secret_value() if salt else None,
            namespace=settings.litellm_tag_namespace,
        ),
        retry=retry or RetryPolicy(),
    )
    is_database = settings.litellm_database_url is not None
    requests, totals = (_pulled, _pulled_totals) if is_database else (_asked, _asked_totals)
    resources = [
        landing_resource(REQUESTS, requests(run)),
        landing_resource(DAILY_TOTALS, totals(run)),
    ]

    def settle(connection: duckdb.DuckDBPyConnection) -> None:
        for table, last in run.read_up_to.items():
            settle_days(connection, table, since, last, fetched_at=now, run_id=run_id)

    load(report, resources, settings.warehouse_path, settle)
    for table in run.read_up_to:
        read = report.loaded[table.name]
        log.info("%s since %s: %d records, %d bytes", table.name, since, read.records, read.bytes)
    return report


async def _pulled(run: _Run) -> AsyncIterator[pa.Table]:
    async for rows in _from_database(run, REQUESTS, _requests_of_database):
        yield run.projection.requests(rows)


async def _pulled_totals(run: _Run) -> AsyncIterator[pa.Table]:
    async for rows in _from_database(run, DAILY_TOTALS, _totals_of_database):
        yield run.projection.totals(rows)


def _requests_of_database(run: _Run, url: str) -> Generator[pa.RecordBatch]:
    with postgres.connect(url) as connection:
        query = postgres.offered(connection).requests
        yield from postgres.requests_since(connection, query, run.since)


def _totals_of_database(run: _Run, url: str) -> Generator[pa.RecordBatch]:
    with postgres.connect(url) as connection:
        query = postgres.offered(connection).totals
        if query is None:
            run.report.lack(DAILY_TOTALS, "the database has no daily tables to check against")
        else:
            yield from postgres.totals_since(connection, query, run.since)


async def _from_database(
    run: _Run, table: RawTable, read: Callable[[_Run, str], Generator[pa.RecordBatch]]
) -> AsyncIterator[pa.RecordBatch]:
    """Yield batches while dlt writes the one before; note the end, or the failure."""
    assert run.settings.litellm_database_url is not None
    batches = read(run, run.settings.litellm_database_url.get_secret_value())
    try:
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            run.report.add(table, pages=1, records=batch.num_rows, bytes=batch.nbytes)
            if batch.num_rows:
                yield batch
    except IngestionError as error:
        _fail(run, table, run.today, error)
        return
    finally:
        batches.close()
    _note_end(run, table, run.today)


async def _asked(run: _Run) -> AsyncIterator[pa.Table]:
    read: list[pa.Table] = []
    async for page in _pages(run):
        run.report.add(REQUESTS, pages=1, records=page.num_rows, bytes=page.nbytes)
        read.append(page)
        # Most days of most gateways have one page, and few requests on it.
        if sum(one.num_rows for one in read) >= PROJECTED_TOGETHER:
            yield run.projection.requests(pa.concat_tables(read))
            read.clear()
    if read:
        yield run.projection.requests(pa.concat_tables(read))


async def _pages(run: _Run) -> AsyncIterator[pa.Table]:
    """Yield the pages of each day up to the first that fails: later ones would hide the gap."""
    client = api.open_client(run.settings, run.retry)
    async with client:
        day = run.since
        while day <= run.today:
            found = api.pages_of_day(client, run.projection.connection, day, run.now)
            try:
                async with aclosing(found) as pages:
                    async for page in pages:
                        yield page
            except IngestionError as error:
                _fail(run, REQUESTS, day, error)
                break
            _note_end(run, REQUESTS, day)
            day += ONE_DAY
    run.report.request_count += client.request_count


async def _asked_totals(run: _Run) -> AsyncIterator[pa.Table]:
    client = api.open_client(run.settings, run.retry)
    async with client:
        parts: list[pa.Table] = []
        try:
            async with aclosing(
                api.totals_of_days(client, run.projection.connection, run.since, run.today)
            ) as pages:
                async for page in pages:
                    run.report.add(DAILY_TOTALS, pages=1, records=page.num_rows, bytes=page.nbytes)
                    parts.append(page)
        except (NotFound, PermissionDenied) as error:
            run.report.lack(
                DAILY_TOTALS, f"the proxy does not give its daily sums: {error.summary}"
            )
            return
        except IngestionError as error:
            _fail(run, DAILY_TOTALS, run.today, error)
            return
    if parts:
        # A day may begin on one page and end on the next.
        yield run.projection.totals(pa.concat_tables(parts))
    _note_end(run, DAILY_TOTALS, run.today)
    run.report.request_count += client.request_count


def _note_end(run: _Run, table: RawTable, last: date) -> None:
    run.read_up_to[table] = last
    run.report.add(table, windows=1)


def _fail(run: _Run, table: RawTable, day: date, error: IngestionError) -> None:
    log.error("%s", error)
    run.report.fail(table, str(day), error)
