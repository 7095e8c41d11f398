"""Rows of the raw tables, as Arrow tables of their schemas."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ingestion.github import tables
from ingestion.github.client import API_VERSION, REST_API_VERSION
from ingestion.github.members import Member
from ingestion.github.paging import Record
from ingestion.github.probe import Repository


def repository_rows(repositories: Sequence[Repository], run_id: str) -> pa.Table:
    return pa.table(
        {
            "repository_id": [one.repository_id for one in repositories],
            "repository": [one.full_name for one in repositories],
            "is_active": [True] * len(repositories),
            "body": [one.body.decode() for one in repositories],
            **_provenance(repositories, run_id, API_VERSION),
        },
        schema=tables.REPOSITORIES.schema,
    )


def pull_request_rows(repository: Repository, found: Sequence[Record], run_id: str) -> pa.Table:
    return pa.table(
        {
            "repository_id": [repository.repository_id] * len(found),
            "pull_request_number": [record.key for record in found],
            "body": [record.body for record in found],
            "more_commits": [record.more["commits"] for record in found],
            "more_files": [record.more["files"] for record in found],
            "more_reviews": [record.more["reviews"] for record in found],
            **_provenance(found, run_id, API_VERSION),
        },
        schema=tables.PULL_REQUESTS.schema,
    )


def commit_rows(repository: Repository, found: Sequence[Record], run_id: str) -> pa.Table:
    """Return commits as on the default branch: one that had left it and came back is again."""
    return pa.table(
        {
            "repository_id": [repository.repository_id] * len(found),
            "commit_sha": [record.key for record in found],
            "body": [record.body for record in found],
            "left_default_branch_at": [None] * len(found),
            **_provenance(found, run_id, API_VERSION),
        },
        schema=tables.COMMITS.schema,
    )


def member_rows(organization: str, members: Sequence[Member], run_id: str) -> pa.Table:
    return pa.table(
        {
            "organization": [organization] * len(members),
            "member_id": [one.member_id for one in members],
            "body": [one.body for one in members],
            **_provenance(members, run_id, REST_API_VERSION),
        },
        schema=tables.MEMBERS.schema,
    )


def _provenance(
    items: Sequence[Record] | Sequence[Repository] | Sequence[Member],
    run_id: str,
    api_version: str,
) -> dict[str, list[object]]:
    return {
        "request_id": [one.request_id for one in items],
        "api_version": [api_version] * len(items),
        "fetched_at": [one.fetched_at for one in items],
        "run_id": [run_id] * len(items),
    }
