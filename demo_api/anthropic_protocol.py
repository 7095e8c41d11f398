"""What all Admin API addresses share: error shape, version header, cursors and parameters."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import QueryParams

API_VERSIONS = ("2023-06-01", "2026-10-21")
_SECRET = b"binds a cursor to the query it came from"


class ApiError(Exception):
    """An answer in the documented error shape."""

    def __init__(
        self, status: int, kind: str, message: str, *, code: str | None = None, wait: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.details = {"error_code": code} if code else None
        self.headers = {"retry-after": str(wait)} if wait else {}

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON of the error."""
        error = {"type": self.kind, "message": str(self), "details": self.details}
        return {"type": "error", "error": error, "request_id": request_id}


def bad_request(message: str) -> ApiError:
    """Return a 400."""
    return ApiError(400, "invalid_request_error", message)


def whole_number(query: QueryParams, name: str, *, default: int, maximum: int) -> int:
    """Return a parameter between 1 and ``maximum``; 400 for anything else."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= maximum:
        raise bad_request(f"{name}: Input should be an integer between 1 and {maximum}")
    return int(text)


def flag(query: QueryParams, name: str) -> bool:
    """Return a boolean parameter, false when it is not there."""
    text = query.get(name, "false").lower()
    if text not in ("true", "false"):
        raise bad_request(f"{name}: Input should be a valid boolean")
    return text == "true"


def instant_parameter(query: QueryParams, name: str) -> datetime | None:
    """Return an RFC 3339 parameter in UTC; 400 without a time and a zone."""
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or "T" not in text.upper() or moment.tzinfo is None:
        raise bad_request(f"{name}: Input should be a valid RFC 3339 date-time")
    return moment.astimezone(UTC)


def _digest(path: str, query: QueryParams) -> str:
    asked = sorted((name, value) for name, value in query.multi_items() if name != "page")
    text = json.dumps([path, asked]).encode()
    return hmac.new(_SECRET, text, hashlib.sha256).hexdigest()[:24]


@dataclass(frozen=True)
class Place:
    """Where a page begins, and which kept list it belongs to; 0 stands for the living one.

    ``generation`` counts the refreshes of the figures behind the list.
    """

    offset: int = 0
    boundary: int = 0
    generation: int = 0


class Boundaries:
    """Lists as they were when somebody began to page them: a sequence sees one fixed boundary."""

    def __init__(self) -> None:
        self._kept: dict[int, list[Any]] = {}

    def keep(self, items: Sequence[Any]) -> int:
        """Remember the list and return its number."""
        number = len(self._kept) + 1
        self._kept[number] = list(items)
        return number

    def items(self, number: int) -> list[Any]:
        """Return a kept list; 400 when its cursor came from another server."""
        if number not in self._kept:
            raise bad_request("page: Invalid pagination cursor")
        return self._kept[number]


def page_cursor(path: str, query: QueryParams, place: Place) -> str:
    """Return the opaque cursor of the page that begins at ``place``."""
    text = json.dumps([_digest(path, query), *astuple(place)]).encode()
    check = hmac.new(_SECRET, text, hashlib.sha256).digest()[:6]
    return "page_" + base64.urlsafe_b64encode(check + text).decode().rstrip("=")


def page_place(path: str, query: QueryParams) -> Place:
    """Return where the asked page begins; 400 for a foreign or garbled cursor."""
    cursor = query.get("page")
    if cursor is None:
        return Place()
    try:
        raw = base64.urlsafe_b64decode(cursor.removeprefix("page_") + "===")
    except (binascii.Error, ValueError):
        raw = b""
    check, text = raw[:6], raw[6:]
    right = hmac.new(_SECRET, text, hashlib.sha256).digest()[:6]
    if not cursor.startswith("page_") or not hmac.compare_digest(check, right):
        raise bad_request("page: Invalid pagination cursor")
    digest, *place = json.loads(text)
    if digest != _digest(path, query):
        raise bad_request("page: The query changed since this pagination cursor was issued")
    return Place(*place)


def report_page(
    path: str,
    query: QueryParams,
    items: Sequence[Any],
    limit: int,
    show: Callable[[Any], Any],
    boundaries: Boundaries | None = None,
    generation: int = 0,
) -> dict[str, Any]:
    """Return one page in report style: ``data, has_more, next_page``.

    With ``boundaries`` the later pages come from the list as it was at the first. A cursor of
    another ``generation`` has expired: 410.
    """
    place = page_place(path, query)
    if query.get("page") is not None and place.generation != generation:
        message = "page: The data was refreshed since this pagination cursor was issued"
        raise ApiError(410, "invalid_request_error", message)
    if boundaries is not None and place.boundary:
        items = boundaries.items(place.boundary)
    following = place.offset + limit
    has_more = following < len(items)
    boundary = place.boundary
    if has_more and boundaries is not None and not boundary:
        boundary = boundaries.keep(items)
    following_place = Place(following, boundary, generation)
    cursor = page_cursor(path, query, following_place) if has_more else None
    return {
        "data": [show(item) for item in items[place.offset : following]],
        "has_more": has_more,
        "next_page": cursor,
    }


def token_page(
    path: str,
    query: QueryParams,
    items: Sequence[Any],
    show: Callable[[Any], Any],
    *,
    default: int | None = 20,
    has_more: bool = False,
) -> dict[str, Any]:
    """Return one page in token style: ``data, next_page``, and ``has_more`` where asked for.

    ``default`` null: without ``limit`` everything comes in one page.
    """
    most = max(len(items), 1)
    limit = whole_number(query, "limit", default=default or most, maximum=1000)
    page = report_page(path, query, items, limit, show)
    if not has_more:
        del page["has_more"]
    return page


def entity_page(
    query: QueryParams, items: Sequence[dict[str, Any]], *, key: str = "id"
) -> dict[str, Any]:
    """Return one page in entity style: ``data, has_more, first_id, last_id``.

    ``has_more`` looks the way one pages: behind the page, or before it with ``before_id``.
    """
    limit = whole_number(query, "limit", default=20, maximum=1000)
    after, before = query.get("after_id"), query.get("before_id")
    if after is not None and before is not None:
        raise bad_request("after_id, before_id: Only one of them may be given")
    places = {item[key]: place for place, item in enumerate(items)}
    for name, value in (("after_id", after), ("before_id", before)):
        if value is not None and value not in places:
            raise bad_request(f"{name}: No such object")
    if before is not None:
        end = places[before]
        start = max(end - limit, 0)
        has_more = start > 0
    else:
        start = places[after] + 1 if after is not None else 0
        end = min(start + limit, len(items))
        has_more = end < len(items)
    data = list(items[start:end])
    return {
        "data": data,
        "first_id": data[0][key] if data else None,
        "last_id": data[-1][key] if data else None,
        "has_more": has_more,
    }
