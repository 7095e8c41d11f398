"""What dbt's tests found in a run, with the words that readers of their results need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from data_quality import KeptResult

_REFERENCE = re.compile(r"ref\('(\w+)'\)")
_FIRST_COMMENT = re.compile(r"^-- ?(.*(?:\n-- ?.*)*)", re.MULTILINE)


def ended_tests(events: Iterable[Any], manifest: Mapping[str, Any]) -> list[KeptResult]:
    """Return the tests that ended, once each, in the order in which they did.

    ``events`` are Dagster's of a run of dbt. It tells a test of several tables once for each of
    them; others are of models.
    """
    found: dict[str, KeptResult] = {}
    for event in events:
        metadata = getattr(event, "metadata", None) or {}
        key = str(_value(metadata.get("unique_id", "")))
        if key.startswith("test."):
            found[key] = _result(manifest["nodes"][key], manifest, metadata)
    return list(found.values())


def _value(of: Any) -> Any:
    return getattr(of, "value", of)


def _result(
    test: Mapping[str, Any], manifest: Mapping[str, Any], metadata: Mapping[str, Any]
) -> KeptResult:
    count = _value(metadata.get("dagster_dbt/failed_row_count"))
    return KeptResult(
        table_name=_table(test, manifest),
        check_name=test["name"],
        description=description(test),
        severity="warn" if test["config"]["severity"].lower() == "warn" else "error",
        is_passed=_value(metadata["status"]) == "pass",
        failing_row_count=None if count is None else int(count),
    )


def _table(test: Mapping[str, Any], manifest: Mapping[str, Any]) -> str | None:
    """Return the name of the one table that is tested, or None."""
    attached = test.get("attached_node")
    keys = [attached] if attached else test["depends_on"]["nodes"]
    return manifest["nodes"][keys[0]]["name"] if len(keys) == 1 else None


def description(test: Mapping[str, Any]) -> str:
    """Return what a test says: a file of its own in its first comment, others by their arguments.

    Raises:
        KeyError: a kind of test that has no words here yet.
    """
    about = test.get("test_metadata")
    if not about:
        comment = _FIRST_COMMENT.search(test["raw_code"])
        return " ".join(line.strip() for line in comment[1].split("\n-- ")) if comment else ""
    words = _words(about["name"], about["kwargs"])
    where = test["config"].get("where")
    return f"{words}, where {where}." if where else f"{words}."


def _words(name: str, arguments: Mapping[str, Any]) -> str:
    column = arguments.get("column_name", "")
    if name == "row_rules":
        return "; ".join(_rules(arguments))
    if name == "joins":
        columns = arguments["columns"].items()
        return "; ".join(f"{one} is in {_target(of['to'], of['field'])}" for one, of in columns)
    if name == "relationships":
        return f"{column} is in {_target(arguments['to'], arguments['field'])}"
    if name == "accepted_values":
        return f"{column} is one of {_list(arguments['values'])}"
    return {"not_null": f"{column} is never null", "unique": f"{column} is unique"}[name]


def _rules(arguments: Mapping[str, Any]) -> Iterator[str]:
    if grain := arguments.get("grain"):
        yield f"One row per {_list(grain)}"
    for column in arguments.get("unique", ()):
        yield f"{column} is unique"
    if required := arguments.get("required"):
        yield f"never null: {_list(required)}"
    for column, values in arguments.get("known", {}).items():
        yield f"{column} is one of {_list(values)}"


def _list(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _target(relation: str, field: str) -> str:
    target = _REFERENCE.search(relation)
    return f"{target[1] if target else relation}.{field}"
