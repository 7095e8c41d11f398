"""GitHub's raw tables: the nodes of a list, a row each, replaced by their key."""

from __future__ import annotations

import pyarrow as pa

from ingestion.raw import INSTANT, PROVENANCE_FIELDS, RawTable

SOURCE = "github"

_REPOSITORY = pa.schema(
    [
        pa.field("repository_id", pa.int64(), nullable=False),
        pa.field("repository", pa.string()),
        pa.field("is_active", pa.bool_()),
        pa.field("body", pa.string()),
        *PROVENANCE_FIELDS,
    ]
)

_PULL_REQUEST = pa.schema(
    [
        pa.field("repository_id", pa.int64(), nullable=False),
        pa.field("pull_request_number", pa.int64(), nullable=False),
        pa.field("body", pa.string()),
        # JSON arrays of the connections' further pages, [] where the first page has all.
        pa.field("more_commits", pa.string()),
        pa.field("more_files", pa.string()),
        pa.field("more_reviews", pa.string()),
        *PROVENANCE_FIELDS,
    ]
)

_COMMIT = pa.schema(
    [
        pa.field("repository_id", pa.int64(), nullable=False),
        pa.field("commit_sha", pa.string(), nullable=False),
        pa.field("body", pa.string()),
        # When a rewritten history was found not to hold the commit any more.
        pa.field("left_default_branch_at", INSTANT),
        *PROVENANCE_FIELDS,
    ]
)

_MEMBER = pa.schema(
    [
        pa.field("organization", pa.string(), nullable=False),
        pa.field("member_id", pa.int64(), nullable=False),
        pa.field("body", pa.string()),
        *PROVENANCE_FIELDS,
    ]
)


REPOSITORIES = RawTable(
    SOURCE,
    "repositories",
    _REPOSITORY,
    ("repository_id",),
    ("repository_id",),
    "One row per repository ever seen; `body` is the GraphQL node.",
)
PULL_REQUESTS = RawTable(
    SOURCE,
    "pull_requests",
    _PULL_REQUEST,
    ("repository_id", "pull_request_number"),
    ("repository_id", "pull_request_number"),
    "One row per pull request; `body` is the GraphQL node with labels, reviews, files and the first"
    " 20 branch commits, `more_commits` the connections that hold the others.",
)
COMMITS = RawTable(
    SOURCE,
    "commits",
    _COMMIT,
    ("repository_id", "commit_sha"),
    ("repository_id", "commit_sha"),
    "One row per commit of a default branch; `body` is the GraphQL node.",
)
MEMBERS = RawTable(
    SOURCE,
    "organization_members",
    _MEMBER,
    ("organization",),
    ("organization", "member_id"),
    "One row per organisation and member on GitHub; `body` is the answer's item.",
)
TABLES = (REPOSITORIES, PULL_REQUESTS, COMMITS, MEMBERS)
