"""Whether answers are of the documented shape, before they are stored.

msgspec decodes each body once into the shape that its endpoint declares, and what it makes of it is
thrown away: there is no loop over records here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET

from ingestion.anthropic.endpoints import Endpoint
from ingestion.anthropic.field_types import IN_WORDS, Body
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
            told = f"page {page.page_number} is not as documented: {problem}"
            found[page.window_key] = InvalidRecords(request, told, request_id=page.request_id)
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
    """Return an error's text with the patterns of fields told in words."""
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
    if written == _counter_of(type(body))([body]):
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


Counter = Callable[[list[Any]], int]


@functools.cache
def _counter_of(shape: type[Body]) -> Counter:
    """Return what counts the keys of bodies of a shape, fields that are absent left out."""
    counter = _counter(msgspec.inspect.type_info(shape))
    assert counter is not None
    return counter


def _counter(kind: msgspec.inspect.Type) -> Counter | None:
    """Return what counts the keys of all objects in values of a type; None where there are none."""
    inspect = msgspec.inspect
    if isinstance(kind, inspect.StructType):
        return _counter_of_fields(kind.fields)
    if isinstance(kind, inspect.AnyType):
        return lambda values: _keys_written(msgspec.json.encode(list(filter(None, values))))
    if isinstance(kind, inspect.UnionType):
        # Null and absent beside one type at most that holds objects.
        some = next(filter(None, map(_counter, kind.types)), None)
        return some and (lambda values: some(list(filter(None, values))))
    if isinstance(kind, inspect.ListType):
        inner = _counter(kind.item_type)
        return inner and (lambda values: inner(list(chain.from_iterable(values))))
    if isinstance(kind, inspect.DictType):
        return _counter_of_maps(_counter(kind.value_type))
    return None


def _counter_of_fields(fields: Sequence[msgspec.inspect.Field]) -> Counter:
    always = sum(field.required for field in fields)
    optional = [attrgetter(field.name) for field in fields if not field.required]
    nested = [(attrgetter(field.name), _counter(field.type)) for field in fields]

    def count(values: list[Any]) -> int:
        found = always * len(values)
        for get in optional:
            found += len(values) - list(map(get, values)).count(UNSET)
        for get, inner in nested:
            if inner is not None:
                found += inner(list(map(get, values)))
        return found

    return count


def _counter_of_maps(inner: Counter | None) -> Counter:
    def count(values: list[Any]) -> int:
        items = list(chain.from_iterable(map(dict.values, values)))
        return len(items) + (inner(items) if inner is not None else 0)

    return count


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
