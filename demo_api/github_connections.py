"""Cursor paging as GitHub does it: opaque cursors, bounds required, at most 100 nodes.

A cursor of pull requests holds the sort value, so a pull request that is updated while somebody
pages moves to the front and shifts nothing. A cursor of history holds the commit it began at, so
a push does not disturb a walk. All other lists use offsets.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

MAXIMUM_PAGE = 100


class Connection:
    """One page of a list; the attributes are the fields of GitHub's connection types.

    ``wrap`` turns an item into what resolvers expect; only the page's own items are wrapped.
    """

    __slots__ = ("_cursor", "_end", "_items", "_start", "_wrap", "total_count")

    def __init__(
        self,
        items: Sequence[Any],
        span: tuple[int, int],
        cursor: Callable[[int], str],
        wrap: Callable[[Any], Any] | None,
    ) -> None:
        self._items = items
        self._start, self._end = span
        self._cursor = cursor
        self._wrap = wrap
        self.total_count = len(items)

    @property
    def nodes(self) -> Sequence[Any]:
        page = self._items[self._start : self._end]
        return page if self._wrap is None else [self._wrap(item) for item in page]

    @property
    def edges(self) -> list[dict[str, Any]]:
        return [
            {"cursor": self._cursor(self._start + offset), "node": node}
            for offset, node in enumerate(self.nodes)
        ]

    @property
    def page_info(self) -> dict[str, Any]:
        is_empty = self._end <= self._start
        return {
            "has_next_page": self._end < self.total_count,
            "has_previous_page": self._start > 0,
            "start_cursor": None if is_empty else self._cursor(self._start),
            "end_cursor": None if is_empty else self._cursor(self._end - 1),
        }


def connect(
    items: Sequence[Any],
    arguments: dict[str, Any],
    *,
    name: str,
    wrap: Callable[[Any], Any] | None = None,
    cursor: Callable[[int], str] | None = None,
    place_after: Callable[[str], int] | None = None,
) -> Connection:
    """Return the page that ``first``/``after`` or ``last``/``before`` ask for.

    ``cursor`` gives the cursor of a place, ``place_after`` the place behind a cursor; both are
    offsets unless told otherwise.

    Raises:
        GraphQLError: bounds missing, negative or above 100, or a cursor that is none.
    """
    first, last = _bound(arguments, "first", name), _bound(arguments, "last", name)
    if first is None and last is None:
        message = (
            f"You must provide a `first` or `last` value to properly paginate the "
            f"`{name}` connection."
        )
        raise _error("MISSING_PAGINATION_BOUNDARIES", message)
    behind = place_after or offset_of
    start = behind(arguments["after"]) if arguments.get("after") else 0
    end = behind(arguments["before"]) - 1 if arguments.get("before") else len(items)
    start, end = min(start, len(items)), max(min(end, len(items)), 0)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    return Connection(items, (start, max(start, end)), cursor or offset_cursor, wrap)


def _bound(arguments: dict[str, Any], key: str, name: str) -> int | None:
    value = arguments.get(key)
    if value is None:
        return None
    if value < 0:
        raise _error("INVALID_PAGINATION", f"`{key}` on the `{name}` connection is negative.")
    if value > MAXIMUM_PAGE:
        message = (
            f"Requesting {value} records on the `{name}` connection exceeds the `{key}` limit of "
            f"{MAXIMUM_PAGE} records."
        )
        raise _error("EXCESSIVE_PAGINATION", message)
    return int(value)


def offset_cursor(place: int) -> str:
    """Return the cursor of an offset."""
    return _encode(["o", place])


def offset_of(cursor: str) -> int:
    """Return the place behind an offset cursor."""
    kind, place = _decode(cursor, "o", 2)
    return int(place) + 1 if kind else 0


def sorted_cursors(
    items: Sequence[Any], key: Callable[[Any], tuple[str, int]], *, descending: bool
) -> tuple[Callable[[int], str], Callable[[str], int]]:
    """Return both directions of cursors that hold the sort value of an item."""

    def cursor(place: int) -> str:
        return _encode(["s", *key(items[place])])

    def place_after(text: str) -> int:
        _, value, number = _decode(text, "s", 3)
        wanted = (str(value), int(number))
        if not descending:
            return bisect_right(items, wanted, key=key)
        # ``items`` falls, bisect wants a rising order: look from the other end.
        rising = items[::-1]
        return len(items) - bisect_left(rising, wanted, key=key)

    return cursor, place_after


def history_cursor(oid: str, place: int) -> str:
    """Return GitHub's own form of a history cursor: the starting commit and an offset."""
    return f"{oid} {place}"


def history_place(cursor: str) -> tuple[str, int]:
    """Return the starting commit and the offset of a history cursor."""
    oid, _, place = cursor.partition(" ")
    if len(oid) != 40 or not place.isdecimal():
        raise _invalid(cursor)
    return oid, int(place)


def _encode(parts: list[Any]) -> str:
    return base64.b64encode(json.dumps(["cursor:v2", *parts]).encode()).decode()


def _decode(cursor: str, kind: str, length: int) -> list[Any]:
    try:
        parts = json.loads(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        raise _invalid(cursor) from None
    if not isinstance(parts, list) or parts[:2] != ["cursor:v2", kind] or len(parts) != length + 1:
        raise _invalid(cursor)
    return parts[1:]


def _invalid(cursor: str) -> GraphQLError:
    message = f"`{cursor}` does not appear to be a valid cursor."
    return _error("INVALID_CURSOR_ARGUMENTS", message)


def _error(kind: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})
