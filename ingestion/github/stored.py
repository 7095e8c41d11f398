"""What a load changes beside its rows, in the transaction that brings them in.

What is not whole is dropped, what left a branch or the list is marked and kept, directories get
their versions, and the ledger is written.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import duckdb

from ingestion import ledger
from ingestion.entity_versions import keep_versions
from ingestion.github import members, tables
from ingestion.github.client import API_VERSION, REST_API_VERSION
from ingestion.github.members import Members
from ingestion.github.probe import ENDPOINT, Probe
from ingestion.github.unread import Change, note_unread
from ingestion.ledger import KnownRepository, RepositorySynced
from ingestion.raw import LEDGER_TABLE, RawTable

log = logging.getLogger(__name__)

# What changes with each push or update, and says nothing of the repository itself.
_REPOSITORY_MOTION = json.dumps(
    {"pushedAt": None, "pullRequests": None, "defaultBranchRef": {"target": None}}
)
# Pictures, and on Enterprise Server short-lived addresses of them.
_MEMBER_MOTION = json.dumps({"avatar_url": None, "gravatar_id": None})
_LONGEST_LIST = 10
_PULL_REQUESTS = tables.PULL_REQUESTS.name


@dataclass
class Finished:
    """What a load has read to its end, filled while it reads."""

    run_id: str
    found: Probe
    synced: list[RepositorySynced] = field(default_factory=list)
    # Repositories whose whole branch was read again.
    rewritten: list[int] = field(default_factory=list)
    broken_off: dict[RawTable, list[int]] = field(default_factory=dict)
    # None where they were not read.
    members: Members | None = None
    members_not_offered: bool = False
    unread: dict[RawTable, list[Change]] = field(default_factory=dict)

    def settle(self, connection: duckdb.DuckDBPyConnection) -> list[tuple[RawTable, str]]:
        """Bring marks, versions and ledger in line with the rows that have come.

        Returns a line for each repository of which something could not be read.
        """
        self._drop_broken_off(connection)
        self._mark_left_commits(connection)
        self._settle_old_pull_requests(connection)
        if self.found.page_count:
            self._keep_repositories(connection)
        if self.members_not_offered:
            ledger.forget_failures(connection, tables.MEMBERS)
        if self.members is not None:
            self._keep_members(connection, self.members)
        for table in tables.TABLES:
            is_rest = table is tables.MEMBERS
            ledger.settle_repositories(
                connection,
                table,
                self.synced,
                api_version=REST_API_VERSION if is_rest else API_VERSION,
                run_id=self.run_id,
            )
        return [
            (table, line)
            for table, changes in self.unread.items()
            for line in note_unread(connection, table, changes, run_id=self.run_id)
        ]

    def _drop_broken_off(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A first load that broke off leaves nothing: its rows would look like all there is."""
        for table, ids in self.broken_off.items():
            connection.execute(
                f"delete from {table.qualified_name} where list_contains(?, repository_id)", [ids]
            )

    def _mark_left_commits(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Mark the commits that a rewritten history no longer holds; those it holds came anew."""
        left = connection.execute(
            f"update {tables.COMMITS.qualified_name} set left_default_branch_at = $now"
            " where run_id <> $run_id and left_default_branch_at is null"
            " and list_contains($ids, repository_id) returning repository_id",
            {"now": datetime.now(UTC), "run_id": self.run_id, "ids": self.rewritten},
        ).fetchall()
        for repository_id, count in Counter(key for (key,) in left).items():
            name = self.found.repositories[repository_id].full_name
            log.warning("commits [%s]: %d are no longer on the default branch", name, count)

    def _settle_old_pull_requests(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Expect no further lists of what did not come again where everything was read again."""
        connection.execute(
            f"update {tables.PULL_REQUESTS.qualified_name}"
            " set more_files = '[]', more_reviews = '[]'"
            " where more_files is null and list_contains(?, repository_id::varchar)",
            [[one.window_key for one in self.synced if one.endpoint == _PULL_REQUESTS]],
        )

    def _keep_repositories(self, connection: duckdb.DuckDBPyConnection) -> None:
        table = tables.REPOSITORIES
        # By id, not by name: the stored name may be older, newer or written in another case.
        vanished = connection.execute(
            f"update {table.qualified_name} set is_active = false"
            " where is_active and not list_contains(?, repository_id) returning repository",
            [list(self.found.repositories)],
        ).fetchall()
        _warn_of_vanished(sorted(name for (name,) in vanished), len(self.found.repositories))
        ledger.forget_failures(connection, table)
        keep_versions(
            connection,
            table,
            scopes="select 'current' as scope,"
            f" {_literal(self.found.asked_at)}::timestamptz as read_at",
            entities="select 'current' as scope, repository_id::varchar as entity_id, body"
            f" from {table.qualified_name} where is_active",
            ignoring=_REPOSITORY_MOTION,
            run_id=self.run_id,
        )
        self.synced.append(
            RepositorySynced(
                ENDPOINT, "current", None, self.found.page_count, None, self.found.asked_at
            )
        )

    def _keep_members(self, connection: duckdb.DuckDBPyConnection, found: Members) -> None:
        table = tables.MEMBERS
        ledger.forget_failures(connection, table)
        if not found.is_unchanged:
            # Rows that came have replaced the old ones; where none came, none are left.
            connection.execute(
                f"delete from {table.qualified_name} where organization = ? and run_id <> ?",
                [found.organization, self.run_id],
            )
        keep_versions(
            connection,
            table,
            scopes=f"select {_literal(found.organization)} as scope,"
            f" {_literal(found.asked_at)}::timestamptz as read_at",
            entities="select organization as scope, member_id::varchar as entity_id, body"
            f" from {table.qualified_name}",
            ignoring=_MEMBER_MOTION,
            run_id=self.run_id,
        )
        self.synced.append(
            RepositorySynced(
                members.ENDPOINT,
                found.organization,
                None,
                found.page_count,
                found.mark,
                found.asked_at,
            )
        )


def members_mark(connection: duckdb.DuckDBPyConnection, organization: str | None) -> str | None:
    """Return what the ledger keeps of the members' last reading, None where there was none."""
    row = connection.execute(
        f"select high_water_mark from {tables.MEMBERS.kept(LEDGER_TABLE)}"
        " where endpoint = ? and window_key = ? and status = 'complete'",
        [members.ENDPOINT, organization],
    ).fetchone()
    return row[0] if row else None


def known_repositories(
    connection: duckdb.DuckDBPyConnection, table: RawTable
) -> dict[int, KnownRepository]:
    """Return up to where each repository is loaded, by id.

    Pull requests that a version before files and reviews has stored are as if not loaded: their
    repository is read again, once, from the same start.
    """
    known = ledger.known_repositories(connection, table)
    if table is tables.PULL_REQUESTS:
        old = connection.execute(
            f"select distinct repository_id from {table.qualified_name} where more_files is null"
        ).fetchall()
        for (repository_id,) in old:
            if repository_id in known:
                known[repository_id] = replace(known[repository_id], high_water_mark=None)
    return known


def shas_on_branch(connection: duckdb.DuckDBPyConnection, repository_id: int) -> set[str]:
    """Return the stored commits of a repository's default branch, without those that left it."""
    rows = connection.execute(
        f"select commit_sha from {tables.COMMITS.qualified_name}"
        " where repository_id = ? and left_default_branch_at is null",
        [repository_id],
    ).fetchall()
    return {sha for (sha,) in rows}


def _warn_of_vanished(names: list[str], left_count: int) -> None:
    if len(names) == 1:
        log.warning("repositories [%s]: no longer listed; its history stays", names[0])
    elif names:
        others = len(names) - _LONGEST_LIST
        shown = ", ".join(names[:_LONGEST_LIST]) + (f" and {others} more" if others > 0 else "")
        log.warning(
            "repositories: %d of %d are no longer listed, may the token still read them? Their"
            " history stays: %s",
            len(names),
            len(names) + left_count,
            shown,
        )


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
