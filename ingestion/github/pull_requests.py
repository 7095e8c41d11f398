"""Pull requests of one repository, newest update first, with commits, files and reviews."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from ingestion.errors import NotFound, Request, TooHeavy
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
from ingestion.github.pull_request_lists import LongLists, Rests, rests_of, take_rests
from ingestion.github.queries import (
    EVERYTHING,
    PULL_REQUEST_PARTS,
    WHOLE,
    pull_request_by_number,
    pull_requests,
)
from ingestion.github.shapes import Count, PullRequest, PullRequestKey, instant
from ingestion.github.unread import Unread
from ingestion.http import Answer
from ingestion.ledger import KnownRepository

log = logging.getLogger(__name__)

# Covers equal time stamps and small differences between clocks; costs a page at most.
OVERLAP = timedelta(hours=1)
LARGEST_PAGE = 50


class _PullRequests(msgspec.Struct, rename="camel"):
    total_count: Count
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _PullRequestOf(msgspec.Struct, rename="camel"):
    pull_request: msgspec.Raw = msgspec.Raw(NULL)


@dataclass(frozen=True)
class _Page:
    """A page of pull requests, and the parts it was asked for without, and why."""

    listed: _PullRequests
    answer: Answer[Envelope]
    without: frozenset[str] = WHOLE
    problem: str = ""

    def keys(self, request: Request) -> list[PullRequestKey]:
        shape = PullRequestKey if EVERYTHING in self.without else PullRequest
        return [
            decode_item(request, node, shape, self.answer, self.without)
            for node in self.listed.nodes
        ]


async def read_pull_requests(
    client: GitHubClient,
    repository: Repository,
    *,
    since: datetime,
    known: KnownRepository | None,
    progress: Progress,
) -> AsyncIterator[list[Record]]:
    """Yield pages of pull requests updated since the newest loaded, with their lists whole.

    The first load, and one that reaches further back than the first, goes down to ``since``.
    """
    request = Request("pull_requests", repository.full_name)
    until = _oldest_wanted(since, known)
    size, cursor, listing = PageSize(LARGEST_PAGE), None, Listing(request)
    seen: set[int] = set()
    rests = Rests(client, repository, progress)
    while True:
        page = await _next_page(request, cursor, size, rests)
        progress.page_count += 1
        keys = page.keys(request)
        # The list shifts while it is read: what was updated meanwhile comes twice.
        wanted = [
            (key, node)
            for key, node in zip(keys, page.listed.nodes, strict=True)
            if key.number not in seen and instant(key.updated_at) >= until
        ]
        seen.update(key.number for key in keys)
        lists = [
            one for key, node in wanted if (one := _lists(repository, key, node, page, progress))
        ]
        is_behind = bool(keys) and instant(keys[-1].updated_at) < until
        cursor = None if is_behind else _cursor(listing, keys, page)
        yield await rests.finish(lists, all_of_them=cursor is None)
        for key in keys:
            progress.high_water_mark = max(progress.high_water_mark or "", key.updated_at)
        if cursor is None:
            return
        size.grow()


def _cursor(listing: Listing, keys: Sequence[PullRequestKey], page: _Page) -> str | None:
    return listing.next_cursor(
        page.listed.page_info,
        [(key.number, key.updated_at) for key in keys],
        page.answer.request_id,
        total_count=page.listed.total_count,
    )


async def _next_page(request: Request, cursor: str | None, size: PageSize, rests: Rests) -> _Page:
    """Ask for a page, and with it for what did not fit those before, as far as that is light.

    For less and less while it is not answered, and in the end for one pull request.
    """
    while True:
        riders = rests.riders()
        try:
            return await _ask_page(request, cursor, size, rests, riders)
        except TooHeavy as error:
            if riders:
                rests.ride_along = False
            elif not size.may_shrink:
                fault = error
                break
            size.shrink()
            log.info("%s: not answered, asking for %d at a time", request, size.now)

    async def ask(without: frozenset[str], *, patience: bool) -> _Page:
        return await _ask_page(request, cursor, size, rests, without=without, patience=patience)

    less = await ask_for_less(request, ask, PULL_REQUEST_PARTS, fault)
    return replace(less.found, without=less.without, problem=less.problem)


async def _ask_page(
    request: Request,
    cursor: str | None,
    size: PageSize,
    rests: Rests,
    riders: Sequence[LongLists] = (),
    *,
    without: frozenset[str] = WHOLE,
    patience: bool = False,
) -> _Page:
    going_on = rests_of(riders)
    document, cursors = pull_requests(going_on, without)
    data, answer = await ask_repository(
        rests.client,
        request,
        document,
        {**variables_of(rests.repository, cursor), **cursors, "pageSize": size.now},
        dict[str, msgspec.Raw],
        may_shrink=not patience,
    )
    take_rests(request, riders, going_on, data, answer)
    listed = data.get("pullRequests", msgspec.Raw(NULL))
    return _Page(decode(request, listed, _PullRequests, answer.request_id), answer)


async def read_again(
    client: GitHubClient, repository: Repository, items: Iterable[Unread], progress: Progress
) -> list[Record]:
    """Return the pull requests that could not be read whole before and now can, or in part."""
    rests, found = Rests(client, repository, progress), []
    for item in items:
        number = int(item.item_key)
        request = Request("pull_requests", f"{repository.full_name}#{number}")
        try:
            less = await _one(client, repository, request, item)
        except NotFound:
            progress.gone.add(item.item_key)
            continue
        if less is None:
            progress.unread[number] = item
            continue
        data, answer = less.found
        if bytes(data.pull_request) == NULL:
            progress.gone.add(number)
            continue
        end = _PullRequests(1, PageInfo(has_next_page=False), [data.pull_request])
        page = _Page(end, answer, less.without, less.problem)
        one = _lists(repository, page.keys(request)[0], data.pull_request, page, progress)
        found += [one] if one else []
    return await rests.finish(found, all_of_them=True)


async def _one(
    client: GitHubClient, repository: Repository, request: Request, item: Unread
) -> Less[tuple[_PullRequestOf, Answer[Envelope]]] | None:
    async def ask(
        without: frozenset[str], *, patience: bool
    ) -> tuple[_PullRequestOf, Answer[Envelope]]:
        return await ask_repository(
            client,
            request,
            pull_request_by_number(without),
            {"owner": repository.owner, "name": repository.name, "number": int(item.item_key)},
            _PullRequestOf,
            may_shrink=not patience,
        )

    return await ask_again(request, ask, PULL_REQUEST_PARTS, is_lost=item.is_lost)


def _oldest_wanted(since: datetime, known: KnownRepository | None) -> datetime:
    """Return the oldest last update to load: after the newest loaded, or all since ``since``."""
    if known is None or since < known.window_start:
        return since
    if known.high_water_mark is None:
        return known.window_start
    # The mark may be older than the window: then nothing in the window was there to load.
    return max(instant(known.high_water_mark) - OVERLAP, known.window_start)


def _lists(
    repository: Repository,
    key: PullRequestKey,
    node: msgspec.Raw,
    page: _Page,
    progress: Progress,
) -> LongLists | None:
    """Return a pull request with its lists; None where it could not be read at all."""
    if page.without:
        progress.unread[key.number] = Unread(key.number, page.without, page.problem)
    if not isinstance(key, PullRequest):
        return None
    labels = key.labels.total_count - len(key.labels.nodes) if key.labels else 0
    files = key.changed_files if key.files is None and key.changed_files else 0
    for name, missing in (("labels", labels), ("files", files)):
        if missing > 0:
            progress.short_lists += 1
            log.warning(
                "pull_requests [%s#%d]: %d %s are not answered",
                repository.full_name,
                key.number,
                missing,
                name,
            )
    found = {"commits": key.commits, "files": key.files, "reviews": key.reviews}
    pages = {name: one for name, one in found.items() if one}
    return LongLists(repository, key.number, node, pages, page.answer)
