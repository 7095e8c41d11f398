"""Whether answers are of the documented shape, before they are stored.

msgspec decodes each body once into the shape that its endpoint declares, and what it makes of it is
thrown away: there is no loop over records here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET

from ingestion.anthropic.field_types import IN_WORDS, Body
from ingestion.anthropic.kinds import Endpoint
from ingestion.anthropic.pages import Page
from ingestion.errors import InvalidRecords, Request

_WHITE_SPACE = b" \t\r\n"


def invalid_windows(endpoint: Endpoint, pages: Iterable[Page]) -> dict[str, InvalidRecords]:
    """Return why windows of ``pages`` cannot be stored, by window key; most often nothing.

    A window is invalid when a body of it has not the shape that the endpoint declares, has a key
    twice in one object, tells of another day, or an id that another record of the window has.
    """
    found: dict[str, InvalidRecords] = {}
    seen: dict[str, set[str]] = {}
    for page in pages:
        if page.window_key in found:
            continue
        problem = _problem(endpoint.shape, page, seen.setdefault(page.window_key, set()))
        if problem is not None:
            request = Request(endpoint.table.name, page.window_key)
            problem = f"page {page.page_number} is not as documented: {problem}"
            found[page.window_key] = InvalidRecords(request, problem, request_id=page.request_id)
    return found


def _problem(shape: type[Body], page: Page, seen: set[str]) -> str | None:
    try:
        body = msgspec.json.decode(page.body, type=shape)
        repeated = repeated_key(page.body, body)
    except msgspec.DecodeError as error:
        return in_words(error)
    except RecursionError:
        return "it is nested too deeply"
    if repeated is not None:
        return f"the key `{repeated}` stands twice in one object"
    if others := body.days() - {page.window_key, f"{page.window_key}T00:00:00Z"}:
        return f"a record is of the day {min(others)[:40]!r}"
    return body.problem() or _doubled(list(body.identities()), seen)


def _doubled(ids: Sequence[str], seen: set[str]) -> str | None:
    fresh = set(ids)
    if len(fresh) < len(ids) or not fresh.isdisjoint(seen):
        return "two records have one id"
    seen |= fresh
    return None


def in_words(error: msgspec.DecodeError) -> str:
    """Return an error's text with the patterns of fields put into words."""
    text = str(error)
    for pattern, words in IN_WORDS.items():
        text = text.replace(f" matching regex {pattern!r}", f" that is {words}")
    return text


def repeated_key(text: bytes, body: Body) -> str | None:
    """Return a key that stands twice in one object of ``text``, which was decoded as ``body``.

    msgspec keeps the last of two and says nothing. So keys are counted: those that are written, and
    those that were decoded. Where there are fields that nobody declared the counts differ, and all
    of the text is decoded.

    Raises:
        msgspec.DecodeError: a field that nobody declared is not JSON.
    """
    written = _keys_written(text)
    if written == _keys_of_shape(type(body)).of([body]):
        return None
    try:
        everything = msgspec.json.encode(msgspec.json.decode(text))
    except msgspec.ValidationError:
        # A number beyond what msgspec can hold: JSON all the same.
        return _first_repeated(text)
    return None if written == _keys_written(everything) else _first_repeated(text)


def _keys_written(text: bytes) -> int:
    """Count the quotes that end a key: those before a colon."""
    if b"\\" in text:
        # What is left of quotes then, begins or ends a string.
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return text.translate(None, _WHITE_SPACE).count(b'":')


@dataclass(frozen=True)
class _Keys:
    """How many keys values of a type hold: always as many in each, or what ``count`` counts."""

    each: int = 0
    count: Callable[[list[Any]], int] | None = None

    def of(self, values: list[Any]) -> int:
        return self.each * len(values) if self.count is None else self.count(values)

    def of_inner(self, open_: Callable[[list[Any]], Iterable[Any]], own: int = 0) -> _Keys:
        """Return the keys of values that hold these: ``open_`` yields them, in ``own`` keys each.

        ``open_`` is given all values and yields lists or views of what is in them.
        """
        if self.count is None and not self.each + own:
            return _Keys()
        if self.count is None:
            each = self.each + own
            return _Keys(count=lambda values: each * sum(map(len, open_(values))))
        return _Keys(count=lambda values: self._counted(open_(values), own))

    def _counted(self, inner: Iterable[Any], own: int) -> int:
        values = list(chain.from_iterable(inner))
        return own * len(values) + self.of(values)


@functools.cache
def _keys_of_shape(shape: type[Body]) -> _Keys:
    return _keys_of(msgspec.inspect.type_info(shape))


def _keys_of(kind: msgspec.inspect.Type) -> _Keys:
    """Return how many keys values of a type hold, without those of fields that are absent."""
    inspect = msgspec.inspect
    if isinstance(kind, inspect.StructType):
        return _keys_of_fields(kind.fields)
    if isinstance(kind, inspect.AnyType):
        return _Keys(count=lambda values: _keys_written(msgspec.json.encode(_there(values))))
    if isinstance(kind, inspect.UnionType):
        # Null and absent beside one type at most that holds objects.
        some = next((keys for keys in map(_keys_of, kind.types) if keys != _Keys()), None)
        return _Keys() if some is None else _Keys(count=lambda values: some.of(_there(values)))
    if isinstance(kind, inspect.ListType):
        return _keys_of(kind.item_type).of_inner(iter)
    if isinstance(kind, inspect.DictType):
        return _keys_of(kind.value_type).of_inner(functools.partial(map, dict.values), own=1)
    return _Keys()


def _there(values: list[Any]) -> list[Any]:
    return list(filter(None, values))


def _keys_of_fields(fields: Sequence[msgspec.inspect.Field]) -> _Keys:
    each = 0
    optional: list[attrgetter[Any]] = []
    counted: list[tuple[attrgetter[Any], _Keys]] = []
    for field in fields:
        get, inner = attrgetter(field.name), _keys_of(field.type)
        each += field.required + inner.each
        if not field.required:
            optional.append(get)
        if inner.count is not None:
            counted.append((get, inner))
    if not optional and not counted:
        return _Keys(each)

    def count(values: list[Any]) -> int:
        found = each * len(values)
        for get in optional:
            found += len(values) - list(map(get, values)).count(UNSET)
        for get, inner in counted:
            found += inner.of(list(map(get, values)))
        return found

    return _Keys(count=count)


class _Repeated(Exception):
    """Carries the key."""


def _first_repeated(text: bytes) -> str | None:
    """Return the first key that stands twice in one object; only asked when one does."""

    def look(pairs: list[tuple[str, Any]]) -> None:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise _Repeated(key)

    try:
        json.loads(text, object_pairs_hook=look)
    except _Repeated as found:
        return str(found)
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from error
    return None
