"""The long lists of pull requests: what did not fit the first page, many a request.

A pull request's branch commits, files and reviews come with it as far as they fit. The rest rides
along with the next page of the repository's pull requests; behind the last page, the rest of many
is asked for together. So long branches cost no request each.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from ingestion.errors import NotFound, Request, TooHeavy, UnexpectedAnswer
from ingestion.github.client import Envelope, GitHubClient, PageInfo, next_cursor
from ingestion.github.paging import PageSize, Progress, Record, ask_repository, decode
from ingestion.github.probe import Repository
from ingestion.github.queries import Rest, rest_of_pull_requests
from ingestion.http import Answer

log = logging.getLogger(__name__)

LISTS = ("commits", "files", "reviews")
# So many pull requests, and so many items of their lists, a request; fewer beside a page.
BATCH = 50
LARGEST_BATCH = 2_000
LARGEST_RIDE = 500
LARGEST_PAGE = 100


class ListPage(msgspec.Struct, rename="camel"):
    """A page of a list; entries that GitHub cannot show are null."""

    total_count: int
    nodes: list[msgspec.Raw]
    page_info: PageInfo

    @property
    def shown(self) -> int:
        return sum(bytes(node) != b"null" for node in self.nodes)


@dataclass
class _List:
    """How far one list of a pull request is read."""

    request: Request
    total_count: int = 0
    read: int = 0
    cursor: str | None = None
    pages: list[bytes] = field(default_factory=list)
    _cursors: set[str] = field(default_factory=set)

    def take(self, page: ListPage, answer: Answer[Envelope]) -> None:
        # The newest count: the list may have grown while it was read.
        self.total_count = page.total_count
        self.read += page.shown
        self.cursor = next_cursor(self.request, page.page_info, self._cursors, answer)

    @property
    def next_size(self) -> int:
        """Return how many to ask for next; a whole page where the count must be wrong."""
        left = self.total_count - self.read
        return min(left, LARGEST_PAGE) if left > 0 else LARGEST_PAGE


class LongLists:
    """One pull request on its way to being whole."""

    def __init__(
        self,
        repository: Repository,
        number: int,
        node: msgspec.Raw,
        pages: dict[str, ListPage],
        answer: Answer[Envelope],
    ) -> None:
        self.number = number
        self.name = f"{repository.full_name}#{number}"
        self._body = bytes(node).decode()
        self._listed = answer
        self._lists = {
            name: _List(Request("pull_requests", f"{self.name} {name}")) for name in pages
        }
        for name, page in pages.items():
            self._lists[name].take(page, answer)

    @property
    def rest(self) -> Rest | None:
        """Return where to go on, or None when nothing is left to read."""
        left = {name: one for name, one in self._lists.items() if one.cursor is not None}
        if not left:
            return None
        return Rest(
            self.number,
            {name: one.cursor or "" for name, one in left.items()},
            {name: one.next_size for name, one in left.items()},
        )

    def take(self, bodies: dict[str, msgspec.Raw], answer: Answer[Envelope]) -> None:
        """Take the next page of each list that is not at its end."""
        for name, body in bodies.items():
            one = self._lists[name]
            page = decode(one.request, body, ListPage, answer)
            one.pages.append(bytes(body))
            one.take(page, answer)

    def record(self, progress: Progress) -> Record:
        """Return the whole pull request; a list that ends too early is logged and counted."""
        for name, one in self._lists.items():
            if one.read < one.total_count:
                progress.short_lists += 1
                log.warning(
                    "pull_requests [%s]: %d of %d %s answered",
                    self.name,
                    one.read,
                    one.total_count,
                    name,
                )
        more = {
            name: (b"[" + b",".join(self._lists[name].pages) + b"]").decode()
            if name in self._lists
            else "[]"
            for name in LISTS
        }
        return Record(
            key=self.number,
            body=self._body,
            request_id=self._listed.request_id,
            fetched_at=self._listed.fetched_at,
            more=more,
        )


@dataclass
class Rests:
    """The pull requests of one repository whose lists are not at their end yet."""

    client: GitHubClient
    repository: Repository
    progress: Progress
    # False once a page was too heavy: then each has a request of its own.
    ride_along: bool = True
    _size: PageSize = field(default_factory=lambda: PageSize(BATCH))
    _waiting: list[LongLists] = field(default_factory=list)

    def riders(self) -> list[LongLists]:
        """Return those whose lists go on beside the next page."""
        return self._batch(LARGEST_RIDE) if self.ride_along else []

    async def finish(self, new: Iterable[LongLists], *, all_of_them: bool) -> list[Record]:
        """Take ``new`` ones in and return those that are whole.

        The others wait for the next page or a full batch, or until ``all_of_them`` are asked for.
        """
        self._waiting.extend(new)
        whole = self._take_whole()
        while self._waiting and (all_of_them or len(self._waiting) >= BATCH):
            await self._read_batch()
            whole += self._take_whole()
        return whole

    def _take_whole(self) -> list[Record]:
        whole = [one.record(self.progress) for one in self._waiting if one.rest is None]
        self._waiting = [one for one in self._waiting if one.rest is not None]
        return whole

    def _batch(self, item_limit: int) -> list[LongLists]:
        batch: list[LongLists] = []
        item_count = 0
        for one in self._waiting:
            item_count += sum(one.rest.sizes.values()) if one.rest else 0
            if batch and (len(batch) >= self._size.now or item_count > item_limit):
                break
            batch.append(one)
        return batch

    async def _read_batch(self) -> None:
        while True:
            batch = self._batch(LARGEST_BATCH)
            request = Request("pull_requests", _names(batch))
            document, cursors = rest_of_pull_requests(rests_of(batch))
            variables: dict[str, object] = {
                "owner": self.repository.owner,
                "name": self.repository.name,
                **cursors,
            }
            may_shrink = self._size.may_shrink and len(batch) > 1
            try:
                data, answer = await ask_repository(
                    self.client,
                    request,
                    document,
                    variables,
                    dict[str, msgspec.Raw],
                    may_shrink=may_shrink,
                )
            except TooHeavy:
                self._size.shrink(len(batch))
                log.info("%s: too heavy, asking for %d at a time", request, self._size.now)
                continue
            take_rests(request, batch, data, answer)
            self._size.grow()
            return


def rests_of(batch: Sequence[LongLists]) -> list[Rest]:
    return [one.rest for one in batch if one.rest is not None]


def take_rests(
    request: Request,
    batch: Sequence[LongLists],
    data: Mapping[str, msgspec.Raw],
    answer: Answer[Envelope],
) -> None:
    """Give each pull request of ``batch`` what ``data`` holds of it.

    Raises:
        NotFound: one of them is gone.
        UnexpectedAnswer: a list that was asked for is missing.
    """
    for i, one in enumerate(batch):
        node = data.get(f"pullRequest{i}", msgspec.Raw(b"null"))
        if bytes(node) == b"null":
            problem = f"pull request {one.number} is gone"
            raise NotFound(request, problem, request_id=answer.request_id)
        bodies = decode(request, node, dict[str, msgspec.Raw], answer)
        wanted = one.rest.cursors if one.rest else {}
        if set(bodies) != set(wanted) or b"null" in map(bytes, bodies.values()):
            problem = f"the rest of pull request {one.number} is not in the answer"
            raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
        one.take(bodies, answer)


def _names(batch: Sequence[LongLists]) -> str:
    others = f" and {len(batch) - 1} more" if len(batch) > 1 else ""
    return batch[0].name + others
