"""Pages of one repository's items: how large, what is in them, and how far a sync has come."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from ingestion.errors import NotFound, Request, TooHeavy, UnexpectedAnswer
from ingestion.github.client import Envelope, GitHubClient, ask
from ingestion.github.probe import Repository
from ingestion.http import Answer

log = logging.getLogger(__name__)

SMALLEST_PAGE = 5

Inner = TypeVar("Inner")


class _Data(msgspec.Struct):
    repository: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True)
class Record:
    """One pull request or commit: its key within the repository and its JSON text.

    ``more`` has, by list, the further pages of a pull request's long lists as JSON arrays.
    """

    key: int | str
    body: str
    request_id: str | None
    fetched_at: datetime
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Progress:
    """What a sync has done so far: filled while its records are read, final when they end.

    ``replaces`` says that all of the repository was read again, so that rows of earlier runs
    that did not come back are no longer on the branch. ``short_lists`` counts lists that ended
    before they held what their own count says.
    """

    high_water_mark: str | None
    page_count: int = 0
    replaces: bool = False
    short_lists: int = 0


@dataclass
class PageSize:
    """Halves when a page is too heavy for the server, grows back slowly, never below five."""

    largest: int
    now: int = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.largest

    @property
    def may_shrink(self) -> bool:
        return self.now > SMALLEST_PAGE

    def shrink(self, asked: int | None = None) -> None:
        """Halve, from what was ``asked`` for where that was less than a whole page."""
        self.now = max((asked or self.now) // 2, SMALLEST_PAGE)

    def grow(self) -> None:
        self.now = min(self.now + SMALLEST_PAGE, self.largest)


def variables_of(repository: Repository, cursor: str | None) -> dict[str, object]:
    return {"owner": repository.owner, "name": repository.name, "after": cursor}


async def ask_page(
    client: GitHubClient,
    request: Request,
    query: str,
    variables: dict[str, object],
    shape: type[Inner],
    size: PageSize,
) -> tuple[Inner, Answer[Envelope]]:
    """Ask for one page, with smaller and smaller pages while it is too heavy for the server."""
    while True:
        sized = {**variables, "pageSize": size.now}
        try:
            return await ask_repository(
                client, request, query, sized, shape, may_shrink=size.may_shrink
            )
        except TooHeavy:
            size.shrink()
            log.info("%s: too heavy, asking for %d at a time", request, size.now)


async def ask_repository(
    client: GitHubClient,
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
    return decode(request, data.repository, shape, answer), answer


def decode(
    request: Request, node: msgspec.Raw, shape: type[Inner], answer: Answer[Envelope]
) -> Inner:
    try:
        return msgspec.json.decode(node, type=shape)
    except msgspec.ValidationError as error:
        problem = f"an item is not of the documented shape: {error}"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id) from error


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
