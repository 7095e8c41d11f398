"""Commits of one repository's default branch, found by reachability and not by date.

New commits are walked from the new head until each parent of a new commit is known: branch commits
that arrive through a merge keep their old dates, and a `since` cursor with a day of overlap loses
almost a third of them.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ingestion.errors import Request, UnexpectedAnswer
from ingestion.github.client import GitHubClient, PageInfo, next_cursor
from ingestion.github.paging import (
    PageSize,
    Progress,
    Record,
    ask_page,
    decode,
    instant,
    timestamp,
    variables_of,
)
from ingestion.github.probe import Repository
from ingestion.github.queries import DEFAULT_BRANCH_COMMITS
from ingestion.ledger import KnownRepository

log = logging.getLogger(__name__)

LARGEST_PAGE = 100


class _Parent(msgspec.Struct, rename="camel"):
    oid: str
    committed_date: str | None = None


class _Parents(msgspec.Struct, rename="camel"):
    total_count: int
    nodes: list[_Parent | None]


class _CommitKey(msgspec.Struct):
    oid: str
    parents: _Parents


class _History(msgspec.Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _Target(msgspec.Struct):
    oid: str
    history: _History


class _Branch(msgspec.Struct):
    target: _Target


class _DefaultBranchOf(msgspec.Struct, rename="camel"):
    default_branch_ref: _Branch | None


async def read_commits(
    client: GitHubClient,
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
        self, client: GitHubClient, repository: Repository, since: datetime, progress: Progress
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
        return parent.committed_date is not None and instant(parent.committed_date) < self.since


async def _history(
    client: GitHubClient, repository: Repository, since: datetime, progress: Progress
) -> AsyncIterator[list[tuple[_CommitKey, Record]]]:
    """Yield the default branch's history from ``since`` on, newest first, a page at a time.

    Sets the high-water mark to the head that the first page was read from.
    """
    request = Request("commits", repository.full_name)
    size, cursor, cursors = PageSize(LARGEST_PAGE), None, set[str]()
    head: str | None = None
    while True:
        variables = {**variables_of(repository, cursor), "since": timestamp(since)}
        data, answer = await ask_page(
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
        keys = [decode(request, node, _CommitKey, answer) for node in target.history.nodes]
        yield [
            (key, Record(key.oid, bytes(node).decode(), answer.request_id, answer.fetched_at))
            for key, node in zip(keys, target.history.nodes, strict=True)
        ]
        cursor = next_cursor(request, target.history.page_info, cursors, answer)
        if cursor is None:
            return
        size.grow()
