"""A condition on dimensions, as `--where` takes it, and nothing else that SQL can say.

DuckDB's own parser reads it, so that what is looked at is what is run. Whatever is not known to be
harmless is refused: a query inside, a function that is not listed, a second statement, a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import duckdb

from ingestion.errors import ConfigurationError

_CLASSES = frozenset(
    {"BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT"}
    | {"FUNCTION", "OPERATOR"}
)
FUNCTIONS = frozenset(
    {
        *("abs", "ceil", "coalesce", "concat", "contains", "date_diff", "date_part", "date_trunc"),
        *("day", "dayname", "dayofweek", "ends_with", "floor", "greatest", "ifnull", "isodow"),
        *("last_day", "least", "left", "length", "lower", "ltrim", "make_date", "month"),
        *("monthname", "nullif", "position", "quarter", "regexp_extract", "regexp_full_match"),
        *("regexp_matches", "replace", "right", "round", "rtrim", "split_part", "starts_with"),
        *("strftime", "strip_accents", "substr", "substring", "today", "trim", "upper", "week"),
        "year",
    }
)
# What the parser makes of operators and of words such as `interval` and `at time zone`.
_OF_SYNTAX = frozenset(
    {"like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape", "timezone", "trunc"}
    | {"to_days", "to_weeks", "to_months", "to_quarters", "to_years"}
    | {"to_hours", "to_minutes", "to_seconds"}
)
_TYPES = frozenset(
    {"BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "INTERVAL", "TIME", "VARCHAR"}
    | {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
)
# Read as names, though they are none.
_NOT_NAMES = frozenset({"current_date", "current_timestamp"})
# A text or a name in quotes, whatever stands in it; else where a comment begins.
_COMMENT = re.compile(
    r"""(?<!\w)e'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$"""
    r"|(?P<comment>--|/\*)",
    re.IGNORECASE | re.DOTALL,
)
_IDENTIFIER = re.compile(r'"(?:[^"]|"")*"|\w+')
_ONE = "--where takes one condition on dimensions and nothing else"
_EXAMPLE = "such as team_name = 'Platform' and metric_time >= '2026-10-01'"
_BEFORE = "select 1 where "
_EMPTY_SELECT: dict[str, Any] = {
    "type": "SELECT_NODE",
    "modifiers": [],
    "group_expressions": [],
    "having": None,
    "sample": None,
    "qualify": None,
}


def rewritten(where: str, written: Callable[[str], str]) -> str:
    """Return the condition with each name in it replaced by what ``written`` makes of it.

    Raises:
        ConfigurationError: it is not one condition, or says more than a condition may.
    """
    if "{" in where:
        raise ConfigurationError("--where takes names as they are, without braces")
    if any(found["comment"] for found in _COMMENT.finditer(where)):
        raise ConfigurationError("--where takes no comments")
    condition = _condition(f"{_BEFORE}{where}")
    # A bracket that closes one of ours would read differently beside other conditions.
    _condition(f"{_BEFORE}({where})")
    text, shift = where.encode(), len(_BEFORE)
    for place, name in sorted(_names(condition), reverse=True):
        begin = place - shift
        found = _IDENTIFIER.match(text[begin:].decode())
        if found is None or _unquoted(found[0]) != name.lower():
            raise ConfigurationError(f"{_ONE}: {name!r} cannot be told from what is around it")
        end = begin + len(found[0].encode())
        text = text[:begin] + written(name).encode() + text[end:]
    return text.decode()


def compared(where: str) -> dict[str, list[str]]:
    """Return the texts that a condition compares each name with, by `=` and `in`, as written."""
    found: dict[str, list[str]] = {}
    left: list[Any] = [_condition(f"{_BEFORE}{where}")]
    while left:
        tree = left.pop()
        if isinstance(tree, list):
            left += tree
        if isinstance(tree, dict):
            left += tree.values()
            if tree.get("type") == "COMPARE_EQUAL":
                _note(found, [tree["left"], tree["right"]])
            elif tree.get("type") == "COMPARE_IN":
                _note(found, tree["children"])
    return found


def _note(found: dict[str, list[str]], sides: list[dict[str, Any]]) -> None:
    names = [side["column_names"][0] for side in sides if side["class"] == "COLUMN_REF"]
    values = [side["value"]["value"] for side in sides if side["class"] == "CONSTANT"]
    if len(names) == 1:
        found.setdefault(names[0], []).extend(one for one in values if isinstance(one, str))


def _condition(sql: str) -> dict[str, Any]:
    """Parse a query that is to be a condition alone; return its tree."""
    with duckdb.connect() as connection:
        row = connection.execute("select json_serialize_sql(?)", [sql]).fetchone()
    parsed = json.loads(row[0]) if row else {}
    if parsed.get("error"):
        raise ConfigurationError(f"{_ONE}, {_EXAMPLE}")
    statements = parsed["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    condition: dict[str, Any] | None = node.get("where_clause")
    is_alone = bool(node) and (
        all(node[key] == value for key, value in _EMPTY_SELECT.items())
        and len(node["select_list"]) == 1
        and node["from_table"]["type"] == "EMPTY"
        and not node["cte_map"]["map"]
    )
    if condition is None or not is_alone:
        raise ConfigurationError(_ONE)
    return condition


def _names(condition: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the place, in bytes, and the text of each name; raise for what is not allowed."""
    # A list and no recursion: conditions may be nested deeper than Python goes.
    left: list[Any] = [condition]
    while left:
        tree = left.pop()
        if isinstance(tree, list):
            left += tree
        if not isinstance(tree, dict):
            continue
        left += tree.values()
        if "class" in tree:
            _check_class(tree)
        if tree.get("class") == "COLUMN_REF" and tree["column_names"][0].lower() not in _NOT_NAMES:
            yield tree["query_location"], tree["column_names"][0]


def _check_class(tree: dict[str, Any]) -> None:
    kind = tree["class"]
    if kind not in _CLASSES:
        what = {"SUBQUERY": "no query inside it"}.get(kind, f"no {kind.lower()}")
        raise ConfigurationError(f"{_ONE}, {what}")
    if kind == "FUNCTION":
        _check_function(tree)
    if kind == "CAST" and tree["cast_type"]["id"] not in _TYPES:
        raise ConfigurationError(f"{_ONE}: it names a type that it may not use")
    if kind == "COLUMN_REF" and len(tree["column_names"]) > 1:
        name = ".".join(tree["column_names"])
        raise ConfigurationError(f"{name!r} is no dimension: names have no dots")


def _check_function(tree: dict[str, Any]) -> None:
    name = tree["function_name"].lower()
    if name.endswith("__postfix"):
        # An operator with nothing after it.
        raise ConfigurationError(f"{_ONE}, {_EXAMPLE}")
    is_operator = name in _OF_SYNTAX or not re.search(r"\w", name)
    is_plain = not (tree["filter"] or tree["distinct"] or tree["order_bys"]["orders"])
    if (is_operator or name in FUNCTIONS) and is_plain and tree["schema"] in ("", "main"):
        return
    known = ", ".join(sorted(FUNCTIONS))
    raise ConfigurationError(
        f"--where may not call {tree['function_name']!r}. It may call: {known}"
    )


def _unquoted(identifier: str) -> str:
    if identifier.startswith('"'):
        identifier = identifier[1:-1].replace('""', '"')
    return identifier.lower()
