"""Pull requests of one repository, newest update first, with commits, files and reviews."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from ingestion.errors import Request, TooHeavy
from ingestion.github.client import Envelope, GitHubClient, PageInfo, next_cursor
from ingestion.github.paging import (
    PageSize,
    Progress,
    Record,
    ask_repository,
    decode,
    instant,
    variables_of,
)
from ingestion.github.probe import Repository
from ingestion.github.pull_request_lists import (
    ListPage,
    LongLists,
    Rests,
    rests_of,
    take_rests,
)
from ingestion.github.queries import pull_requests
from ingestion.http import Answer
from ingestion.ledger import KnownRepository

log = logging.getLogger(__name__)

# Covers equal time stamps and small differences between clocks; costs a page at most.
OVERLAP = timedelta(hours=1)
LARGEST_PAGE = 50


class _Labels(msgspec.Struct, rename="camel"):
    total_count: int
    nodes: list[msgspec.Raw]


class _PullRequestKey(msgspec.Struct, rename="camel"):
    number: int
    updated_at: str
    changed_files: int
    commits: ListPage
    # GitHub leaves a list out where it cannot work it out.
    files: ListPage | None
    reviews: ListPage | None
    labels: _Labels | None


class _PullRequests(msgspec.Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[msgspec.Raw]


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
    size, cursor, cursors = PageSize(LARGEST_PAGE), None, set[str]()
    seen: set[int] = set()
    rests = Rests(client, repository, progress)
    while True:
        page, answer = await _next_page(request, cursor, size, rests)
        progress.page_count += 1
        keys = [decode(request, node, _PullRequestKey, answer) for node in page.nodes]
        # The list shifts while it is read: what was updated meanwhile comes twice.
        wanted = [
            (key, node)
            for key, node in zip(keys, page.nodes, strict=True)
            if key.number not in seen and instant(key.updated_at) >= until
        ]
        seen.update(key.number for key in keys)
        lists = [_lists(repository, key, node, answer, progress) for key, node in wanted]
        is_behind = bool(keys) and instant(keys[-1].updated_at) < until
        cursor = None if is_behind else next_cursor(request, page.page_info, cursors, answer)
        yield await rests.finish(lists, all_of_them=cursor is None)
        for key in keys:
            progress.high_water_mark = max(progress.high_water_mark or "", key.updated_at)
        if cursor is None:
            return
        size.grow()


async def _next_page(
    request: Request, cursor: str | None, size: PageSize, rests: Rests
) -> tuple[_PullRequests, Answer[Envelope]]:
    """Ask for a page, and with it for what did not fit those before, as far as that is light."""
    while True:
        riders = rests.riders()
        document, cursors = pull_requests(rests_of(riders))
        variables = {
            **variables_of(rests.repository, cursor),
            **cursors,
            "pageSize": size.now,
        }
        try:
            data, answer = await ask_repository(
                rests.client,
                request,
                document,
                variables,
                dict[str, msgspec.Raw],
                may_shrink=size.may_shrink or bool(riders),
            )
        except TooHeavy:
            rests.ride_along = False
            size.shrink()
            log.info("%s: too heavy, asking for %d at a time", request, size.now)
            continue
        take_rests(request, riders, data, answer)
        listed = data.get("pullRequests", msgspec.Raw(b"null"))
        return decode(request, listed, _PullRequests, answer), answer


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
    key: _PullRequestKey,
    node: msgspec.Raw,
    answer: Answer[Envelope],
    progress: Progress,
) -> LongLists:
    found = {"commits": key.commits, "files": key.files, "reviews": key.reviews}
    labels = key.labels.total_count - len(key.labels.nodes) if key.labels else 0
    files = key.changed_files if key.files is None else 0
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
    pages = {name: page for name, page in found.items() if page is not None}
    return LongLists(repository, key.number, node, pages, answer)
