"""Keys that stand twice in one object: counted, not looked for."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.anthropic.directory_shapes import RateLimits, Workspaces
from ingestion.anthropic.report_shapes import ClaudeCodePage
from ingestion.anthropic.validation import repeated_key

TEXT = st.text(st.sampled_from('ab:" \\{}[],\n\t☃'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def answer(**changes: Any) -> dict[str, Any]:
    entity = {"id": "w", "name": "a", "tags": {"a": "b"}, "data_residency": {"workspace_geo": "us"}}
    return {"data": [entity | changes, entity | {"id": "v"}], "has_more": False, "last_id": "v"}


def spelled(value: Any, chance: random.Random) -> str:
    """Return JSON of a value with white space and escapes that nobody writes."""

    def space() -> str:
        return chance.choice(["", " ", "\n", "\t ", "\r\n"])

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=chance.random() < 0.5)

    if isinstance(value, dict):
        items = [
            f"{text(key)}{space()}:{space()}{spelled(inner, chance)}"
            for key, inner in value.items()
        ]
        return "{" + space() + ",".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(spelled(inner, chance) for inner in value) + space() + "]"
    return text(value)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(TEXT, VALUES, max_size=3),
    st.dictionaries(TEXT, TEXT, max_size=3),
    st.integers(),
)
def test_a_key_is_found_twice_where_it_is_and_only_there(
    new: dict[str, Any], tags: dict[str, str], seed: int
) -> None:
    known = {"id", "name", "tags", "data_residency", "archived_at", "created_at"}
    fields = {key: value for key, value in new.items() if key not in known}
    text = spelled(answer(**fields, tags=tags), random.Random(seed))
    assert repeated_key(text.encode(), msgspec.json.decode(text, type=Workspaces)) is None
    for key in ("name", "workspace_geo", "has_more", *list(fields)[:1], *list(tags)[:1]):
        once = json.dumps(key)
        for spelling in {once, json.dumps(key, ensure_ascii=False)}:
            # Before the key as it stands, with a value of its own type.
            value = {"has_more": "true"}.get(key, '"x"')
            twice = text.replace(spelling, f"{spelling} :{value},{spelling}", 1)
            try:
                body = msgspec.json.decode(twice, type=Workspaces)
            except msgspec.DecodeError:
                # The key stood in a text.
                continue
            if twice != text and is_repeated(twice):
                assert repeated_key(twice.encode(), body) is not None


def is_repeated(text: str) -> bool:
    found: list[bool] = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append(len(dict(pairs)) < len(pairs)))
    return any(found)


@pytest.mark.parametrize(
    ("shape", "text", "key"),
    [
        (ClaudeCodePage, '{"data": [], "has_more": true, "has_more": false}', "has_more"),
        (ClaudeCodePage, '{"data": [], "data" : []}', "data"),
        (ClaudeCodePage, '{"data": [], "new": {"a": [{"b": 1, "b": 2}]}}', "b"),
        (ClaudeCodePage, '{"data": [], "new": "\\"a\\": \\"a\\": "}', None),
        (ClaudeCodePage, '{"data": [], "new\\\\": 1, "next_page": null}', None),
        (ClaudeCodePage, '{"data": [], "big": 1e400}', None),
        (RateLimits, '{"data": [{"limits": [{"type": "a", "value": 1, "type": "b"}]}]}', "type"),
        (RateLimits, '{"data": [{"limits": [], "group": {"type": "a", "id": null}}]}', None),
    ],
)
def test_keys_are_counted_where_they_stand(shape: Any, text: str, key: str | None) -> None:
    assert repeated_key(text.encode(), msgspec.json.decode(text, type=shape)) == key
