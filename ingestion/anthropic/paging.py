"""How answers follow one another: three styles of cursor, and none that is kept.

Cursors live inside one reading: they are bound to their query and expire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from ingestion.anthropic.kinds import Endpoint
from ingestion.errors import CursorRefused, RepeatedRecords, Request, UnexpectedAnswer
from ingestion.http import Answer, ApiClient

RESTARTS = 2
# Five million records: a server that always has one more page is found out.
LONGEST_READING = 5_000

Params = Sequence[tuple[str, str]]
Result = TypeVar("Result")


class ReportPage(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool
    next_page: str | None = None


class DatedPage(ReportPage):
    """A page that says up to when its figures are whole; null when nothing covers the range yet."""

    data_refreshed_at: datetime | None = None


class EntityPage(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool
    last_id: str | None = None


class TokenPage(msgspec.Struct):
    data: list[msgspec.Raw]
    next_page: str | None = None


Shape = TypeVar("Shape", ReportPage, DatedPage, EntityPage, TokenPage)


@dataclass(frozen=True)
class Paging(Generic[Shape]):
    """A style: the shape of a page, what asks for the next, and where that is found."""

    shape: type[Shape]
    parameter: str
    cursor: Callable[[Shape], str | None]
    has_more: Callable[[Shape], bool]


REPORT = Paging(ReportPage, "page", lambda page: page.next_page, lambda page: page.has_more)
DATED = Paging(DatedPage, "page", lambda page: page.next_page, lambda page: page.has_more)
ENTITY = Paging(EntityPage, "after_id", lambda page: page.last_id, lambda page: page.has_more)
TOKEN = Paging(
    TokenPage, "page", lambda page: page.next_page, lambda page: page.next_page is not None
)


async def answers(
    client: ApiClient, endpoint: Endpoint, request: Request, params: Params, paging: Paging[Shape]
) -> AsyncIterator[tuple[Answer[Shape], bool]]:
    """Yield each page of a query, and whether it is the last.

    Raises:
        CursorRefused: begin again from the first page.
        RepeatedRecords: so too, as a page holds a record of an earlier one.
        UnexpectedAnswer: there is more and no cursor to it, cursors lead round in a circle, or
            there is more after `LONGEST_READING` pages.
    """
    cursor: str | None = None
    seen: set[str] = set()
    records = Distinct(request)
    for _ in range(LONGEST_READING):
        asked = [*params, *([(paging.parameter, cursor)] if cursor is not None else [])]
        answer = await client.get(
            request,
            endpoint.path,
            asked,
            paging.shape,
            has_cursor=cursor is not None,
            headers=endpoint.headers,
        )
        is_last = not paging.has_more(answer.value)
        # Most readings are one page.
        if cursor is not None or not is_last:
            records.add(answer.value.data, answer)
        if is_last:
            yield answer, True
            return
        yield answer, False
        cursor = _next(request, paging.cursor(answer.value), seen, answer)
    problem = f"there is more after {LONGEST_READING:,} pages"
    raise UnexpectedAnswer(request, problem, request_id=answer.request_id)


class Distinct:
    """Sees to it that no record of a reading stands on two of its pages.

    A server that ignores the cursor answers the first page again; a list that moves while it is
    read shows an entity twice. Records that are equal on one page are as they were answered.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        # Hashes of 64 bits: that two records share one by chance costs a reading anew.
        self._seen: set[int] = set()

    def add(self, records: Iterable[msgspec.Raw], answer: Answer[Any]) -> None:
        """Take note of a page's records.

        Raises:
            RepeatedRecords: one of them stands on an earlier page.
        """
        fresh = set(map(hash, map(bytes, records)))
        if not fresh.isdisjoint(self._seen):
            problem = "a page holds records of an earlier page"
            raise RepeatedRecords(self._request, problem, request_id=answer.request_id)
        self._seen |= fresh


async def restarting(read: Callable[[], Awaitable[Result]]) -> Result:
    """Begin again from the first page when a cursor is refused, or a page comes again.

    Pages of two readings never mix.
    """
    for _ in range(RESTARTS):
        try:
            return await read()
        except (CursorRefused, RepeatedRecords):
            continue
    return await read()


def _next(request: Request, cursor: str | None, seen: set[str], answer: Answer[Any]) -> str:
    if cursor is None or cursor in seen:
        problem = "there is more, but no cursor to it" if cursor is None else "a cursor repeats"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
    seen.add(cursor)
    return cursor
