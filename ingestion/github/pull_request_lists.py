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
from ingestion.github.client import Envelope, GitHubClient, decode
from ingestion.github.less import ask_for_less
from ingestion.github.listing import Listing
from ingestion.github.paging import NULL, PageSize, Progress, Record, ask_repository
from ingestion.github.probe import Repository
from ingestion.github.queries import Rest, rest_of_pull_requests
from ingestion.github.shapes import LISTS as LIST_SHAPES
from ingestion.github.shapes import BranchCommit, File, ListPage, Review
from ingestion.github.unread import Unread
from ingestion.http import Answer

log = logging.getLogger(__name__)

LISTS = ("commits", "files", "reviews")
# So many pull requests, and so many items of their lists, a request; fewer beside a page.
BATCH = 50
LARGEST_BATCH = 2_000
LARGEST_RIDE = 500
LARGEST_PAGE = 100


AnyPage = ListPage[BranchCommit] | ListPage[File] | ListPage[Review]


@dataclass
class _List:
    """How far one list of a pull request is read."""

    request: Request
    total_count: int = 0
    read: int = 0
    cursor: str | None = None
    pages: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listing = Listing(self.request)

    def take(self, page: AnyPage, answer: Answer[Envelope]) -> None:
        # The newest count: the list may have grown while it was read.
        self.total_count = page.total_count
        self.read += page.shown
        self.cursor = self._listing.next_cursor(
            page.page_info,
            [msgspec.json.encode(node) for node in page.nodes],
            answer.request_id,
            total_count=page.total_count,
        )

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
        pages: Mapping[str, AnyPage],
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
            page = decode(one.request, body, LIST_SHAPES[name], answer.request_id)
            one.pages.append(bytes(body))
            one.take(page, answer)

    def give_up(self, names: Iterable[str]) -> None:
        """Leave these lists as far as they are read."""
        for name in names:
            self._lists[name].cursor = None

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
            rests = rests_of(batch)
            try:
                data, answer = await self._ask(batch, rests, patience=False)
            except TooHeavy as error:
                if len(batch) == 1:
                    await self._read_apart(batch[0], error)
                    return
                self._size.shrink(len(batch))
                log.info("%s: not answered, asking for %d", error.request, self._size.now)
                continue
            take_rests(_request(batch), batch, rests, data, answer)
            self._size.grow()
            return

    async def _ask(
        self, batch: Sequence[LongLists], rests: Sequence[Rest], *, patience: bool
    ) -> tuple[dict[str, msgspec.Raw], Answer[Envelope]]:
        document, cursors = rest_of_pull_requests(rests)
        return await ask_repository(
            self.client,
            _request(batch),
            document,
            {"owner": self.repository.owner, "name": self.repository.name, **cursors},
            dict[str, msgspec.Raw],
            may_shrink=not patience,
        )

    async def _read_apart(self, one: LongLists, fault: TooHeavy) -> None:
        """Go on in those lists of one pull request that are answered; the others end here."""
        (rest,) = rests_of([one])

        async def ask(
            without: frozenset[str], *, patience: bool
        ) -> tuple[dict[str, msgspec.Raw], Answer[Envelope]]:
            return await self._ask([one], [rest.without(without)], patience=patience)

        less = await ask_for_less(_request([one]), ask, tuple(rest.cursors), fault)
        given_up = less.without & rest.cursors.keys()
        data, answer = less.found
        take_rests(_request([one]), [one], [rest.without(given_up)], data, answer)
        if given_up:
            one.give_up(given_up)
            missing = frozenset(f"more {name}" for name in given_up)
            known = self.progress.unread.get(one.number)
            self.progress.unread[one.number] = Unread(
                one.number, missing | (known.missing if known else missing), less.problem
            )


def rests_of(batch: Sequence[LongLists]) -> list[Rest]:
    return [one.rest for one in batch if one.rest is not None]


def take_rests(
    request: Request,
    batch: Sequence[LongLists],
    rests: Sequence[Rest],
    data: Mapping[str, msgspec.Raw],
    answer: Answer[Envelope],
) -> None:
    """Give each pull request of ``batch`` what ``data`` holds of it, which is its rest.

    Raises:
        NotFound: one of them is gone.
        UnexpectedAnswer: a list that was asked for is missing.
    """
    for i, (one, rest) in enumerate(zip(batch, rests, strict=True)):
        node = data.get(f"pullRequest{i}", msgspec.Raw(NULL))
        if bytes(node) == NULL:
            problem = f"pull request {one.number} is gone"
            raise NotFound(request, problem, request_id=answer.request_id)
        bodies = decode(request, node, dict[str, msgspec.Raw], answer.request_id)
        bodies.pop("number", None)
        if set(bodies) != set(rest.cursors) or NULL in map(bytes, bodies.values()):
            problem = f"the rest of pull request {one.number} is not in the answer"
            raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
        one.take(bodies, answer)


def _request(batch: Sequence[LongLists]) -> Request:
    others = f" and {len(batch) - 1} more" if len(batch) > 1 else ""
    return Request("pull_requests", batch[0].name + others)
