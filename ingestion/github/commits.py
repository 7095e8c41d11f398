"""Commits of one repository's default branch, found by reachability and not by date.

New commits are walked from the new head until each parent of a new commit is known: branch commits
that arrive through a merge keep their old dates, and a `since` cursor with a day of overlap loses
almost a third of them.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ingestion.errors import NotFound, Request, TooHeavy, UnexpectedAnswer
from ingestion.github.client import Envelope, GitHubClient, decode
from ingestion.github.less import Less, ask_again, ask_for_less
from ingestion.github.listing import Listing, PageInfo
from ingestion.github.paging import (
    NULL,
    PageSize,
    Progress,
    Record,
    ask_repository,
    decode_item,
    variables_of,
)
from ingestion.github.probe import Repository
from ingestion.github.queries import (
    COMMIT_PARTS,
    EVERYTHING,
    WHOLE,
    commit_by_oid,
    default_branch_commits,
)
from ingestion.github.shapes import Commit, CommitKey, Count, Parent, timestamp
from ingestion.github.unread import Unread
from ingestion.http import Answer
from ingestion.ledger import KnownRepository

log = logging.getLogger(__name__)

LARGEST_PAGE = 100


class _History(msgspec.Struct, rename="camel"):
    total_count: Count
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _Target(msgspec.Struct):
    oid: str
    history: _History


class _Branch(msgspec.Struct):
    target: _Target


class _DefaultBranchOf(msgspec.Struct, rename="camel"):
    default_branch_ref: _Branch | None


class _ObjectOf(msgspec.Struct):
    object: msgspec.Raw = msgspec.Raw(NULL)


# A page as answered, and the parts it was asked for without.
_Page = tuple[_DefaultBranchOf, Answer[Envelope], frozenset[str]]


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
            yield [record for _, record in nodes if record]
        return
    # In one piece: half of a new history must not come to lie beside the old one.
    yield [record async for nodes in pages for _, record in nodes if record]


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
                    new += [record] if record else []
                    self._take(key)
            if not self._awaited:
                break
        return new

    def _take(self, key: CommitKey) -> None:
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

    def _is_settled(self, parent: Parent) -> bool:
        if parent.oid in self.known or parent.oid in self._read:
            return True
        return parent.committed_date is not None and parent.committed_date < self.since


async def _history(
    client: GitHubClient, repository: Repository, since: datetime, progress: Progress
) -> AsyncIterator[list[tuple[CommitKey, Record | None]]]:
    """Yield the default branch's history from ``since`` on, newest first, a page at a time.

    Sets the high-water mark to the head that the first page was read from. There is no record of
    what could not be read at all.
    """
    request = Request("commits", repository.full_name)
    size, cursor, listing = PageSize(LARGEST_PAGE), None, Listing(request)
    head: str | None = None
    while True:
        variables = {**variables_of(repository, cursor), "since": timestamp(since)}
        data, answer, without = await _ask_page(client, request, variables, size, progress)
        progress.page_count += 1
        if data.default_branch_ref is None:
            raise UnexpectedAnswer(
                request, "the default branch is gone", request_id=answer.request_id
            )
        target = data.default_branch_ref.target
        # Later pages belong to the head of the first: GitHub's cursor carries it.
        head = head or target.oid
        progress.high_water_mark = head
        yield [_commit(request, node, answer, without) for node in target.history.nodes]
        cursor = listing.next_cursor(
            target.history.page_info,
            [bytes(node) for node in target.history.nodes],
            answer.request_id,
            total_count=target.history.total_count,
        )
        if cursor is None:
            return
        size.grow()


def _commit(
    request: Request,
    node: msgspec.Raw,
    answer: Answer[Envelope],
    without: frozenset[str],
) -> tuple[CommitKey, Record | None]:
    if EVERYTHING in without:
        return decode(request, node, CommitKey, answer.request_id), None
    key = decode_item(request, node, Commit, answer, without)
    body = bytes(node).decode()
    return key, Record(key.oid, body, answer.request_id, answer.fetched_at)


async def _ask_page(
    client: GitHubClient,
    request: Request,
    variables: Mapping[str, object],
    size: PageSize,
    progress: Progress,
) -> _Page:
    """Ask for a page, for less and less while it is not answered, and in the end for one commit."""

    async def ask(
        without: frozenset[str], *, patience: bool
    ) -> tuple[_DefaultBranchOf, Answer[Envelope]]:
        return await ask_repository(
            client,
            request,
            default_branch_commits(without),
            {**variables, "pageSize": size.now},
            _DefaultBranchOf,
            may_shrink=not patience,
        )

    while True:
        try:
            return *await ask(WHOLE, patience=False), WHOLE
        except TooHeavy as error:
            if not size.may_shrink:
                fault = error
                break
            size.shrink()
            log.info("%s: not answered, asking for %d at a time", request, size.now)
    less = await ask_for_less(request, ask, COMMIT_PARTS, fault)
    data, answer = less.found
    if less.without and data.default_branch_ref is not None:
        for node in data.default_branch_ref.target.history.nodes:
            oid = decode(request, node, CommitKey, answer.request_id).oid
            progress.unread[oid] = Unread(oid, less.without, less.problem)
    return data, answer, less.without


async def read_again(
    client: GitHubClient, repository: Repository, items: Iterable[Unread], progress: Progress
) -> list[Record]:
    """Return the commits that could not be read whole before and now can, or now in part."""
    found = []
    for item in items:
        request = Request("commits", f"{repository.full_name} {item.item_key}")
        try:
            less = await _one(client, repository, request, item)
        except NotFound:
            progress.gone.add(item.item_key)
            continue
        if less is None:
            progress.unread[item.item_key] = item
            continue
        data, answer = less.found
        if bytes(data.object) == NULL:
            progress.gone.add(item.item_key)
            continue
        key, record = _commit(request, data.object, answer, less.without)
        if less.without:
            progress.unread[key.oid] = Unread(key.oid, less.without, less.problem)
        found += [record] if record else []
    return found


async def _one(
    client: GitHubClient, repository: Repository, request: Request, item: Unread
) -> Less[tuple[_ObjectOf, Answer[Envelope]]] | None:
    async def ask(without: frozenset[str], *, patience: bool) -> tuple[_ObjectOf, Answer[Envelope]]:
        variables = {"owner": repository.owner, "name": repository.name, "oid": item.item_key}
        document = commit_by_oid(without)
        return await ask_repository(
            client, request, document, variables, _ObjectOf, may_shrink=not patience
        )

    return await ask_again(request, ask, COMMIT_PARTS, is_lost=item.is_lost)
