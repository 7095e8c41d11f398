"""Load windows of the Admin API: a window that fails, fails alone."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import msgspec
import pyarrow as pa
from dlt.extract import DltResource

from ingestion import ledger, raw
from ingestion.anthropic import client as api
from ingestion.anthropic.client import Page
from ingestion.anthropic.endpoints import (
    API_KEYS,
    API_VERSION,
    REPORTS,
    USERS,
    WORKSPACES,
    BucketReport,
    DayReport,
    Directory,
    workspace_members,
)
from ingestion.errors import (
    ConfigurationError,
    CredentialRejected,
    NotFound,
    PermissionDenied,
    RequestError,
)
from ingestion.http import ApiClient, RetryPolicy
from ingestion.loading import LoadReport, Once, landing_resource, load
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.windows import Days, runs

log = logging.getLogger(__name__)

# Windows in memory at once: 32 days of 500 people are about 30 MB of JSON.
SLICE = 32

# No other window of the endpoint can fare better.
FATAL = (CredentialRejected, PermissionDenied)


@dataclass(frozen=True)
class Window:
    """One thing to read: its keys in the ledger, and how."""

    keys: tuple[str, ...]
    read: Callable[[ApiClient], Awaitable[list[Page]]]


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` when there is no key."""
    if settings.anthropic_admin_key is None:
        raise ConfigurationError(
            "ANTHROPIC_ADMIN_KEY is not set. Create an Admin key (sk-ant-admin01-…) in the Console,"
            " under Settings, Admin keys, and export it."
        )


def load_anthropic(
    settings: Settings,
    *,
    run_id: str,
    report_days: Mapping[str, Sequence[date]] | None = None,
    directories: bool = True,
    retry: RetryPolicy | None = None,
    now: Callable[[], float] = time.time,
) -> LoadReport:
    """Read and store report days and directories; return what was stored and what failed.

    Args:
        report_days: days to read by raw table name; a table that is not named is not read.
        directories: whether to read the organisation, its users, workspaces, members and keys.
        now: the clock, in seconds of the epoch: a day is complete only when read after its end.

    Raises:
        ConfigurationError: there is no key.
    """
    check_settings(settings)
    report = LoadReport("anthropic", run_id)
    client = api.open_client(settings, retry=retry or RetryPolicy(), now=now)
    asked = {
        endpoint.table: _report_windows(endpoint, report_days[endpoint.table.name])
        for endpoint in REPORTS
        if report_days and report_days.get(endpoint.table.name)
    }
    resources = [
        landing_resource(table, _fetch(client, table, windows, report))
        for table, windows in asked.items()
    ]
    tables = list(asked)
    if directories:
        resources += _directory_resources(client, report)
        tables += raw.DIRECTORIES

    def count(connection: duckdb.DuckDBPyConnection) -> None:
        if directories:
            ledger.forget_failures(connection, raw.WORKSPACE_MEMBERS)
        for table in tables:
            ledger.count_pages(connection, table)

    load(report, resources, settings.warehouse_path, count)
    report.request_count = client.request_count
    return report


def _report_windows(endpoint: DayReport | BucketReport, days: Sequence[date]) -> list[Window]:
    if isinstance(endpoint, DayReport):
        return [
            Window((day.isoformat(),), functools.partial(_read_day, endpoint, day))
            for day in sorted(set(days))
        ]
    return [
        Window(tuple(day.isoformat() for day in run), functools.partial(_read_run, endpoint, run))
        for run in runs(days, longest=endpoint.longest_range)
    ]


async def _read_day(endpoint: DayReport, day: date, client: ApiClient) -> list[Page]:
    return await api.read_day(client, endpoint, day)


async def _read_run(endpoint: BucketReport, days: Days, client: ApiClient) -> list[Page]:
    return await api.read_buckets(client, endpoint, days)


async def _read_list(directory: Directory, key: str, client: ApiClient) -> list[Page]:
    return await api.read_directory(client, directory, key)


def _directory_resources(client: ApiClient, report: LoadReport) -> list[DltResource]:
    workspaces = Once(lambda: api.read_directory(client, WORKSPACES, "current"))
    single: dict[RawTable, Callable[[ApiClient], Awaitable[list[Page]]]] = {
        raw.ORGANIZATION: api.read_organization,
        raw.WORKSPACES: lambda _: workspaces.get(),
        USERS.table: functools.partial(_read_list, USERS, "current"),
        API_KEYS.table: functools.partial(_read_list, API_KEYS, "current"),
    }
    resources = [
        landing_resource(table, _fetch(client, table, [Window(("current",), read)], report))
        for table, read in single.items()
    ]
    members = _fetch_members(client, workspaces, report)
    return [*resources, landing_resource(raw.WORKSPACE_MEMBERS, members)]


