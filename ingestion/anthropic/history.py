"""Directories as history: people who left and keys that were deleted still have a name."""

from __future__ import annotations

import json
from collections.abc import Iterable

import duckdb

from ingestion.anthropic.kinds import Directory
from ingestion.entity_versions import keep_versions
from ingestion.raw import ENTITY_VERSIONS_TABLE


def keep_history(
    connection: duckdb.DuckDBPyConnection, directories: Iterable[Directory], *, run_id: str
) -> None:
    """Bring the entity versions of ``directories``, parents first, in line with their pages."""
    for directory in directories:
        if directory.entity_id is not None:
            volatile = json.dumps(dict.fromkeys(directory.volatile))
            keep_versions(
                connection,
                directory.table,
                scopes=_scopes(directory),
                entities=_entities(directory),
                run_id=run_id,
                ignoring=volatile,
            )


def _whole(directory: Directory) -> str:
    """Return a query of the scopes whose pages are all stored, of parents that are there."""
    there = "true"
    if directory.of is not None:
        there = f"window_key in (select entity_id from ({_living(directory.of)}))"
    return f"""
        select window_key as scope, max(fetched_at) as read_at
        from {directory.table.qualified_name}
        where {there}
        group by window_key
        having bool_or(is_last_page) and max(page_number) = count(*)
    """


def _scopes(directory: Directory) -> str:
    """Return the scopes that are wholly read, and those that are gone, which hold nothing."""
    if directory.of is None:
        return _whole(directory)
    gone = f"""
        select versions.scope, parents.valid_to as read_at
        from {directory.table.kept(ENTITY_VERSIONS_TABLE)} as versions
        join {directory.table.kept(ENTITY_VERSIONS_TABLE)} as parents
            on parents.directory = '{directory.of.table.name}'
            and parents.entity_id = versions.scope
        where versions.directory = '{directory.table.name}' and versions.valid_to is null
            and parents.valid_to is not null
            and versions.scope not in (select entity_id from ({_living(directory.of)}))
    """
    return f"{_whole(directory)} union all {gone}"


def _entities(directory: Directory) -> str:
    return f"""
        select
            window_key as scope,
            json_extract_string(body, '$.{directory.entity_id}') as entity_id,
            body::varchar as body,
        from (
            select window_key, unnest(json_extract(body, '$.data[*]')) as body
            from {directory.table.qualified_name}
            where window_key in (select scope from ({_whole(directory)}))
        )
    """


def _living(directory: Directory) -> str:
    return (
        f"select entity_id from {directory.table.kept(ENTITY_VERSIONS_TABLE)}"
        f" where directory = '{directory.table.name}' and valid_to is null"
    )
