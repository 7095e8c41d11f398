"""What the dbt project declares of the marts and tests: keys, joins, columns that are never null.

Belongs here: reading it from dbt's manifest. Does not belong here: what of it the file can say at
which level of privacy (``duckdb_file``, ``privacy``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_REFERENCE = re.compile(r"ref\('(\w+)'\)")


@dataclass
class Declared:
    """Of one table: columns that are never null, its key, and `table.column` that columns join."""

    required: set[str] = field(default_factory=set)
    key: tuple[str, ...] = ()
    joins: dict[str, str] = field(default_factory=dict)


def declared_tables(manifest: Mapping[str, Any]) -> dict[str, Declared]:
    """Return what the tests of ``manifest`` say of each table of schema ``marts``, by its name.

    Tests of a part of the rows say nothing of the table.
    """
    found: dict[str, Declared] = {}
    for table, test, arguments in _whole_table_tests(manifest["nodes"]):
        of = found.setdefault(table, Declared())
        if test == "row_rules":
            of.required.update(arguments.get("required", ()))
            of.key = tuple(arguments.get("grain") or of.key)
        elif test == "not_null":
            of.required.add(arguments["column_name"])
        elif test == "joins":
            of.joins.update(_joins(arguments["columns"]))
    return found


def _joins(columns: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for column, target in columns.items():
        if reference := _REFERENCE.search(target["to"]):
            yield column, f"{reference[1]}.{target['field']}"


def _whole_table_tests(
    nodes: Mapping[str, Any],
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for node in nodes.values():
        mart, config = nodes.get(node.get("attached_node") or "", {}), node["config"]
        of_all = not (config.get("where") or config.get("severity", "").lower() == "warn")
        if mart.get("schema") == "marts" and of_all:
            about = node["test_metadata"]
            yield mart["name"], about["name"], about["kwargs"]
