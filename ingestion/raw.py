"""The shape of the raw tables: Arrow schemas, merge keys, and tables that always exist.

Bodies are text exactly as answered. Types are declared so that an empty load has its columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Source = Literal["anthropic", "github"]

_UTC = pa.timestamp("us", tz="UTC")

_PROVENANCE = [
    pa.field("request_id", pa.string()),
    pa.field("api_version", pa.string()),
    pa.field("fetched_at", _UTC),
    pa.field("run_id", pa.string()),
]

PAGES = pa.schema(
    [
        pa.field("window_key", pa.string(), nullable=False),
        pa.field("window_start", _UTC),
        pa.field("window_end", _UTC),
        pa.field("page_number", pa.int64()),
        pa.field("is_last_page", pa.bool_()),
        pa.field("record_count", pa.int64()),
        pa.field("byte_count", pa.int64()),
        pa.field("body", pa.string()),
        pa.field("request_path", pa.string()),
        pa.field("request_query", pa.string()),
        *_PROVENANCE,
    ]
)

REPOSITORIES = pa.schema(
    [
        pa.field("repository_id", pa.int64(), nullable=False),
        pa.field("repository", pa.string()),
        pa.field("is_active", pa.bool_()),
        pa.field("body", pa.string()),
        *_PROVENANCE,
    ]
)

PULL_REQUESTS = pa.schema(
    [
        pa.field("repository_id", pa.int64(), nullable=False),
        pa.field("pull_request_number", pa.int64(), nullable=False),
        pa.field("body", pa.string()),
        pa.field("more_commits", pa.string()),
        *_PROVENANCE,
    ]
)

COMMITS = pa.schema(
    [
        pa.field("repository_id", pa.int64(), nullable=False),
        pa.field("commit_sha", pa.string(), nullable=False),
        pa.field("body", pa.string()),
        *_PROVENANCE,
    ]
)

LEDGER = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("endpoint", pa.string()),
        pa.field("window_key", pa.string(), nullable=False),
        pa.field("window_start", _UTC),
        pa.field("window_end", _UTC),
        pa.field("status", pa.string()),
        pa.field("page_count", pa.int64()),
        pa.field("record_count", pa.int64()),
        pa.field("byte_count", pa.int64()),
        pa.field("first_fetched_at", _UTC),
        pa.field("last_fetched_at", _UTC),
        pa.field("api_version", pa.string()),
        pa.field("run_id", pa.string()),
        pa.field("high_water_mark", pa.string()),
        pa.field("error", pa.string()),
    ]
)

LEDGER_TABLE = "completeness_ledger"


@dataclass(frozen=True)
class RawTable:
    """A raw table and the key whose rows a load replaces whole."""

    source: Source
    name: str
    schema: pa.Schema
    merge_key: tuple[str, ...]

    @property
    def qualified_name(self) -> str:
        return f"raw_{self.source}.{self.name}"


def _pages(name: str) -> RawTable:
    return RawTable("anthropic", name, PAGES, ("window_key",))


CLAUDE_CODE = _pages("usage_report_claude_code")
MESSAGES = _pages("usage_report_messages")
COST = _pages("cost_report")
ORGANIZATION = _pages("organizations_me")
USERS = _pages("users")
WORKSPACES = _pages("workspaces")
WORKSPACE_MEMBERS = _pages("workspace_members")
API_KEYS = _pages("api_keys")

GITHUB_REPOSITORIES = RawTable("github", "repositories", REPOSITORIES, ("repository_id",))
GITHUB_PULL_REQUESTS = RawTable(
    "github", "pull_requests", PULL_REQUESTS, ("repository_id", "pull_request_number")
)
GITHUB_COMMITS = RawTable("github", "commits", COMMITS, ("repository_id", "commit_sha"))

REPORTS = (CLAUDE_CODE, MESSAGES, COST)
DIRECTORIES = (ORGANIZATION, USERS, WORKSPACES, WORKSPACE_MEMBERS, API_KEYS)
GITHUB = (GITHUB_REPOSITORIES, GITHUB_PULL_REQUESTS, GITHUB_COMMITS)
TABLES = (*REPORTS, *DIRECTORIES, *GITHUB)
