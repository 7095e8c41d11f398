"""Follow a list page by page to its end, and find out one that has none."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field

import msgspec

from ingestion.errors import Request, UnexpectedAnswer

# Lists shift and grow while they are read, and counts lag behind: that much is believed.
IDLE_PAGES = 3
MORE_THAN_COUNTED = 1_000
LARGEST_LIST = 5_000_000


class PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


@dataclass
class Listing:
    """One list on its way to its end: the cursors that led there, and how much has come."""

    request: Request
    item_count: int = 0
    _cursors: set[str] = field(default_factory=set)
    _last_page: frozenset[Hashable] = frozenset()
    _idle_pages: int = 0

    def next_cursor(
        self,
        page: PageInfo,
        keys: Collection[Hashable],
        request_id: str | None,
        *,
        total_count: int | None = None,
    ) -> str | None:
        """Take note of a page's ``keys``; return the cursor of the next, None behind the last.

        Raises:
            UnexpectedAnswer: there is more and no new cursor to it, pages repeat each other, or
                far more has come than the list's own count says: reading on would never end.
        """
        if not page.has_next_page:
            return None
        if page.end_cursor is None or page.end_cursor in self._cursors:
            raise self._endless("there is more, but no new cursor to it", request_id)
        self._cursors.add(page.end_cursor)
        self.check(keys, request_id, total_count=total_count)
        return page.end_cursor

    def check(
        self, keys: Collection[Hashable], request_id: str | None, *, total_count: int | None = None
    ) -> None:
        """Take note of a page behind which there is another.

        Raises:
            UnexpectedAnswer: as `next_cursor`.
        """
        self.item_count += len(keys)
        is_idle = self._last_page.issuperset(keys)
        self._idle_pages = self._idle_pages + 1 if is_idle else 0
        self._last_page = frozenset(keys)
        if self._idle_pages >= IDLE_PAGES:
            problem = (
                f"{IDLE_PAGES} pages in a row held nothing new, and the count says there are more"
            )
            raise self._endless(problem, request_id)
        expected = LARGEST_LIST if total_count is None else 2 * total_count + MORE_THAN_COUNTED
        if self.item_count > min(expected, LARGEST_LIST):
            count = "a list may hold" if total_count is None else f"its count of {total_count} says"
            raise self._endless(f"{self.item_count} items came, more than {count}", request_id)

    def _endless(self, problem: str, request_id: str | None) -> UnexpectedAnswer:
        return UnexpectedAnswer(self.request, problem, request_id=request_id)
