"""Load what is new of the repositories: a repository that fails, fails alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from ingestion import raw, warehouse
from ingestion.errors import (
    CredentialRejected,
    NotFound,
    PermissionDenied,
    RequestError,
)
from ingestion.github import members, stored
from ingestion.github.access import check_settings
from ingestion.github.client import (
    GitHubClient,
    authorization,
    open_client,
    open_rest_client,
)
from ingestion.github.commits import read_commits
from ingestion.github.members import read_members
from ingestion.github.paging import Progress, Record
from ingestion.github.probe import Probe, Repository, probe
from ingestion.github.pull_requests import read_pull_requests
from ingestion.github.rows import (
    commit_rows,
    member_rows,
    pull_request_rows,
    repository_rows,
)
from ingestion.github.stored import Finished
from ingestion.http import RetryPolicy
from ingestion.ledger import KnownRepository, RepositorySynced
from ingestion.loading import LoadReport, landing_resource, load
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.windows import midnight

log = logging.getLogger(__name__)


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
    report = GitHubReport("github", run_id)
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
            for table in (raw.GITHUB_PULL_REQUESTS, raw.GITHUB_COMMITS)
        }
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
        finished=Finished(report.run_id, found),
    )
    resources = [
        landing_resource(raw.GITHUB_REPOSITORIES, _repositories(run)),
        landing_resource(raw.GITHUB_PULL_REQUESTS, _pull_requests(run)),
        landing_resource(raw.GITHUB_COMMITS, _commits(run)),
    ]
    if organization is not None and not isinstance(refusal, _REFUSALS):
        resources.append(landing_resource(raw.GITHUB_MEMBERS, _members(run, organization)))
    load(report, resources, settings.warehouse_path, run.finished.count)
    if report.short_lists:
        log.warning("pull_requests: %d lists hold less than their count says", report.short_lists)
    signed = auth.request_count if auth else 0
    report.request_count = client.request_count + rest.request_count + signed
    return report


# After these nothing else that is asked for the organisation would be answered.
_REFUSALS = (CredentialRejected, PermissionDenied, NotFound)


def _probe(
    client: GitHubClient, settings: Settings, report: LoadReport
) -> tuple[Probe, RequestError | None]:
    try:
        found = asyncio.run(probe(client, settings))
    except RequestError as error:
        log.error("%s", error)
        report.fail(raw.GITHUB_REPOSITORIES, "current", error)
        return Probe(), error
    for missing in found.missing:
        report.fail(raw.GITHUB_REPOSITORIES, missing.request.window, missing)
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
        raw.GITHUB_REPOSITORIES,
        windows=1,
        pages=run.found.page_count,
        records=len(repositories),
        bytes=sum(len(one.body) for one in repositories),
    )
    yield repository_rows(repositories, run.report.run_id)


async def _pull_requests(run: _Run) -> AsyncIterator[pa.Table]:
    known = run.known[raw.GITHUB_PULL_REQUESTS]

    def records(one: Repository, progress: Progress) -> AsyncIterator[list[Record]]:
        before = known.get(one.repository_id)
        return read_pull_requests(run.client, one, since=run.start, known=before, progress=progress)

    tables = _sync_all(run, raw.GITHUB_PULL_REQUESTS, lambda one: one.newest_update, records)
    async for one, found in tables:
        yield pull_request_rows(one, found, run.report.run_id)


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
        raw.GITHUB_MEMBERS,
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
            error.said,
            organization,
        )
        return
    log.error("%s", error)
    run.report.fail(raw.GITHUB_MEMBERS, organization, error)


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
                if newest(one) is None:
                    _note_emptied(table, one, before, progress)
                else:
                    async for found in records(one, progress):
                        count, size = count + len(found), size + sum(len(r.body) for r in found)
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
            _note_end(run, table, one, progress)
            run.report.add(table, windows=1, pages=progress.page_count, records=count, bytes=size)
            log.info(
                "%s %s: %d pages, %d records", table.name, one.full_name, progress.page_count, count
            )


def _note_emptied(
    table: RawTable, one: Repository, before: KnownRepository | None, progress: Progress
) -> None:
    """A repository that had commits and has no default branch now has lost them all."""
    if table is raw.GITHUB_COMMITS and before is not None and before.high_water_mark is not None:
        log.warning("commits [%s]: the default branch is empty now", one.full_name)
        progress.replaces = True
    progress.high_water_mark = None


def _note_end(run: _Run, table: RawTable, one: Repository, progress: Progress) -> None:
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


def _known_shas(path: Path, repository_id: int) -> set[str]:
    with warehouse.connect(path, read_only=True) as connection:
        return stored.shas_on_branch(connection, repository_id)
