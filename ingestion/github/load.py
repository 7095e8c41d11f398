"""Load what is new of the repositories: a repository that fails, fails alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import warehouse
from ingestion.errors import (
    CredentialRejected,
    NotFound,
    PermissionDenied,
    RequestError,
    Unreachable,
)
from ingestion.github import commits, members, pull_requests, stored, tables
from ingestion.github.access import check_settings
from ingestion.github.client import (
    GitHubClient,
    authorization,
    open_client,
    open_rest_client,
)
from ingestion.github.members import read_members
from ingestion.github.paging import Progress, Record
from ingestion.github.probe import Probe, Repository, probe
from ingestion.github.rows import (
    commit_rows,
    member_rows,
    pull_request_rows,
    repository_rows,
)
from ingestion.github.stored import Finished
from ingestion.github.unread import Change, Unread, unread_items
from ingestion.http import RetryPolicy
from ingestion.ledger import KnownRepository, RepositorySynced
from ingestion.loading import LoadReport, landing_resource, load
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.windows import midnight

log = logging.getLogger(__name__)

# Of what could not be read whole, so many of a repository are asked for again by a run.
TRIED_AGAIN = 100


@dataclass
class GitHubReport(LoadReport):
    """``short_lists`` counts lists of pull requests that held less than their count said."""

    short_lists: int = 0


@dataclass
class _Run:
    """One load: what is known before it, and what it finds."""

    client: GitHubClient
    rest: GitHubClient
    path: Path
    report: GitHubReport
    found: Probe
    start: datetime
    known: dict[RawTable, dict[int, KnownRepository]]
    # What the ledger keeps of their last reading, None where there was none.
    known_members: str | None
    # What earlier runs could not read whole, by repository and key.
    unread: dict[RawTable, dict[int, dict[str, Unread]]]
    finished: Finished


def load_github(
    settings: Settings, *, run_id: str, start: date, retry: RetryPolicy | None = None
) -> GitHubReport:
    """Read and store what is new of the repositories; return what was stored and what failed.

    Args:
        start: how far back the first load of a repository goes. What is new after that is found
            from what is stored. An earlier start than before reads the repository again from there.

    Raises:
        ConfigurationError: nothing gives access, or nothing says which repositories.
    """
    check_settings(settings)
    report = GitHubReport(tables.SOURCE, run_id)
    # One for both clients: an app's token is fetched once for all requests.
    auth = authorization(settings)
    retry = retry or RetryPolicy()
    client = open_client(settings, auth=auth, retry=retry)
    rest = open_rest_client(settings, auth=auth, retry=retry)
    # GitHub takes any case, and it is a key here.
    organization = settings.github_org.lower() if settings.github_org else None
    with warehouse.connect(settings.warehouse_path) as connection:
        warehouse.prepare(connection)
        known = {
            table: stored.known_repositories(connection, table)
            for table in (tables.PULL_REQUESTS, tables.COMMITS)
        }
        unread = {table: unread_items(connection, table) for table in known}
        known_members = stored.members_mark(connection, organization)
    found, refusal = _probe(client, settings, report)
    run = _Run(
        client=client,
        rest=rest,
        path=settings.warehouse_path,
        report=report,
        found=found,
        start=midnight(start),
        known=known,
        known_members=known_members,
        unread=unread,
        finished=Finished(report.run_id, found),
    )
    resources = [
        landing_resource(tables.REPOSITORIES, _repositories(run)),
        landing_resource(tables.PULL_REQUESTS, _pull_requests(run)),
        landing_resource(tables.COMMITS, _commits(run)),
    ]
    if organization is None:
        report.lack(tables.MEMBERS, "GITHUB_ORG is not set")
    elif not isinstance(refusal, _REFUSALS):
        resources.append(landing_resource(tables.MEMBERS, _members(run, organization)))

    def settle(connection: duckdb.DuckDBPyConnection) -> None:
        for table, line in run.finished.settle(connection):
            report.warn(table, line)

    load(report, resources, settings.warehouse_path, settle)
    if report.short_lists:
        log.warning("pull_requests: %d lists hold less than their count says", report.short_lists)
    signed = auth.request_count if auth else 0
    report.request_count = client.request_count + rest.request_count + signed
    return report


# After these nothing else that is asked for the organisation would be answered.
_REFUSALS = (CredentialRejected, PermissionDenied, NotFound, Unreachable)


def _probe(
    client: GitHubClient, settings: Settings, report: LoadReport
) -> tuple[Probe, RequestError | None]:
    try:
        found = asyncio.run(probe(client, settings))
    except RequestError as error:
        log.error("%s", error)
        report.fail(tables.REPOSITORIES, "current", error)
        return Probe(), error
    for missing in found.missing:
        report.fail(tables.REPOSITORIES, missing.request.window, missing)
    if len(found.missing) == 1:
        log.error("%s", found.missing[0])
    elif found.missing:
        log.error(
            "repositories: %d that are listed cannot be seen, may the token still read them? %s",
            len(found.missing),
            ", ".join(missing.request.window for missing in found.missing),
        )
    return found, None


async def _repositories(run: _Run) -> AsyncIterator[pa.Table]:
    repositories = list(run.found.repositories.values())
    if not repositories:
        return
    run.report.add(
        tables.REPOSITORIES,
        windows=1,
        pages=run.found.page_count,
        records=len(repositories),
        bytes=sum(len(one.body) for one in repositories),
    )
    yield repository_rows(repositories, run.report.run_id)


async def _pull_requests(run: _Run) -> AsyncIterator[pa.Table]:
    known = run.known[tables.PULL_REQUESTS]

    def records(one: Repository, progress: Progress) -> AsyncIterator[list[Record]]:
        return pull_requests.read_pull_requests(
            run.client,
            one,
            since=run.start,
            known=known.get(one.repository_id),
            progress=progress,
        )

    sync = _Sync(
        tables.PULL_REQUESTS, lambda one: one.newest_update, records, pull_requests.read_again
    )
    synced = _sync_all(run, sync)
    async for one, found in synced:
        yield pull_request_rows(one, found, run.report.run_id)


async def _commits(run: _Run) -> AsyncIterator[pa.Table]:
    known = run.known[tables.COMMITS]

    def records(one: Repository, progress: Progress) -> AsyncIterator[list[Record]]:
        return commits.read_commits(
            run.client,
            one,
            since=_start(run, known.get(one.repository_id)),
            known=known.get(one.repository_id),
            known_shas=lambda: _known_shas(run, one),
            progress=progress,
        )

    sync = _Sync(tables.COMMITS, lambda one: one.head, records, commits.read_again)
    synced = _sync_all(run, sync)
    async for one, found in synced:
        yield commit_rows(one, found, run.report.run_id)


async def _members(run: _Run, organization: str) -> AsyncIterator[pa.Table]:
    etags = members.etags_of(run.known_members)
    try:
        async with run.rest:
            found = await read_members(run.rest, organization, etags)
    except RequestError as error:
        _note_refused_members(run, organization, error)
        return
    run.finished.members = found
    people = list(found.members.values())
    run.report.add(
        tables.MEMBERS,
        windows=1,
        pages=found.page_count,
        records=len(people),
        bytes=sum(len(one.body) for one in people),
    )
    log.info(
        "%s %s: %s",
        members.ENDPOINT,
        organization,
        "unchanged" if found.is_unchanged else f"{found.page_count} pages, {len(people)} members",
    )
    if people:
        yield member_rows(organization, people, run.report.run_id)


def _note_refused_members(run: _Run, organization: str, error: RequestError) -> None:
    """Take members that were never to be seen as not offered, anything else as a failure.

    Many tokens may read code and not members: that is no reason to be red for ever. A token that
    could and no longer can is one.
    """
    never_seen = run.known_members is None
    if never_seen and isinstance(error, PermissionDenied | NotFound):
        run.finished.members_not_offered = True
        log.warning(
            "%s, left out: the token may not read the members of %s. Everything else is loaded;"
            " with read access to Members it would be, too",
            error.summary,
            organization,
        )
        return
    log.error("%s", error)
    run.report.fail(tables.MEMBERS, organization, error)


def _start(run: _Run, before: KnownRepository | None) -> datetime:
    """Return how far back a repository is to be loaded: never less far than before."""
    return min(run.start, before.window_start) if before else run.start


@dataclass(frozen=True)
class _Sync:
    """How one endpoint of the repositories is read: what is new, and again what was not whole."""

    table: RawTable
    newest: Callable[[Repository], str | None]
    records: Callable[[Repository, Progress], AsyncIterator[list[Record]]]
    read_again: Callable[
        [GitHubClient, Repository, list[Unread], Progress], Awaitable[list[Record]]
    ]


async def _sync_all(run: _Run, sync: _Sync) -> AsyncIterator[tuple[Repository, list[Record]]]:
    """Sync each repository whose newest item, as probed, is not what is loaded, or not all of it.

    Yields pages as they come; notes each repository's end or failure. A repository without any
    item is complete without a request.
    """
    table = sync.table
    refusal: CredentialRejected | None = None
    async with run.client:
        for one in run.found.repositories.values():
            before = run.known[table].get(one.repository_id)
            is_current = _is_current(run, sync, one)
            if is_current and one.repository_id not in run.unread[table]:
                continue
            if refusal is not None:
                run.report.fail(table, str(one.repository_id), refusal)
                continue
            progress = Progress(before.high_water_mark if before else None)
            keys: list[int | str] = []
            size = 0
            try:
                async for found in _records(run, sync, one, progress, is_current=is_current):
                    keys += [record.key for record in found]
                    size += sum(len(record.body) for record in found)
                    if found:
                        yield one, found
            except RequestError as error:
                log.error("%s", error)
                run.report.fail(table, str(one.repository_id), error)
                refusal = error if isinstance(error, CredentialRejected) else None
                if before is None:
                    run.finished.broken_off.setdefault(table, []).append(one.repository_id)
                continue
            finally:
                run.report.short_lists += progress.short_lists
            _note_end(run, table, one, progress, keys)
            run.report.add(
                table, windows=1, pages=progress.page_count, records=len(keys), bytes=size
            )
            log.info(
                "%s %s: %d pages, %d records",
                table.name,
                one.full_name,
                progress.page_count,
                len(keys),
            )


def _is_current(run: _Run, sync: _Sync, one: Repository) -> bool:
    before = run.known[sync.table].get(one.repository_id)
    return (
        before is not None
        and run.start >= before.window_start
        and before.high_water_mark == sync.newest(one)
    )


async def _records(
    run: _Run, sync: _Sync, one: Repository, progress: Progress, *, is_current: bool
) -> AsyncIterator[list[Record]]:
    """Yield what is new, then again what earlier runs could not read whole and this one has not."""
    seen: set[str] = set()
    if not is_current:
        if sync.newest(one) is None:
            before = run.known[sync.table].get(one.repository_id)
            _note_emptied(sync.table, one, before, progress)
        else:
            async for found in sync.records(one, progress):
                seen.update(str(record.key) for record in found)
                yield found
    if progress.replaces:
        return
    seen.update(map(str, progress.unread))
    unread = run.unread[sync.table].get(one.repository_id, {})
    again = [item for key, item in unread.items() if key not in seen][:TRIED_AGAIN]
    if again:
        yield await sync.read_again(run.client, one, again, progress)


def _note_emptied(
    table: RawTable, one: Repository, before: KnownRepository | None, progress: Progress
) -> None:
    """A repository that had commits and has no default branch now has lost them all."""
    if table is tables.COMMITS and before is not None and before.high_water_mark is not None:
        log.warning("commits [%s]: the default branch is empty now", one.full_name)
        progress.replaces = True
    progress.high_water_mark = None


def _note_end(
    run: _Run, table: RawTable, one: Repository, progress: Progress, keys: list[int | str]
) -> None:
    run.finished.synced.append(
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
        run.finished.rewritten.append(one.repository_id)
    if progress.unread or one.repository_id in run.unread[table]:
        change = Change(
            one.repository_id,
            one.full_name,
            unread=list(progress.unread.values()),
            settled=[*keys, *progress.gone],
            is_all=progress.replaces,
        )
        run.finished.unread.setdefault(table, []).append(change)


def _known_shas(run: _Run, one: Repository) -> set[str]:
    """Return what a walk need not ask for again: stored, or known as not to be read."""
    with warehouse.connect(run.path, read_only=True) as connection:
        known = stored.shas_on_branch(connection, one.repository_id)
    return known | run.unread[tables.COMMITS].get(one.repository_id, {}).keys()
