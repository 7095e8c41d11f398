"""Pages of one repository's items: how large, what is in them, and how far a sync has come."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TypeVar

import msgspec

from ingestion.errors import NotFound, Request, UnexpectedAnswer
from ingestion.github.client import Envelope, GitHubClient, ask, decode
from ingestion.github.probe import Repository
from ingestion.github.queries import WHOLE, part_of
from ingestion.github.unread import Unread
from ingestion.http import Answer

log = logging.getLogger(__name__)

GROWTH = 5
NULL = b"null"

Inner = TypeVar("Inner")


class _Data(msgspec.Struct):
    repository: msgspec.Raw = msgspec.Raw(NULL)


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
    before they held what their own count says. ``unread`` has by key what could not be read whole,
    ``gone`` what could not in an earlier run and is not there any more.
    """

    high_water_mark: str | None
    page_count: int = 0
    replaces: bool = False
    short_lists: int = 0
    unread: dict[int | str, Unread] = field(default_factory=dict)
    gone: set[int | str] = field(default_factory=set)


@dataclass
class PageSize:
    """Halves down to one when a page is not answered, and grows back slowly."""

    largest: int
    now: int = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.largest

    @property
    def may_shrink(self) -> bool:
        return self.now > 1

    def shrink(self, asked: int | None = None) -> None:
        """Halve, from what was ``asked`` for where that was less than a whole page."""
        self.now = max((asked or self.now) // 2, 1)

    def grow(self) -> None:
        self.now = min(self.now + GROWTH, self.largest)


def decode_item(
    request: Request,
    node: msgspec.Raw,
    shape: type[Inner],
    answer: Answer[Envelope],
    without: frozenset[str] = WHOLE,
) -> Inner:
    """Decode a pull request or a commit that was asked for ``without`` some parts.

    Raises:
        UnexpectedAnswer: it is not of that shape, or lacks a field that was asked for.
    """
    item = decode(request, node, shape, answer.request_id)
    for attribute, field_name, part in _parts_of(shape):  # type: ignore[arg-type]
        if part not in without and getattr(item, attribute) is msgspec.UNSET:
            problem = f"an item is not of the documented shape: `{field_name}` is missing"
            raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
    return item


@cache
def _parts_of(shape: type) -> list[tuple[str, str, str | None]]:
    """Return attribute, field and part of what may be left out of the question."""
    return [
        (one.name, one.encode_name, part_of([one.encode_name]))
        for one in msgspec.structs.fields(shape)
        if one.default is msgspec.UNSET
    ]


def variables_of(repository: Repository, cursor: str | None = None) -> dict[str, object]:
    return {"owner": repository.owner, "name": repository.name, "after": cursor}


async def ask_repository(
    client: GitHubClient,
    request: Request,
    query: str,
    variables: Mapping[str, object],
    shape: type[Inner],
    *,
    may_shrink: bool = False,
) -> tuple[Inner, Answer[Envelope]]:
    data, answer = await ask(client, request, query, variables, _Data, may_shrink=may_shrink)
    if bytes(data.repository) == NULL:
        raise NotFound(request, "the repository is gone", request_id=answer.request_id)
    return decode(request, data.repository, shape, answer.request_id), answer
