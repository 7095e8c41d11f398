"""Load what is new of the repositories: a repository that fails, fails alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import ledger, raw, warehouse
from ingestion.errors import ConfigurationError, CredentialRejected, RequestError
from ingestion.github.client import API_VERSION, open_client
from ingestion.github.commits import read_commits
from ingestion.github.paging import Progress, Record
from ingestion.github.probe import ENDPOINT, Probe, Repository, probe
from ingestion.github.pull_requests import read_pull_requests
from ingestion.http import ApiClient, RetryPolicy
from ingestion.ledger import KnownRepository, RepositorySynced
from ingestion.loading import LoadReport, landing_resource, load
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.windows import midnight

log = logging.getLogger(__name__)


@dataclass
class _Run:
    """One load: what is known before it, and what it finds."""

    client: ApiClient
    path: Path
    report: LoadReport
    found: Probe
    start: datetime
    known: dict[RawTable, dict[int, KnownRepository]]
    synced: list[RepositorySynced] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    broken_off: dict[RawTable, list[int]] = field(default_factory=dict)


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` without a token, or when nothing says which repositories."""
    if settings.github_token is None:
        raise ConfigurationError(
            "GITHUB_TOKEN is not set. Create a fine-grained token with read access to contents,"
            " metadata and pull requests, and export it."
        )
    # The list first: a mistake in it is found before anything is asked.
    if not (settings.repositories or settings.github_org):
        raise ConfigurationError(
            "Neither GITHUB_ORG nor GITHUB_REPOS is set: name an organisation, or repositories as"
            " owner/name separated by commas."
        )


def load_github(
    settings: Settings, *, run_id: str, start: date, retry: RetryPolicy | None = None
) -> LoadReport:
    """Read and store what is new of the repositories; return what was stored and what failed.

    Args:
        start: how far back the first load of a repository goes. What is new after that is found
            from what is stored. An earlier start than before reads the repository again from there.

    Raises:
        ConfigurationError: there is no token, or nothing says which repositories.
    """
    check_settings(settings)
    report = LoadReport("github", run_id)
    client = open_client(settings, retry=retry or RetryPolicy())
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        known = {
            table: ledger.known_repositories(connection, table)
            for table in (raw.GITHUB_PULL_REQUESTS, raw.GITHUB_COMMITS)
        }
    found = _probe(client, settings, report)
    run = _Run(client, settings.warehouse_path, report, found, midnight(start), known)
    resources = [
        landing_resource(raw.GITHUB_REPOSITORIES, _repositories(run)),
        landing_resource(raw.GITHUB_PULL_REQUESTS, _pull_requests(run)),
        landing_resource(raw.GITHUB_COMMITS, _commits(run)),
    ]
    load(report, resources, settings.warehouse_path, lambda connection: _count(connection, run))
    report.request_count = client.request_count
    return report


def _probe(client: ApiClient, settings: Settings, report: LoadReport) -> Probe:
    try:
        found = asyncio.run(probe(client, settings))
    except RequestError as error:
        log.error("%s", error)
        report.fail(raw.GITHUB_REPOSITORIES, "current", error)
        return Probe()
    for missing in found.missing:
        log.error("%s", missing)
        report.fail(raw.GITHUB_REPOSITORIES, missing.request.window, missing)
    return found


async def _repositories(run: _Run) -> AsyncIterator[pa.Table]:
    repositories = list(run.found.repositories.values())
    if not repositories:
        return
    run.report.add(
        raw.GITHUB_REPOSITORIES,
        windows=1,
        pages=run.found.page_count,
        records=len(repositories),
        bytes=sum(len(one.body) for one in repositories),
    )
    yield pa.table(
        {
            "repository_id": [one.repository_id for one in repositories],
            "repository": [one.full_name for one in repositories],
            "is_active": [True] * len(repositories),
            "body": [one.body.decode() for one in repositories],
            **_provenance(repositories, run.report.run_id),
        },
        schema=raw.REPOSITORIES,
    )


async def _pull_requests(run: _Run) -> AsyncIterator[pa.Table]:
    known = run.known[raw.GITHUB_PULL_REQUESTS]

    def records(one: Repository, progress: Progress) -> AsyncIterator[list[Record]]:
        before = known.get(one.repository_id)
        return read_pull_requests(run.client, one, since=run.start, known=before, progress=progress)

    tables = _sync_all(run, raw.GITHUB_PULL_REQUESTS, lambda one: one.newest_update, records)
    async for one, found in tables:
        yield pa.table(
            {
                "repository_id": [one.repository_id] * len(found),
                "pull_request_number": [record.key for record in found],
                "body": [record.body for record in found],
                "more_commits": [record.more_commits for record in found],
                **_provenance(found, run.report.run_id),
            },
            schema=raw.PULL_REQUESTS,
        )


