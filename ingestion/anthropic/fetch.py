"""Read the windows of an endpoint, some at once: a window that fails, fails alone."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ingestion.anthropic.kinds import Directory, Endpoint, RangeReport
from ingestion.anthropic.pages import Page, to_arrow
from ingestion.anthropic.validation import invalid_windows
from ingestion.errors import (
    BillingRefused,
    CredentialRejected,
    InvalidRecords,
    NotFound,
    NotReady,
    PermissionDenied,
    RequestError,
    UnexpectedAnswer,
    Unreachable,
)
from ingestion.http import ApiClient
from ingestion.loading import LoadReport
from ingestion.windows import Days

log = logging.getLogger(__name__)

# Of one endpoint in memory at once: what windows so far let expect of the next, and never more
# than these. Several endpoints are read side by side, and Arrow has everything once more.
BYTES_AT_ONCE = 8_000_000
WINDOWS_AT_ONCE = 62

# No other window of the endpoint can fare better.
FATAL = (CredentialRejected, BillingRefused, PermissionDenied, Unreachable)

# Name of the raw table, windows done, windows in all.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Window:
    """What one reading answers: its keys in the ledger, how to read it, and how to cut it in two.

    ``cut`` takes the length of the first part, shorter than the window.
    """

    keys: tuple[str, ...]
    read: Callable[[ApiClient], Awaitable[list[Page]]]
    cut: Callable[[int], tuple[Window, Window]] | None = None


def range_window(
    report: RangeReport,
    days: Days,
    read: Callable[[ApiClient, RangeReport, Days], Awaitable[list[Page]]],
) -> Window:
    """Return the window of consecutive days that one query answers."""

    def cut(length: int) -> tuple[Window, Window]:
        middle = list(days)[length]
        return (
            range_window(report, Days(days.start, middle), read),
            range_window(report, Days(middle, days.end), read),
        )

    return Window(
        tuple(day.isoformat() for day in days), lambda client: read(client, report, days), cut
    )


@dataclass
class Fetch:
    """One endpoint's part of a load.

    ``was_offered``: something of it has been loaded before, so that its absence is news.
    """

    client: ApiClient
    endpoint: Endpoint
    report: LoadReport
    was_offered: bool
    on_progress: Progress
    done: int = 0
    total: int = 0
    # Bytes of a window of the heaviest reading so far.
    heaviest: int = 0
    refusal: RequestError | None = None
    failed_in_a_row: int = 0

    async def tables(self, windows: Iterable[Window]) -> AsyncIterator[pa.Table]:
        """Read ``windows`` some at once; yield one Arrow table of pages for each such slice.

        A window that fails is noted and left out. When the endpoint as a whole refuses, which the
        first window alone finds out, or when slices fail whole, the others are noted with the same
        error and not asked for.
        """
        queue = deque(windows)
        self.total = sum(len(window.keys) for window in queue)
        records = None if isinstance(self.endpoint, Directory) else self.endpoint.table.records
        async with self.client:
            while queue and self.refusal is None:
                if pages := await self._read(self._slice(queue)):
                    # The loop has answers to read meanwhile.
                    yield await asyncio.to_thread(
                        to_arrow, pages, self.report.run_id, records=records
                    )
        if self.refusal is not None:
            for window in queue:
                self.note_failure(window.keys, self.refusal)

    async def _read(self, some: Sequence[Window]) -> list[Page]:
        """Read a slice; note when the endpoint, or its server, has no more to give."""
        outcomes = await asyncio.gather(*(self._attempt(window) for window in some))
        errors = [outcome for outcome in outcomes if isinstance(outcome, RequestError)]
        # What is wrong with records of one window says nothing of another.
        of_one = NotReady | InvalidRecords
        failed = [error for error in errors if not isinstance(error, of_one)]
        self.refusal = next((error for error in errors if self._refuses_all(error)), None)
        # Each has had all its tries: the server is down, and the rest would fare the same.
        self.failed_in_a_row = self.failed_in_a_row + len(some) if len(failed) == len(some) else 0
        if self.failed_in_a_row > 1:
            self.refusal = self.refusal or errors[0]
        return [page for outcome in outcomes if isinstance(outcome, list) for page in outcome]

    def _slice(self, queue: deque[Window]) -> list[Window]:
        """Take windows from the queue, as many as are light enough; the first time, one."""
        if self.done == 0:
            room = self.endpoint.first_range if isinstance(self.endpoint, RangeReport) else 1
        else:
            room = max(1, min(WINDOWS_AT_ONCE, BYTES_AT_ONCE // max(self.heaviest, 1)))
        some: list[Window] = []
        while queue and (room >= len(queue[0].keys) or not some):
            window = queue.popleft()
            if window.cut is not None and len(window.keys) > room:
                window, rest = window.cut(room)
                queue.appendleft(rest)
            some.append(window)
            room -= len(window.keys)
        return some

    async def _attempt(self, window: Window) -> list[Page] | RequestError:
        try:
            pages = await window.read(self.client)
        except RequestError as error:
            if self.note_failure(window.keys, error):
                log.error("%s", error)
            return error
        finally:
            self.done += len(window.keys)
            self.on_progress(self.endpoint.table.name, self.done, self.total)
        size = sum(len(page.body) for page in pages)
        self.heaviest = max(self.heaviest, size // len(window.keys))
        invalid = invalid_windows(self.endpoint, pages)
        for key, problem in invalid.items():
            log.error("%s", problem)
            self.note_failure([key], problem)
        pages = [page for page in pages if page.window_key not in invalid]
        self._note_success([key for key in window.keys if key not in invalid], pages)
        return pages

    def _refuses_all(self, error: RequestError) -> bool:
        # One workspace may be gone while the others are there.
        is_one_of_many = isinstance(self.endpoint, Directory) and self.endpoint.of is not None
        is_absent = isinstance(error, NotFound) and not is_one_of_many
        return is_absent or isinstance(error, FATAL) or self._is_not_offered(error)

    def _is_not_offered(self, error: RequestError) -> bool:
        """Whether this organisation or key lacks what it need not have, and never had."""
        if not self.endpoint.is_optional:
            return False
        is_of_others = error.error_code == "organization_type_not_supported"
        is_absent = isinstance(error, NotFound | PermissionDenied) and not self.was_offered
        return is_of_others or is_absent

    def note_failure(self, keys: Sequence[str], error: RequestError) -> bool:
        """Note why windows are not stored; return whether that is a failure of theirs."""
        table = self.endpoint.table
        if self._is_not_offered(error):
            if table.name not in {one.endpoint for one in self.report.not_offered}:
                log.info("%s: not offered: %s", table.name, error.summary)
                self.report.lack(table, error.summary)
            return False
        if isinstance(error, NotReady):
            self._note_not_ready(keys)
            return False
        for key in keys:
            hint = _how_to_read_anew(self.endpoint, key)
            self.report.fail(table, key, error, hint if isinstance(error, UnexpectedAnswer) else "")
        return True

    def _note_not_ready(self, keys: Sequence[str]) -> None:
        for key in keys:
            log.info("%s %s: not ready yet", self.endpoint.table.name, key)
            self.report.not_ready_yet(self.endpoint.table, key)

    def _note_success(self, keys: Sequence[str], pages: Sequence[Page]) -> None:
        if not keys:
            return
        table = self.endpoint.table
        records = sum(page.record_count for page in pages)
        size = sum(len(page.body) for page in pages)
        answered = {page.window_key for page in pages}
        self.report.add(table, windows=len(answered), pages=len(pages), records=records, bytes=size)
        self._note_not_ready([key for key in keys if key not in answered])
        first, last = keys[0], keys[-1]
        shown = first if first == last else f"{first}..{last}"
        log.info(
            "%s %s: %d pages, %d records, %d bytes", table.name, shown, len(pages), records, size
        )


def _how_to_read_anew(endpoint: Endpoint, key: str) -> str:
    """Return a sentence with the command that reads a window again, or all directories."""
    days = "" if isinstance(endpoint, Directory) else f" --start {key} --end {key}"
    return f"To read it anew: `claude-usage run{days} --source anthropic`."
