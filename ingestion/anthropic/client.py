"""Read whole windows from the Admin API: each function returns all pages of a window or raises.

Paging comes in three styles: entity lists (`after_id`), reports (`page`), and single objects.
Cursors live inside one call: they are bound to their query and expire.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from ingestion.anthropic.endpoints import (
    API_VERSION,
    DIRECTORY_PAGE_LIMIT,
    ORGANIZATION_PATH,
    BucketReport,
    DayReport,
    Directory,
)
from ingestion.errors import CursorRefused, Request, UnexpectedAnswer
from ingestion.http import Answer, ApiClient
from ingestion.settings import Settings
from ingestion.windows import ONE_DAY, Days, midnight

# The usage and cost guide asks for a poll a minute in steady state and allows bursts for paging.
CONCURRENCY = 4
RESTARTS = 2

Params = list[tuple[str, str]]
Result = TypeVar("Result")


class ReportPage(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool
    next_page: str | None = None


class EntityPage(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool
    last_id: str | None = None


class Bucket(msgspec.Struct):
    starting_at: datetime
    results: list[msgspec.Raw]


@dataclass(frozen=True)
class Page:
    """One row of a raw page table, but for the run id."""

    window_key: str
    window_start: datetime | None
    window_end: datetime | None
    page_number: int
    is_last_page: bool
    record_count: int
    body: bytes
    request_path: str
    request_query: str
    request_id: str | None
    fetched_at: datetime


def open_client(settings: Settings, **options: Any) -> ApiClient:
    """Return a client for the host of the settings, with the key in its header alone."""
    key = settings.anthropic_admin_key
    headers = {"anthropic-version": API_VERSION}
    if key is not None:
        headers["x-api-key"] = key.get_secret_value()
    return ApiClient(
        base_url=settings.anthropic_base_url,
        headers=headers,
        request_id_header="request-id",
        concurrency=CONCURRENCY,
        **options,
    )


async def read_organization(client: ApiClient) -> list[Page]:
    """Read the organisation that the key belongs to: one page with one object."""
    request = Request("organizations_me", "current")
    answer = await client.get(request, ORGANIZATION_PATH, [], dict[str, Any])
    if "id" not in answer.value:
        raise UnexpectedAnswer(request, "the answer has no `id`", request_id=answer.request_id)
    return [_page("current", 1, True, 1, answer.body, ORGANIZATION_PATH, [], answer)]


async def read_directory(client: ApiClient, directory: Directory, window_key: str) -> list[Page]:
    """Read all pages of an entity list."""
    request = Request(directory.table.name, window_key)
    base: Params = [*directory.params, ("limit", str(DIRECTORY_PAGE_LIMIT))]

    async def read() -> list[Page]:
        pages: list[Page] = []
        after: str | None = None
        cursors: set[str] = set()
        while True:
            params = base if after is None else [*base, ("after_id", after)]
            answer = await client.get(
                request, directory.path, params, EntityPage, has_cursor=after is not None
            )
            page, number = answer.value, len(pages) + 1
            last = not page.has_more
            pages.append(
                _page(
                    window_key,
                    number,
                    last,
                    len(page.data),
                    answer.body,
                    directory.path,
                    base,
                    answer,
                )
            )
            if last:
                return pages
            after = _next_cursor(request, page.last_id, cursors, answer)

    return await _restarting(read)


async def read_day(client: ApiClient, report: DayReport, day: date) -> list[Page]:
    """Read all pages of one UTC day of a report that is asked for day by day."""
    request = Request(report.table.name, day.isoformat())
    base: Params = [("starting_at", day.isoformat()), ("limit", str(report.page_limit))]
    answers = await _report_pages(client, request, report.path, base)
    key, start, end = day.isoformat(), midnight(day), midnight(day + ONE_DAY)
    pages = [
        _page(key, number, number == len(answers), len(answer.value.data), answer.body,
              report.path, base, answer)
        for number, answer in enumerate(answers, start=1)
    ]  # fmt: skip
    return [replace(page, window_start=start, window_end=end) for page in pages]


async def read_buckets(client: ApiClient, report: BucketReport, days: Days) -> list[Page]:
    """Read the daily buckets of ``days``: one page for each bucket answered, empty ones included.

    Raises:
        UnexpectedAnswer: a day was asked for and not answered, or answered and not asked for.
    """
    request = Request(report.table.name, str(days))
    base: Params = [
        ("starting_at", f"{days.start}T00:00:00Z"),
        ("ending_at", f"{days.end}T00:00:00Z"),
        ("bucket_width", "1d"),
        ("limit", str(report.longest_range)),
        *(("group_by[]", dimension) for dimension in report.group_by),
    ]
    answers = await _report_pages(client, request, report.path, base)
    by_day: dict[date, list[Page]] = {day: [] for day in days}
    for answer in answers:
        for body in answer.value.data:
            bucket = _bucket(request, body, answer)
            day = bucket.starting_at.date()
            if day not in by_day:
                problem = f"a bucket of {day} was answered and not asked for"
                raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
            if any(page.body == bytes(body) for page in by_day[day]):
                problem = f"the bucket of {day} was answered twice"
                raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
            page = _page(
                day.isoformat(), len(by_day[day]) + 1, False, len(bucket.results), bytes(body),
                report.path, base, answer,
            )  # fmt: skip
            start, end = midnight(day), midnight(day + ONE_DAY)
            by_day[day].append(replace(page, window_start=start, window_end=end))
    unanswered = [str(day) for day, pages in by_day.items() if not pages]
    if unanswered:
        problem = f"no bucket for {', '.join(unanswered)}"
        raise UnexpectedAnswer(request, problem, request_id=answers[-1].request_id)
    return [
        replace(page, is_last_page=page is pages[-1]) for pages in by_day.values() for page in pages
    ]


async def _report_pages(
    client: ApiClient, request: Request, path: str, base: Params
) -> list[Answer[ReportPage]]:
    async def read() -> list[Answer[ReportPage]]:
        answers: list[Answer[ReportPage]] = []
        cursor: str | None = None
        cursors: set[str] = set()
        while True:
            params = base if cursor is None else [*base, ("page", cursor)]
            answer = await client.get(
                request, path, params, ReportPage, has_cursor=cursor is not None
            )
            answers.append(answer)
            if not answer.value.has_more:
                return answers
            cursor = _next_cursor(request, answer.value.next_page, cursors, answer)

    return await _restarting(read)


async def _restarting(read: Callable[[], Awaitable[Result]]) -> Result:
    """Begin again from the first page when a cursor is refused: pages of two reads never mix."""
    for _ in range(RESTARTS):
        try:
            return await read()
        except CursorRefused:
            continue
    return await read()


def _next_cursor(request: Request, cursor: str | None, seen: set[str], answer: Answer[Any]) -> str:
    if cursor is None or cursor in seen:
        problem = "there is more, but no cursor to it" if cursor is None else "a cursor repeats"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
    seen.add(cursor)
    return cursor


def _bucket(request: Request, body: msgspec.Raw, answer: Answer[Any]) -> Bucket:
    try:
        return msgspec.json.decode(body, type=Bucket)
    except msgspec.ValidationError as error:
        problem = f"a bucket is not of the documented shape: {error}"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id) from error


def _page(
    window_key: str,
    number: int,
    is_last: bool,
    record_count: int,
    body: bytes,
    path: str,
    query: Params,
    answer: Answer[Any],
) -> Page:
    return Page(
        window_key=window_key,
        window_start=None,
        window_end=None,
        page_number=number,
        is_last_page=is_last,
        record_count=record_count,
        body=body,
        request_path=path,
        request_query=urlencode(query, safe="[]:"),
        request_id=answer.request_id,
        fetched_at=answer.fetched_at,
    )
