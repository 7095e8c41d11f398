"""The history of directories: what each of their entities was, from when to when.

A version opens with the reading that first shows an entity so, and closes with the first whole
reading that does not: it changed, or it is gone. What comes back opens a version of its own. A
window that could not be read to its end closes nothing.
"""

from __future__ import annotations

import duckdb

from ingestion.raw import ENTITY_VERSIONS_TABLE, RawTable


def keep_versions(
    connection: duckdb.DuckDBPyConnection,
    directory: RawTable,
    *,
    scopes: str,
    entities: str,
    run_id: str,
    ignoring: str = "{}",
) -> None:
    """Bring the versions of ``directory`` in line with what it holds now.

    Called in the transaction that brings the rows in. Reading the same again changes nothing, so
    the queries may give all that is stored, and not only what has come.

    Args:
        scopes: a query of `scope` (text) and `read_at`: what has been read to its end, and when.
            An entity of these that is not among the ``entities`` is gone since then.
        entities: a query of `scope`, `entity_id` (text) and `body` (JSON text). Those of other
            scopes, and those without an id, are left out.
        ignoring: a JSON merge patch with a null for each field that makes no version, for example
            ``{"updated_at": null}``.
    """
    versions = directory.kept(ENTITY_VERSIONS_TABLE)
    compared = "json_merge_patch({0}.body::json, $ignoring::json)::varchar".format
    values = {"directory": directory.name, "ignoring": ignoring}
    connection.execute(
        f"create or replace temp table scopes_read as"
        f" select scope, max(read_at) as read_at from ({scopes}) group by scope"
    )
    # One entity may be answered twice, when the list moved between two pages.
    connection.execute(
        f"create or replace temp table entities_read as"
        f" select scope, entity_id, max(body) as body from ({entities})"
        f" where entity_id is not null and scope in (select scope from scopes_read)"
        f" group by scope, entity_id"
    )
    connection.execute(
        f"""
        update {versions} as known set valid_to = greatest(scopes_read.read_at, known.valid_from)
        from scopes_read
        where known.directory = $directory and known.valid_to is null
            and known.scope = scopes_read.scope
            and (known.scope, known.entity_id, {compared("known")})
                not in (select (scope, entity_id, {compared("entities_read")}) from entities_read)
        """,
        values,
    )
    connection.execute(
        f"""
        insert into {versions}
            (directory, scope, entity_id, body, valid_from, valid_to, run_id)
        select $directory, scope, entity_id, body, scopes_read.read_at, null, $run_id
        from entities_read
        join scopes_read using (scope)
        where (scope, entity_id) not in (
            select (known.scope, known.entity_id) from {versions} as known
            where known.directory = $directory and known.valid_to is null
        )
        """,
        {"directory": directory.name, "run_id": run_id},
    )
    connection.execute("drop table scopes_read")
    connection.execute("drop table entities_read")
