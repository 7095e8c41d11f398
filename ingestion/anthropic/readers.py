"""Read whole windows: each function returns all pages of what it was asked for, or raises."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace as replace_struct

from ingestion.anthropic.kinds import (
    BucketReport,
    DayReport,
    Directory,
    Endpoint,
    MinuteReport,
    RangeReport,
    Report,
    RowReport,
    SummaryReport,
)
from ingestion.anthropic.pages import CURRENT, Page, bounds
from ingestion.anthropic.paging import (
    DATED,
    ENTITY,
    REPORT,
    TOKEN,
    DatedPage,
    Paging,
    Params,
    answers,
    restarting,
)
from ingestion.errors import InvalidRecords, NotReady, Request, RequestError, UnexpectedAnswer
from ingestion.http import Answer, ApiClient
from ingestion.windows import ONE_DAY, Days

Shape = TypeVar("Shape")

# A day that is not ready is refused with the newest one that is, a few days back at most.
_LONGEST_LAG = timedelta(days=7)
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


async def read_object(client: ApiClient, directory: Directory) -> list[Page]:
    """Read a path that answers one object: one page with one record."""
    request = Request(directory.table.name, CURRENT)
    answer = await client.get(
        request, directory.path, [], dict[str, Any], headers=directory.headers
    )
    if "id" not in answer.value:
        raise UnexpectedAnswer(request, "the answer has no `id`", request_id=answer.request_id)
    return [_page(directory, [], answer, CURRENT, 1, True, None, answer.body)]


async def read_directory(
    client: ApiClient, directory: Directory, window_key: str = CURRENT
) -> list[Page]:
    """Read all pages of a list of what exists now."""
    if directory.paging == "object":
        return await read_object(client, directory)
    limit = [] if directory.page_limit is None else [("limit", str(directory.page_limit))]
    params = [*directory.params, *limit]
    paging = ENTITY if directory.paging == "entity" else TOKEN
    request = Request(directory.table.name, window_key)
    return await _read_pages(client, directory, request, params, paging)


async def read_day(client: ApiClient, report: DayReport, day: date) -> list[Page]:
    """Read all pages of one UTC day of a report that is asked for day by day.

    Raises:
        NotReady: the source does not have the day yet.
    """
    params = [(report.day_parameter, day.isoformat()), ("limit", str(report.page_limit))]
    request = Request(report.table.name, day.isoformat())
    paging = REPORT if report.says_has_more else TOKEN
    try:
        pages = await _read_pages(client, report, request, params, paging)
    except RequestError as error:
        if report.is_aggregated_later and newest_ready(error, day):
            raise _not_ready(request, error) from error
        raise
    start, end = bounds(day)
    return [replace(page, window_start=start, window_end=end) for page in pages]


async def read_minutes(client: ApiClient, report: MinuteReport, day: date) -> list[Page]:
    """Read the minutes of one UTC day, pages stored as answered.

    Raises:
        InvalidRecords: a minute of another day was answered, or one twice.
    """
    request = Request(report.table.name, day.isoformat())
    params = [
        *_range(Days(day, day + ONE_DAY), "bucket_width", "1m"),
        ("limit", str(report.page_limit)),
        *_grouped(report.group_by),
    ]
    pages = await _read_pages(client, report, request, params, REPORT)
    start, end = bounds(day)
    seen: set[datetime] = set()
    for page in pages:
        for bucket in _decode(request, page, page.body, _DatedList, "a bucket").data:
            minute = bucket.starting_at.astimezone(UTC)
            if minute in seen or not start <= minute < end:
                problem = "answered twice" if minute in seen else "answered and not asked for"
                raise InvalidRecords(
                    request, f"{minute:%Y-%m-%d %H:%M} was {problem}", request_id=page.request_id
                )
            seen.add(minute)
    return [replace(page, window_start=start, window_end=end) for page in pages]


async def _read_pages(
    client: ApiClient, endpoint: Endpoint, request: Request, params: Params, paging: Paging[Any]
) -> list[Page]:
    async def read() -> list[Page]:
        pages: list[Page] = []
        async for answer, is_last in answers(client, endpoint, request, params, paging):
            key, number, records = request.window, len(pages) + 1, answer.value.data
            page = _page(endpoint, params, answer, key, number, is_last, records, answer.body)
            pages.append(page)
        return pages

    return await restarting(read)


async def read_range(client: ApiClient, report: RangeReport, days: Days) -> list[Page]:
    """Read all pages of consecutive days: at least one for each of them, empty ones included.

    Of a report that is aggregated later, days that are not ready are left out.

    Raises:
        NotReady: none of the days is ready.
        InvalidRecords: a day was asked for and not answered, or answered and not asked for.
    """
    if isinstance(report, BucketReport):
        return await _read_buckets(client, report, days)
    if isinstance(report, RowReport):
        return await _read_rows(client, report, days)
    assert isinstance(report, SummaryReport)
    return await _read_summaries(client, report, days)


# With its zone: a local time would be another day.
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Dated(msgspec.Struct):
    starting_at: _Instant


class _DatedList(msgspec.Struct):
    data: list[_Dated]


class _Results(msgspec.Struct):
    results: list[msgspec.Raw]


async def _read_buckets(client: ApiClient, report: BucketReport, days: Days) -> list[Page]:
    """Read the daily buckets of ``days``: one page for each bucket answered."""
    request = Request(report.table.name, str(days))
    params = [
        *_range(days, "bucket_width"),
        ("limit", str(report.longest_range)),
        *_grouped(report.group_by),
    ]

    async def read() -> list[Page]:
        found = _Found(request, days)
        async for answer, _ in answers(client, report, request, params, REPORT):
            for body in answer.value.data:
                bucket = _decode(request, answer, body, _Dated, "a bucket")
                results = _results(body)
                day = bucket.starting_at.astimezone(UTC).date()
                text = bytes(body)
                earlier = found.of(day, answer)
                if any(page.body == text for page in earlier):
                    found.complain(f"the bucket of {day} was answered twice", answer)
                if earlier and _have_common(results, earlier):
                    found.complain(f"results of {day} were answered twice", answer)
                found.add(day, report, params, answer, results, text)
        if missing := found.missing():
            found.complain(f"no bucket for {', '.join(map(str, missing))}", answer)
        return found.pages()

    return await restarting(read)


def _have_common(results: Sequence[msgspec.Raw], pages: Sequence[Page]) -> bool:
    known = itertools.chain.from_iterable(page.records or () for page in pages)
    return not set(map(bytes, results)).isdisjoint(map(bytes, known))


def _results(bucket: msgspec.Raw) -> list[msgspec.Raw]:
    """Return the results of a bucket; none where they are no list, which fails its day later."""
    try:
        return msgspec.json.decode(bucket, type=_Results).results
    except msgspec.ValidationError:
        return []


async def _read_rows(client: ApiClient, report: RowReport, days: Days) -> list[Page]:
    """Read the rows of ``days`` and put each answered page's rows under their days.

    A day without rows is one page with none, of the first answer: a later one may be of a newer
    state.
    """
    request = Request(report.table.name, str(days))
    params = [
        *_range(days, report.width_parameter, report.width),
        ("limit", str(report.page_limit)),
        *report.order,
        *_grouped(report.group_by),
    ]

    async def read() -> list[Page]:
        found = _Found(request, days)
        first: Answer[DatedPage] | None = None
        async for answer, _ in answers(client, report, request, params, DATED):
            # Only what it says of itself: its rows are found, and may be many.
            first = first or replace(answer, body=b"", value=replace_struct(answer.value, data=[]))
            for day, rows in _by_day(request, answer):
                body = b'{"data":[' + b",".join(rows) + b"]}"
                found.add(day, report, params, answer, rows, body)
        assert first is not None
        for day in found.missing():
            found.add(day, report, params, first, [], b'{"data":[]}')
        return found.pages()

    return await restarting(read)


def _by_day(
    request: Request, answer: Answer[DatedPage]
) -> Iterator[tuple[date, list[msgspec.Raw]]]:
    """Group the rows of an answer by their day, in the order in which they were answered."""
    rows = _decode(request, answer, answer.body, _DatedList, "a row").data
    days = [row.starting_at.astimezone(UTC).date() for row in rows]
    places = sorted(range(len(days)), key=days.__getitem__)
    for day, group in itertools.groupby(places, key=days.__getitem__):
        yield day, [answer.value.data[place] for place in group]


async def _read_summaries(client: ApiClient, report: SummaryReport, days: Days) -> list[Page]:
    """Read the entries of ``days``; those that are not ready are left out."""
    request = Request(report.table.name, str(days))
    # Paging parameters have been refused here: the entries come in one page.
    params = _dates(days)

    async def read() -> list[Page]:
        found = _Found(request, days)
        async for answer, _ in answers(client, report, request, params, TOKEN):
            for body in answer.value.data:
                entry = _decode(request, answer, body, _Dated, "an entry")
                day = entry.starting_at.astimezone(UTC).date()
                if found.of(day, answer):
                    found.complain(f"the entry of {day} was answered twice", answer)
                found.add(day, report, params, answer, None, bytes(body))
        return found.pages()

    try:
        return await restarting(read)
    except RequestError as error:
        newest = newest_ready(error, days.end - ONE_DAY)
        if newest is None:
            raise
        if newest < days.start:
            raise _not_ready(request, error) from error
    return await _read_summaries(client, report, Days(days.start, newest + ONE_DAY))


def one_row(report: Report, days: Days) -> Params:
    """Return the parameters that ask a report for one row of ``days``."""
    if isinstance(report, DayReport):
        return [(report.day_parameter, days.start.isoformat()), ("limit", "1")]
    if isinstance(report, SummaryReport):
        return _dates(days)
    if isinstance(report, MinuteReport):
        return [*_range(days, "bucket_width", "1m"), ("limit", "1")]
    if isinstance(report, RowReport):
        return [*_range(days, report.width_parameter, report.width), ("limit", "1")]
    return [*_range(days, "bucket_width"), ("limit", "1")]


class _Found:
    """The pages of each day of a range, while they are read."""

    def __init__(self, request: Request, days: Days) -> None:
        self.request = request
        self._pages: dict[date, list[Page]] = {day: [] for day in days}

    def of(self, day: date, answer: Answer[Any]) -> list[Page]:
        if day not in self._pages:
            self.complain(f"{day} was answered and not asked for", answer)
        return self._pages[day]

    def add(
        self,
        day: date,
        endpoint: Endpoint,
        params: Params,
        answer: Answer[Any],
        records: Sequence[msgspec.Raw] | None,
        body: bytes,
    ) -> None:
        pages = self.of(day, answer)
        key, number = day.isoformat(), len(pages) + 1
        page = _page(endpoint, params, answer, key, number, False, records, body)
        start, end = bounds(day)
        pages.append(replace(page, window_start=start, window_end=end))

    def missing(self) -> list[date]:
        return [day for day, pages in self._pages.items() if not pages]

    def pages(self) -> list[Page]:
        return [
            replace(page, is_last_page=page is pages[-1])
            for pages in self._pages.values()
            for page in pages
        ]

    def complain(self, problem: str, answer: Answer[Any]) -> NoReturn:
        raise InvalidRecords(self.request, problem, request_id=answer.request_id)


def _grouped(dimensions: Iterable[str]) -> Params:
    return [("group_by[]", dimension) for dimension in dimensions]


def _range(days: Days, width_parameter: str, width: str = "1d") -> list[tuple[str, str]]:
    return [
        ("starting_at", f"{days.start}T00:00:00Z"),
        ("ending_at", f"{days.end}T00:00:00Z"),
        (width_parameter, width),
    ]


def _dates(days: Days) -> Params:
    return [("starting_date", days.start.isoformat()), ("ending_date", days.end.isoformat())]


def newest_ready(error: RequestError, last: date) -> date | None:
    """Return the newest day there is, where ``error`` refuses ``last`` as too recent."""
    if error.status != 400:
        return None
    named = []
    for text in _DAY.findall(error.problem):
        try:
            named.append(date.fromisoformat(text))
        except ValueError:
            continue
    return max((day for day in named if last - _LONGEST_LAG <= day < last), default=None)


def _not_ready(request: Request, error: RequestError) -> NotReady:
    return NotReady(request, error.problem, status=error.status, request_id=error.request_id)


def _decode(
    request: Request,
    answer: Answer[Any] | Page,
    body: bytes | msgspec.Raw,
    shape: type[Shape],
    what: str,
) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = f"{what} is not of the documented shape: {error}"
        raise InvalidRecords(request, problem, request_id=answer.request_id) from error


def _page(
    endpoint: Endpoint,
    params: Params,
    answer: Answer[Any],
    window_key: str,
    number: int,
    is_last: bool,
    records: Sequence[msgspec.Raw] | None,
    body: bytes,
) -> Page:
    return Page(
        window_key=window_key,
        window_start=None,
        window_end=None,
        page_number=number,
        is_last_page=is_last,
        body=body,
        records=records,
        request_path=endpoint.path,
        request_query=urlencode(params, safe="[]:"),
        data_refreshed_at=getattr(answer.value, "data_refreshed_at", None),
        request_id=answer.request_id,
        api_version=endpoint.api_version,
        fetched_at=answer.fetched_at,
    )