async def _commits(run: _Run) -> AsyncIterator[pa.Table]:
    known = run.known[raw.GITHUB_COMMITS]

    def records(one: Repository, progress: Progress) -> AsyncIterator[list[Record]]:
        return read_commits(
            run.client,
            one,
            since=_start(run, known.get(one.repository_id)),
            known=known.get(one.repository_id),
            known_shas=lambda: _known_shas(run.path, one.repository_id),
            progress=progress,
        )

    tables = _sync_all(run, raw.GITHUB_COMMITS, lambda one: one.head, records)
    async for one, found in tables:
        yield pa.table(
            {
                "repository_id": [one.repository_id] * len(found),
                "commit_sha": [record.key for record in found],
                "body": [record.body for record in found],
                **_provenance(found, run.report.run_id),
            },
            schema=raw.COMMITS,
        )


def _start(run: _Run, before: KnownRepository | None) -> datetime:
    """Return how far back a repository is to be loaded: never less far than before."""
    return min(run.start, before.window_start) if before else run.start


async def _sync_all(
    run: _Run,
    table: RawTable,
    newest: Callable[[Repository], str | None],
    records: Callable[[Repository, Progress], AsyncIterator[list[Record]]],
) -> AsyncIterator[tuple[Repository, list[Record]]]:
    """Sync each repository whose newest item, as probed, is not what is loaded.

    Yields pages as they come; notes each repository's end or failure. A repository without any
    item is complete without a request.
    """
    refusal: CredentialRejected | None = None
    async with run.client:
        for one in run.found.repositories.values():
            before = run.known[table].get(one.repository_id)
            if (
                before
                and run.start >= before.window_start
                and before.high_water_mark == newest(one)
            ):
                continue
            if refusal is not None:
                run.report.fail(table, str(one.repository_id), refusal)
                continue
            progress = Progress(before.high_water_mark if before else None)
            count, size = 0, 0
            try:
                if newest(one) is not None:
                    async for found in records(one, progress):
                        count, size = count + len(found), size + sum(len(r.body) for r in found)
                        if found:
                            yield one, found
            except RequestError as error:
                log.error("%s", error)
                run.report.fail(table, str(one.repository_id), error)
                refusal = error if isinstance(error, CredentialRejected) else None
                if before is None:
                    run.broken_off.setdefault(table, []).append(one.repository_id)
                continue
            _note_end(run, table, one, progress)
            run.report.add(table, windows=1, pages=progress.page_count, records=count, bytes=size)
            log.info(
                "%s %s: %d pages, %d records", table.name, one.full_name, progress.page_count, count
            )


def _note_end(run: _Run, table: RawTable, one: Repository, progress: Progress) -> None:
    run.synced.append(
        RepositorySynced(
            endpoint=table.name,
            window_key=str(one.repository_id),
            window_start=_start(run, run.known[table].get(one.repository_id)),
            page_count=progress.page_count,
            high_water_mark=progress.high_water_mark,
            fetched_at=datetime.now(UTC),
        )
    )
    if progress.replaces:
        run.replaced.append(one.repository_id)


def _known_shas(path: Path, repository_id: int) -> set[str]:
    with warehouse.connect(path, read_only=True) as connection:
        rows = connection.execute(
            f"select commit_sha from {raw.GITHUB_COMMITS.qualified_name} where repository_id = ?",
            [repository_id],
        ).fetchall()
    return {sha for (sha,) in rows}


def _count(connection: duckdb.DuckDBPyConnection, run: _Run) -> None:
    """Drop what is not whole and what a rewritten history left, mark what vanished, count the rest.

    A first load that broke off leaves nothing: its rows would look like all there is.
    """
    commits, repositories = raw.GITHUB_COMMITS, raw.GITHUB_REPOSITORIES
    connection.execute(
        f"delete from {commits.qualified_name}"
        " where run_id <> ? and list_contains(?, repository_id)",
        [run.report.run_id, run.replaced],
    )
    for table, ids in run.broken_off.items():
        connection.execute(
            f"delete from {table.qualified_name} where list_contains(?, repository_id)", [ids]
        )
    if run.found.page_count:
        # By id, not by name: the stored name may be older, newer or written in another case.
        vanished = connection.execute(
            f"update {repositories.qualified_name} set is_active = false"
            " where is_active and not list_contains(?, repository_id) returning repository",
            [list(run.found.repositories)],
        ).fetchall()
        for (name,) in vanished:
            log.warning("repositories [%s]: no longer listed; its history stays", name)
        ledger.forget_failures(connection, repositories)
        run.synced.append(
            RepositorySynced(
                ENDPOINT, "current", None, run.found.page_count, None, datetime.now(UTC)
            )
        )
    for table in raw.GITHUB:
        ledger.count_repositories(
            connection, table, run.synced, api_version=API_VERSION, run_id=run.report.run_id
        )


def _provenance(
    items: Sequence[Record] | Sequence[Repository], run_id: str
) -> dict[str, list[object]]:
    return {
        "request_id": [one.request_id for one in items],
        "api_version": [API_VERSION] * len(items),
        "fetched_at": [one.fetched_at for one in items],
        "run_id": [run_id] * len(items),
    }
