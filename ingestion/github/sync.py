"""Read what is new of one repository: pull requests by their last update, commits by reachability.

Neither trusts a date as a cursor. Pull requests are read newest update first down to the newest
update loaded. Commits are walked from the new head until each parent of a new commit is known:
branch commits that arrive through a merge keep their old dates, and a `since` cursor with a day
of overlap loses almost a third of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from ingestion.errors import NotFound, Request, Unavailable, UnexpectedAnswer
from ingestion.github.client import Envelope, PageInfo, ask, next_cursor
from ingestion.github.probe import Repository
from ingestion.github.queries import (
    DEFAULT_BRANCH_COMMITS,
    PULL_REQUEST_COMMITS,
    PULL_REQUESTS,
)
from ingestion.http import Answer, ApiClient
from ingestion.ledger import KnownRepository

log = logging.getLogger(__name__)

# Covers equal time stamps and small differences between clocks; costs a page at most.
OVERLAP = timedelta(hours=1)
PULL_REQUEST_PAGE = 50
COMMIT_PAGE = 100
SMALLEST_PAGE = 5


class _BranchCommits(msgspec.Struct, rename="camel"):
    total_count: int
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _PullRequestKey(msgspec.Struct, rename="camel"):
    number: int
    updated_at: str
    commits: _BranchCommits


class _Parent(msgspec.Struct, rename="camel"):
    oid: str
    committed_date: str | None = None


class _Parents(msgspec.Struct, rename="camel"):
    total_count: int
    nodes: list[_Parent | None]


class _CommitKey(msgspec.Struct):
    oid: str
    parents: _Parents


class _PullRequests(msgspec.Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _History(msgspec.Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _Target(msgspec.Struct):
    oid: str
    history: _History


class _Branch(msgspec.Struct):
    target: _Target


class _PullRequestsOf(msgspec.Struct, rename="camel"):
    pull_requests: _PullRequests


class _CommitsOf(msgspec.Struct):
    commits: msgspec.Raw


class _PullRequestOf(msgspec.Struct, rename="camel"):
    pull_request: _CommitsOf | None


class _DefaultBranchOf(msgspec.Struct, rename="camel"):
    default_branch_ref: _Branch | None


Inner = TypeVar("Inner")


class _Data(msgspec.Struct):
    repository: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True)
class Record:
    """One pull request or commit: its key within the repository and its JSON text."""

    key: int | str
    body: str
    more_commits: str
    request_id: str | None
    fetched_at: datetime


@dataclass
class Progress:
    """What a sync has done so far: filled while its records are read, final when they end.

    ``replaces`` says that all of the repository was read again, so that rows of earlier runs
    that did not come back are no longer on the branch.
    """

    high_water_mark: str | None
    page_count: int = 0
    replaces: bool = False


@dataclass
class _PageSize:
    """Halves when a page is too heavy for the server, grows back slowly, never below five."""

    largest: int
    now: int = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.largest

    @property
    def may_shrink(self) -> bool:
        return self.now > SMALLEST_PAGE

    def shrink(self) -> None:
        self.now = max(self.now // 2, SMALLEST_PAGE)

    def grow(self) -> None:
        self.now = min(self.now + SMALLEST_PAGE, self.largest)


async def pull_requests(
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
    size, cursor, cursors = _PageSize(PULL_REQUEST_PAGE), None, set[str]()
    seen: set[int] = set()
    while True:
        data, answer = await _page(
            client, request, PULL_REQUESTS, _variables(repository, cursor), _PullRequestsOf, size
        )
        page = data.pull_requests
        progress.page_count += 1
        keys = [_key(request, node, _PullRequestKey, answer) for node in page.nodes]
        # The list shifts while it is read: what was updated meanwhile comes twice.
        wanted = [
            (key, node)
            for key, node in zip(keys, page.nodes, strict=True)
            if key.number not in seen and _instant(key.updated_at) >= until
        ]
        seen.update(key.number for key in keys)
        yield list(
            await asyncio.gather(
                *(_record(client, repository, key, node, answer) for key, node in wanted)
            )
        )
        for key in keys:
            progress.high_water_mark = max(progress.high_water_mark or "", key.updated_at)
        if keys and _instant(keys[-1].updated_at) < until:
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
    return max(_instant(known.high_water_mark) - OVERLAP, known.window_start)


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
        variables = {**_variables(repository, cursor), "number": key.number}
        data, answer = await _ask(client, request, PULL_REQUEST_COMMITS, variables, _PullRequestOf)
        if data.pull_request is None:
            raise NotFound(request, "the pull request is gone", request_id=answer.request_id)
        body = data.pull_request.commits
        page = _key(request, body, _BranchCommits, answer)
        found.append(bytes(body))
        read += len(page.nodes)
        cursor = next_cursor(request, page.page_info, cursors, answer)
    if read < key.commits.total_count:
        log.warning("%s: %d of %d commits answered", request, read, key.commits.total_count)
    return found


async def commits(
    client: ApiClient,
    repository: Repository,
    *,
    since: datetime,
    known: KnownRepository | None,
    known_shas: Callable[[], set[str]],
    progress: Progress,
) -> AsyncIterator[list[Record]]:
    """Yield pages of default-branch commits that are not loaded yet, committed from ``since`` on.

    After a force push, found by the stored head not being among the new head's ancestors, and
    when ``since`` reaches further back than before, all commits are read again.
    """
    if known and known.high_water_mark and since >= known.window_start:
        walk = _Walk(known_shas(), stored_head=known.high_water_mark, since=known.window_start)
        new = await walk.read(client, repository, known.window_start, progress)
        if walk.met_stored_head:
            yield new
            return
        log.warning("commits [%s]: history was rewritten, reading it again", repository.full_name)
    progress.replaces = True
    pages = _history(client, repository, since, progress)
    if known is None:
        async for nodes in pages:
            yield [record for _, record in nodes]
        return
    # In one piece: half of a new history must not come to lie beside the old one.
    yield [record async for nodes in pages for _, record in nodes]


@dataclass
class _Walk:
    """The commits reachable from a new head that are not known.

    Known commits are closed under parents (back to ``since``), so the walk is over when each
    parent of a new commit is new, known, or older than ``since``.
    """

    known: set[str]
    stored_head: str
    since: datetime
    met_stored_head: bool = False
    _read: set[str] = field(default_factory=set)
    _awaited: set[str] = field(default_factory=set)

    async def read(
        self, client: ApiClient, repository: Repository, since: datetime, progress: Progress
    ) -> list[Record]:
        new: list[Record] = []
        async for nodes in _history(client, repository, since, progress):
            for key, record in nodes:
                if key.oid not in self.known:
                    new.append(record)
                    self._take(key)
            if not self._awaited:
                break
        return new

    def _take(self, key: _CommitKey) -> None:
        self._read.add(key.oid)
        self._awaited.discard(key.oid)
        # The query brings three parents; an octopus merge of more is walked to the end.
        if key.parents.total_count > len(key.parents.nodes):
            self._awaited.add("")
        for parent in key.parents.nodes:
            if parent is None:
                self._awaited.add("")
            elif parent.oid == self.stored_head:
                self.met_stored_head = True
            elif not self._is_settled(parent):
                self._awaited.add(parent.oid)

    def _is_settled(self, parent: _Parent) -> bool:
        if parent.oid in self.known or parent.oid in self._read:
            return True
        return parent.committed_date is not None and _instant(parent.committed_date) < self.since


async def _history(
    client: ApiClient, repository: Repository, since: datetime, progress: Progress
) -> AsyncIterator[list[tuple[_CommitKey, Record]]]:
    """Yield the default branch's history from ``since`` on, newest first, a page at a time.

    Sets the high-water mark to the head that the first page was read from.
    """
    request = Request("commits", repository.full_name)
    size, cursor, cursors = _PageSize(COMMIT_PAGE), None, set[str]()
    head: str | None = None
    while True:
        variables = {**_variables(repository, cursor), "since": _timestamp(since)}
        data, answer = await _page(
            client, request, DEFAULT_BRANCH_COMMITS, variables, _DefaultBranchOf, size
        )
        progress.page_count += 1
        if data.default_branch_ref is None:
            raise UnexpectedAnswer(
                request, "the default branch is gone", request_id=answer.request_id
            )
        target = data.default_branch_ref.target
        # Later pages belong to the head of the first: GitHub's cursor carries it.
        head = head or target.oid
        progress.high_water_mark = head
        keys = [_key(request, node, _CommitKey, answer) for node in target.history.nodes]
        yield [
            (key, Record(key.oid, bytes(node).decode(), "", answer.request_id, answer.fetched_at))
            for key, node in zip(keys, target.history.nodes, strict=True)
        ]
        cursor = next_cursor(request, target.history.page_info, cursors, answer)
        if cursor is None:
            return
        size.grow()


def _variables(repository: Repository, cursor: str | None) -> dict[str, object]:
    return {"owner": repository.owner, "name": repository.name, "after": cursor}


async def _page(
    client: ApiClient,
    request: Request,
    query: str,
    variables: dict[str, object],
    shape: type[Inner],
    size: _PageSize,
) -> tuple[Inner, Answer[Envelope]]:
    """Ask for one page, with smaller and smaller pages while it is too heavy for the server."""
    while True:
        sized = {**variables, "pageSize": size.now}
        try:
            return await _ask(client, request, query, sized, shape, may_shrink=size.may_shrink)
        except Unavailable as error:
            if not size.may_shrink or error.status not in (200, 502, 504):
                raise
            size.shrink()
            log.info("%s: too heavy, asking for %d at a time", request, size.now)


async def _ask(
    client: ApiClient,
    request: Request,
    query: str,
    variables: dict[str, object],
    shape: type[Inner],
    *,
    may_shrink: bool = False,
) -> tuple[Inner, Answer[Envelope]]:
    data, answer = await ask(client, request, query, variables, _Data, may_shrink=may_shrink)
    if bytes(data.repository) == b"null":
        raise NotFound(request, "the repository is gone", request_id=answer.request_id)
    return _key(request, data.repository, shape, answer), answer


def _key(
    request: Request, node: msgspec.Raw, shape: type[Inner], answer: Answer[Envelope]
) -> Inner:
    try:
        return msgspec.json.decode(node, type=shape)
    except msgspec.ValidationError as error:
        problem = f"an item is not of the documented shape: {error}"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id) from error


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
