"""Pull requests of one repository, newest update first, with their branch commits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from ingestion.errors import NotFound, Request
from ingestion.github.client import Envelope, PageInfo, next_cursor
from ingestion.github.paging import (
    PageSize,
    Progress,
    Record,
    ask_page,
    ask_repository,
    decode,
    instant,
    variables_of,
)
from ingestion.github.probe import Repository
from ingestion.github.queries import PULL_REQUEST_COMMITS, PULL_REQUESTS
from ingestion.http import Answer, ApiClient
from ingestion.ledger import KnownRepository

log = logging.getLogger(__name__)

# Covers equal time stamps and small differences between clocks; costs a page at most.
OVERLAP = timedelta(hours=1)
LARGEST_PAGE = 50


class _BranchCommits(msgspec.Struct, rename="camel"):
    total_count: int
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _PullRequestKey(msgspec.Struct, rename="camel"):
    number: int
    updated_at: str
    commits: _BranchCommits


class _PullRequests(msgspec.Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _PullRequestsOf(msgspec.Struct, rename="camel"):
    pull_requests: _PullRequests


class _CommitsOf(msgspec.Struct):
    commits: msgspec.Raw


class _PullRequestOf(msgspec.Struct, rename="camel"):
    pull_request: _CommitsOf | None


async def read_pull_requests(
    client: ApiClient,
    repository: Repository,
    *,
    since: datetime,
    known: KnownRepository | None,
    progress: Progress,
) -> AsyncIterator[list[Record]]:
    """Yield pages of pull requests updated since the newest loaded, with their branch commits.

    The first load, and one that reaches further back than the first, goes down to ``since``.
    """
    request = Request("pull_requests", repository.full_name)
    until = _oldest_wanted(since, known)
    size, cursor, cursors = PageSize(LARGEST_PAGE), None, set[str]()
    seen: set[int] = set()
    while True:
        data, answer = await ask_page(
            client, request, PULL_REQUESTS, variables_of(repository, cursor), _PullRequestsOf, size
        )
        page = data.pull_requests
        progress.page_count += 1
        keys = [decode(request, node, _PullRequestKey, answer) for node in page.nodes]
        # The list shifts while it is read: what was updated meanwhile comes twice.
        wanted = [
            (key, node)
            for key, node in zip(keys, page.nodes, strict=True)
            if key.number not in seen and instant(key.updated_at) >= until
        ]
        seen.update(key.number for key in keys)
        yield list(
            await asyncio.gather(
                *(_record(client, repository, key, node, answer) for key, node in wanted)
            )
        )
        for key in keys:
            progress.high_water_mark = max(progress.high_water_mark or "", key.updated_at)
        if keys and instant(keys[-1].updated_at) < until:
            return
        cursor = next_cursor(request, page.page_info, cursors, answer)
        if cursor is None:
            return
        size.grow()


def _oldest_wanted(since: datetime, known: KnownRepository | None) -> datetime:
    """Return the oldest last update to load: after the newest loaded, or all since ``since``."""
    if known is None or since < known.window_start:
        return since
    if known.high_water_mark is None:
        return known.window_start
    # The mark may be older than the window: then nothing in the window was there to load.
    return max(instant(known.high_water_mark) - OVERLAP, known.window_start)


async def _record(
    client: ApiClient,
    repository: Repository,
    key: _PullRequestKey,
    node: msgspec.Raw,
    answer: Answer[Envelope],
) -> Record:
    more: list[bytes] = []
    if key.commits.page_info.has_next_page:
        more = await _more_commits(client, repository, key, answer)
    return Record(
        key=key.number,
        body=bytes(node).decode(),
        more_commits=(b"[" + b",".join(more) + b"]").decode(),
        request_id=answer.request_id,
        fetched_at=answer.fetched_at,
    )


async def _more_commits(
    client: ApiClient, repository: Repository, key: _PullRequestKey, listed: Answer[Envelope]
) -> list[bytes]:
    """Return the branch commits after those of the first page, a `commits` connection a page."""
    request = Request("pull_requests", f"{repository.full_name}#{key.number}")
    read, found, cursors = len(key.commits.nodes), list[bytes](), set[str]()
    cursor = next_cursor(request, key.commits.page_info, cursors, listed)
    while cursor is not None:
        variables = {**variables_of(repository, cursor), "number": key.number}
        data, answer = await ask_repository(
            client, request, PULL_REQUEST_COMMITS, variables, _PullRequestOf
        )
        if data.pull_request is None:
            raise NotFound(request, "the pull request is gone", request_id=answer.request_id)
        body = data.pull_request.commits
        page = decode(request, body, _BranchCommits, answer)
        found.append(bytes(body))
        read += len(page.nodes)
        cursor = next_cursor(request, page.page_info, cursors, answer)
    if read < key.commits.total_count:
        log.warning("%s: %d of %d commits answered", request, read, key.commits.total_count)
    return found
