"""Load report days and directories of the organisations there is a key of."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import duckdb
import msgspec
import pyarrow as pa
from dlt.extract import DltResource

from ingestion import ledger, warehouse
from ingestion.anthropic import readers
from ingestion.anthropic.capabilities import Choice, choose, split_days
from ingestion.anthropic.client import open_client
from ingestion.anthropic.endpoints import DIRECTORIES, REPORTS, SUCCESSORS
from ingestion.anthropic.fetch import Fetch, Progress, Window, range_window
from ingestion.anthropic.history import keep_history
from ingestion.anthropic.keys import check_settings, configured
from ingestion.anthropic.kinds import (
    ORGANIZATIONS,
    SOURCE,
    DayReport,
    Directory,
    Endpoint,
    MinuteReport,
    Organization,
    RangeReport,
    Report,
)
from ingestion.anthropic.pages import CURRENT, Page
from ingestion.anthropic.validation import invalid_windows
from ingestion.errors import RequestError, Unreachable
from ingestion.http import ApiClient, Host, RetryPolicy
from ingestion.loading import LoadReport, Once, landing_resource, load
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.windows import runs, today

log = logging.getLogger(__name__)


def load_anthropic(
    settings: Settings,
    *,
    run_id: str,
    report_days: Mapping[str, Sequence[date]] | None = None,
    directories: bool | Collection[RawTable] = True,
    retry: RetryPolicy | None = None,
    now: Callable[[], float] = time.time,
    on_progress: Progress | None = None,
    enterprise_requests_a_minute: int | None = None,
) -> LoadReport:
    """Read and store report days and directories; return what was stored and what failed.

    Where both reports of a family are asked for, each day is read from the one that the key may
    read and that can answer it. What belongs to an organisation without a key is not offered.

    Args:
        report_days: days to read by raw table name; a table that is not named is not read.
        directories: the directories to read; all that there is a key for, or none.
        now: the clock, in seconds of the epoch: a day is complete only when read after its end.
        on_progress: called with the raw table's name, its windows done and its windows in all.
        enterprise_requests_a_minute: another bound than the documented one.

    Raises:
        ConfigurationError: there is no key, or one of the wrong kind.
    """
    check_settings(settings)
    report = LoadReport(SOURCE, run_id)
    host = Host()
    clients = {
        kind: open_client(settings, kind, retry=retry or RetryPolicy(), now=now, host=host)
        for kind in configured(settings)
    }
    if enterprise_requests_a_minute and "enterprise" in clients:
        clients["enterprise"].a_minute = enterprise_requests_a_minute
    work = _Load(clients, report, _ever_loaded(settings), on_progress or _silent)
    work.add_reports(report_days or {}, datetime.fromtimestamp(now(), UTC))
    if directories is True:
        directories = [one.table for one in DIRECTORIES if one.organization in clients]
    work.add_directories(directories or ())
    load(report, work.resources, settings.warehouse_path, work.settle)
    report.request_count = sum(client.request_count for client in clients.values())
    return report


def _silent(_table: str, _done: int, _total: int) -> None:
    return


def _ever_loaded(settings: Settings) -> set[str]:
    """Return the endpoints of which anything has been loaded before."""
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        return ledger.complete_endpoints(connection, SOURCE)


@dataclass
class _Load:
    """What one load reads: a dlt resource for each endpoint, and what is counted afterwards."""

    clients: Mapping[Organization, ApiClient]
    report: LoadReport
    ever_loaded: Collection[str]
    on_progress: Progress
    resources: list[DltResource] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    directories: list[Directory] = field(default_factory=list)

    def add_reports(self, asked: Mapping[str, Sequence[date]], now: datetime) -> None:
        """Have report days read, each by one report of its family."""
        asked = {name: days for name, days in asked.items() if days}
        for endpoint in REPORTS:
            if endpoint.table.name in asked and not self._has_key(endpoint):
                asked.pop(endpoint.table.name)
        choices = self._choices(asked)
        split = split_days(asked, choices, now=now)
        not_offered = {one.report.table for one in choices if not one.is_offered}
        for endpoint in REPORTS:
            if endpoint.details_of in not_offered:
                continue
            days = self._answerable(endpoint, split.get(endpoint.table.name, ()), now)
            if days:
                self.reports.append(endpoint)
                self.report.asked[endpoint.table.name] = days
                fetch = self._fetch(endpoint)
                self._add(endpoint, fetch.tables(_windows(endpoint, days)))

    def _choices(self, asked: Collection[str]) -> list[Choice]:
        found: list[Choice] = []
        for kind, client in self.clients.items():
            for choice in asyncio.run(choose(client, kind, asked)):
                found.append(choice)
                if isinstance(choice.refusal, Unreachable):
                    # Told once, by what is asked next.
                    continue
                log.info("%s, %s: %s", ORGANIZATIONS[kind], choice.report.family, choice.why)
                if choice.refusal is not None:
                    if choice.report.table.name in self.ever_loaded:
                        log.warning("%s could be read before", choice.report.table.name)
                    self.report.lack(choice.report.table, choice.refusal.summary)
        return found

    def _answerable(self, endpoint: Report, days: Sequence[date], now: datetime) -> list[date]:
        """Return the days that a report can be asked for; note the others."""
        earliest = endpoint.earliest(today(now)) or date.min
        if endpoint.details_of:
            return [day for day in days if day >= earliest]
        if early := [str(run) for run in runs((d for d in days if d < earliest), longest=10_000)]:
            reason = f"it cannot be asked for days before {earliest}: {', '.join(early)}"
            log.warning("%s: %s", endpoint.table.name, reason)
            self.report.lack(endpoint.table, reason)
        return [day for day in days if day >= earliest]

    def add_directories(self, wanted: Collection[RawTable]) -> None:
        """Have directories read; lists within another directory once that one is there."""
        endpoints = [one for one in DIRECTORIES if one.table in wanted and self._has_key(one)]
        parents = {one.of or one for one in endpoints if one.of or _is_parent(one)}
        lists = {parent: Once(self._read_parent(parent)) for parent in parents}
        for endpoint in endpoints:
            self.directories.append(endpoint)
            if endpoint.of is not None:
                self._add(endpoint, self._within(endpoint, lists[endpoint.of]))
                continue
            read = functools.partial(_read_directory, endpoint)
            if endpoint in lists:
                read = functools.partial(_await, lists[endpoint])
            self._add(endpoint, self._fetch(endpoint).tables([Window((CURRENT,), read)]))

    def _read_parent(
        self, parent: Directory
    ) -> Callable[[], Coroutine[object, object, list[Page]]]:
        async def read() -> list[Page]:
            pages = await readers.read_directory(self.clients[parent.organization], parent)
            for problem in invalid_windows(parent, pages).values():
                raise problem
            return pages

        return read

    async def _within(
        self, endpoint: Directory, parents: Once[list[Page]]
    ) -> AsyncIterator[pa.Table]:
        """Read the list of each live entity of the parent directory, once that is there."""
        fetch = self._fetch(endpoint)
        async with fetch.client:
            try:
                ids = _live(await parents.get())
            except RequestError as error:
                fetch.note_failure([CURRENT], error)
                return
            windows = [
                Window((one,), functools.partial(_read_directory, endpoint.within(one), key=one))
                for one in ids
            ]
            async for table in fetch.tables(windows):
                yield table

    def _has_key(self, endpoint: Endpoint) -> bool:
        if endpoint.organization in self.clients:
            return True
        source = ORGANIZATIONS[endpoint.organization]
        self.report.lack(endpoint.table, f"there is no key of a {source} organisation")
        return False

    def _fetch(self, endpoint: Endpoint) -> Fetch:
        return Fetch(
            client=self.clients[endpoint.organization],
            endpoint=endpoint,
            report=self.report,
            was_offered=endpoint.table.name in self.ever_loaded,
            on_progress=self.on_progress,
        )

    def _add(self, endpoint: Endpoint, rows: AsyncIterator[pa.Table]) -> None:
        self.resources.append(landing_resource(endpoint.table, rows))

    def settle(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Bring the ledger and the directories' history in line with what is stored."""
        for report in self.reports:
            ledger.settle_pages(
                connection,
                report.table,
                held_back=report.held_back,
                says_how_fresh=report.says_how_fresh,
            )
        for old, new in SUCCESSORS.items():
            ledger.forget_made_good(connection, old, new)
            ledger.forget_made_good(connection, new, old)
        for directory in self.directories:
            if directory.of is not None:
                ledger.forget_failures(connection, directory.table)
            ledger.settle_pages(connection, directory.table)
        keep_history(connection, self.directories, run_id=self.report.run_id)


