"""How answers follow one another: three styles of cursor, and none that is kept.

Cursors live inside one reading: they are bound to their query and expire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from ingestion.anthropic.endpoints import Endpoint
from ingestion.errors import CursorRefused, Request, UnexpectedAnswer
from ingestion.http import Answer, ApiClient

RESTARTS = 2

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
        UnexpectedAnswer: there is more and no cursor to it, or cursors lead round in a circle.
    """
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        asked = [*params, *([(paging.parameter, cursor)] if cursor is not None else [])]
        answer = await client.get(
            request,
            endpoint.path,
            asked,
            paging.shape,
            has_cursor=cursor is not None,
            headers=endpoint.headers,
        )
        if not paging.has_more(answer.value):
            yield answer, True
            return
        yield answer, False
        cursor = _next(request, paging.cursor(answer.value), seen, answer)


async def restarting(read: Callable[[], Awaitable[Result]]) -> Result:
    """Begin again from the first page when a cursor is refused: pages of two reads never mix."""
    for _ in range(RESTARTS):
        try:
            return await read()
        except CursorRefused:
            continue
    return await read()


def _next(request: Request, cursor: str | None, seen: set[str], answer: Answer[Any]) -> str:
    if cursor is None or cursor in seen:
        problem = "there is more, but no cursor to it" if cursor is None else "a cursor repeats"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
    seen.add(cursor)
    return cursor