async def _fetch_members(
    client: ApiClient, workspaces: Once[list[Page]], report: LoadReport
) -> AsyncIterator[pa.Table]:
    """Read the members of each live workspace, once the list of workspaces is there."""
    async with client:
        try:
            ids = _live_workspaces(await workspaces.get())
        except RequestError as error:
            report.fail(raw.WORKSPACE_MEMBERS, "current", error)
            return
        windows = [
            Window((one,), functools.partial(_read_list, workspace_members(one), one))
            for one in ids
        ]
        async for table in _fetch(client, raw.WORKSPACE_MEMBERS, windows, report):
            yield table


class _Workspace(msgspec.Struct):
    id: str
    archived_at: str | None = None


class _Workspaces(msgspec.Struct):
    data: list[_Workspace]


def _live_workspaces(pages: Sequence[Page]) -> list[str]:
    lists = (msgspec.json.decode(page.body, type=_Workspaces).data for page in pages)
    return [workspace.id for data in lists for workspace in data if workspace.archived_at is None]


async def _fetch(
    client: ApiClient, table: RawTable, windows: Sequence[Window], report: LoadReport
) -> AsyncIterator[pa.Table]:
    """Read ``windows`` a slice at a time; yield one Arrow table of pages for each slice.

    A window that fails is noted and left out. When the endpoint as a whole refuses, which the
    first window alone finds out, or when a whole slice fails, the others are noted with the same
    error and not asked for.
    """
    async with client:
        refusal: RequestError | None = None
        for some in _slices(windows):
            if refusal is not None:
                _note_failures(report, table, some, refusal)
                continue
            outcomes = await asyncio.gather(*(_attempt(client, window) for window in some))
            pages: list[Page] = []
            for window, outcome in outcomes:
                if isinstance(outcome, RequestError):
                    log.error("%s", outcome)
                    _note_failures(report, table, [window], outcome)
                    refusal = outcome if _refuses_all(table, outcome) else refusal
                else:
                    _note_success(report, table, window, outcome)
                    pages += outcome
            if len(some) > 1 and not pages:
                # Each has had all its tries: the server is down, and the rest would fare the same.
                refusal = next(e for _, e in outcomes if isinstance(e, RequestError))
            if pages:
                yield _arrow(pages, report.run_id)


def _slices(windows: Sequence[Window]) -> Iterator[Sequence[Window]]:
    yield windows[:1]
    for start in range(1, len(windows), SLICE):
        yield windows[start : start + SLICE]


def _refuses_all(table: RawTable, error: RequestError) -> bool:
    # One workspace may be gone while the others are there.
    is_absent = isinstance(error, NotFound) and table != raw.WORKSPACE_MEMBERS
    return is_absent or isinstance(error, FATAL)


async def _attempt(client: ApiClient, window: Window) -> tuple[Window, list[Page] | RequestError]:
    try:
        return window, await window.read(client)
    except RequestError as error:
        return window, error


def _note_failures(
    report: LoadReport, table: RawTable, windows: Sequence[Window], error: RequestError
) -> None:
    for window in windows:
        for key in window.keys:
            report.fail(table, key, error)


def _note_success(
    report: LoadReport, table: RawTable, window: Window, pages: Sequence[Page]
) -> None:
    records, size = sum(page.record_count for page in pages), sum(len(page.body) for page in pages)
    report.add(table, windows=len(window.keys), pages=len(pages), records=records, bytes=size)
    shown = window.keys[0] if len(window.keys) == 1 else f"{window.keys[0]}..{window.keys[-1]}"
    log.info("%s %s: %d pages, %d records, %d bytes", table.name, shown, len(pages), records, size)


def _arrow(pages: Sequence[Page], run_id: str) -> pa.Table:
    columns = {
        name: [getattr(page, name) for page in pages]
        for name in raw.PAGES.names
        if name not in ("byte_count", "body", "api_version", "run_id")
    }
    columns["byte_count"] = [len(page.body) for page in pages]
    columns["body"] = [page.body.decode() for page in pages]
    columns["api_version"] = [API_VERSION] * len(pages)
    columns["run_id"] = [run_id] * len(pages)
    return pa.table(columns, schema=raw.PAGES)