def _windows(endpoint: Report, days: Sequence[date]) -> list[Window]:
    if isinstance(endpoint, DayReport):
        return _day_windows(functools.partial(readers.read_day, report=endpoint), days)
    if isinstance(endpoint, MinuteReport):
        return _day_windows(functools.partial(readers.read_minutes, report=endpoint), days)
    assert isinstance(endpoint, RangeReport)
    return [
        range_window(endpoint, run, readers.read_range)
        for run in runs(days, longest=endpoint.longest_range)
    ]


def _day_windows(
    read: Callable[..., Coroutine[object, object, list[Page]]], days: Sequence[date]
) -> list[Window]:
    return [Window((day.isoformat(),), functools.partial(read, day=day)) for day in days]


async def _read_directory(
    endpoint: Directory, client: ApiClient, *, key: str = CURRENT
) -> list[Page]:
    return await readers.read_directory(client, endpoint, key)


async def _await(pages: Once[list[Page]], _client: ApiClient) -> list[Page]:
    return await pages.get()


def _is_parent(endpoint: Directory) -> bool:
    return any(one.of == endpoint for one in DIRECTORIES)


class _Entity(msgspec.Struct):
    id: str
    archived_at: str | None = None


class _Entities(msgspec.Struct):
    data: list[_Entity]


def _live(pages: Sequence[Page]) -> list[str]:
    lists = (msgspec.json.decode(page.body, type=_Entities).data for page in pages)
    return [entity.id for data in lists for entity in data if entity.archived_at is None]
