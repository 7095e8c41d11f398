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

# Where a row came from, which says nothing of what it is.
PROVENANCE = tuple(field.name for field in _PROVENANCE)

PAGES = pa.schema(
    [
        pa.field("window_key", pa.string(), nullable=False),
        pa.field("window_start", _UTC),
        pa.field("window_end", _UTC),
        pa.field("page_number", pa.int64()),
        pa.field("is_last_page", pa.bool_()),
        # A long page or bucket of a report is stored a record a row, byte for byte: how many of
        # its records stand in rows before this one. Null means none.
        pa.field("records_before", pa.int64()),
        pa.field("record_count", pa.int64()),
        pa.field("byte_count", pa.int64()),
        pa.field("body", pa.string()),
        pa.field("request_path", pa.string()),
        pa.field("request_query", pa.string()),
        # Up to when the answer's figures are whole, where the API says so.
        pa.field("data_refreshed_at", _UTC),
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
        # JSON arrays of the connections' further pages, [] where the first page has all.
        pa.field("more_commits", pa.string()),
        pa.field("more_files", pa.string()),
        pa.field("more_reviews", pa.string()),
        *_PROVENANCE,
    ]
)

COMMITS = pa.schema(
    [
        pa.field("repository_id", pa.int64(), nullable=False),
        pa.field("commit_sha", pa.string(), nullable=False),
        pa.field("body", pa.string()),
        # When a rewritten history was found not to hold the commit any more.
        pa.field("left_default_branch_at", _UTC),
        *_PROVENANCE,
    ]
)

MEMBERS = pa.schema(
    [
        pa.field("organization", pa.string(), nullable=False),
        pa.field("member_id", pa.int64(), nullable=False),
        pa.field("body", pa.string()),
        *_PROVENANCE,
    ]
)

RECORD_REVISIONS = pa.schema(
    [
        pa.field("endpoint", pa.string(), nullable=False),
        pa.field("window_key", pa.string(), nullable=False),
        # `removed`: in the reading before, not in the one after; `added`: the other way round.
        pa.field("change", pa.string()),
        pa.field("record", pa.string()),
        pa.field("record_count", pa.int64()),
        pa.field("read_at", _UTC),
        pa.field("revised_at", _UTC),
        pa.field("run_id", pa.string()),
    ]
)

ENTITY_VERSIONS = pa.schema(
    [
        pa.field("directory", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),
        pa.field("entity_id", pa.string(), nullable=False),
        pa.field("body", pa.string()),
        # Half-open, null while current: from the reading that first showed it so to the one
        # that first did not.
        pa.field("valid_from", _UTC),
        pa.field("valid_to", _UTC),
        pa.field("run_id", pa.string()),
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
        # When a complete window was last found changed by its source, and how often.
        pa.field("revised_at", _UTC),
        pa.field("revision_count", pa.int64()),
        # When a window was first read whole: before that, its figures were those of a part.
        pa.field("first_complete_at", _UTC),
    ]
)

# Items of a repository that could not be read whole; each run tries them again.
UNREAD_ITEMS = pa.schema(
    [
        pa.field("endpoint", pa.string(), nullable=False),
        pa.field("window_key", pa.string(), nullable=False),
        # A pull request's number or a commit's sha.
        pa.field("item_key", pa.string(), nullable=False),
        # `everything` where nothing of it is stored, else the parts that are null in its row.
        pa.field("missing", pa.list_(pa.string())),
        pa.field("problem", pa.string()),
        pa.field("first_failed_at", _UTC),
        pa.field("last_failed_at", _UTC),
        pa.field("run_id", pa.string()),
    ]
)

# Rows of one key that came, or were stored, more than once: one was kept.
DUPLICATE_ROWS = pa.schema(
    [
        pa.field("endpoint", pa.string(), nullable=False),
        pa.field("window_key", pa.string(), nullable=False),
        # The columns of the row's key, as a JSON object.
        pa.field("row_key", pa.string(), nullable=False),
        # How many rows were left out, and whether any said something else than the one kept.
        pa.field("row_count", pa.int64()),
        pa.field("is_different", pa.bool_()),
        pa.field("noted_at", _UTC),
        pa.field("run_id", pa.string()),
    ]
)

LEDGER_TABLE = "completeness_ledger"
UNREAD_ITEMS_TABLE = "unread_items"
DUPLICATE_ROWS_TABLE = "duplicate_rows"


@dataclass(frozen=True)
class RawTable:
    """A raw table, the key whose rows a load replaces whole, and the key of one row.

    ``records``: where a body of a report has its records; null where it is one itself.
    """

    source: Source
    name: str
    schema: pa.Schema
    merge_key: tuple[str, ...]
    row_key: tuple[str, ...]
    records: str | None = "data"

    @property
    def qualified_name(self) -> str:
        return f"raw_{self.source}.{self.name}"


def _pages(name: str, records: str | None = "data") -> RawTable:
    row_key = ("window_key", "page_number", "records_before")
    return RawTable("anthropic", name, PAGES, ("window_key",), row_key, records)


# Claude Console.
CLAUDE_CODE = _pages("usage_report_claude_code")
MESSAGES = _pages("usage_report_messages", "results")
MESSAGES_BY_MINUTE = _pages("usage_report_messages_by_minute")
COST = _pages("cost_report", "results")
ANALYTICS_USAGE = _pages("analytics_usage")
ANALYTICS_COST = _pages("analytics_cost")
ANALYTICS_COST_BY_GEOGRAPHY = _pages("analytics_cost_by_geography")
ANALYTICS_USAGE_BY_MINUTE = _pages("analytics_usage_by_minute")
ORGANIZATION = _pages("organizations_me")
USERS = _pages("users")
WORKSPACES = _pages("workspaces")
WORKSPACE_MEMBERS = _pages("workspace_members")
API_KEYS = _pages("api_keys")
RATE_LIMITS = _pages("rate_limits")
WORKSPACE_RATE_LIMITS = _pages("workspace_rate_limits")

# Claude Enterprise: another organisation behind another kind of key, so tables of their own.
ENTERPRISE_USER_ACTIVITY = _pages("enterprise_user_activity")
# One entry a day, which is the record.
ENTERPRISE_SUMMARIES = _pages("enterprise_summaries", None)
ENTERPRISE_USAGE = _pages("enterprise_usage")
ENTERPRISE_COST = _pages("enterprise_cost")
ENTERPRISE_COST_BY_GEOGRAPHY = _pages("enterprise_cost_by_geography")
ENTERPRISE_USER_USAGE = _pages("enterprise_user_usage_report")
ENTERPRISE_USER_COST = _pages("enterprise_user_cost_report")
ENTERPRISE_USERS = _pages("enterprise_users")
ENTERPRISE_SPEND_LIMITS = _pages("enterprise_spend_limits")
ENTERPRISE_EFFECTIVE_SPEND_LIMITS = _pages("enterprise_effective_spend_limits")
ENTERPRISE_GROUPS = _pages("enterprise_rbac_groups")
ENTERPRISE_GROUP_MEMBERS = _pages("enterprise_rbac_group_members")

RECORD_REVISIONS_TABLE = "record_revisions"
ENTITY_VERSIONS_TABLE = "entity_versions"

# What each load keeps beside its answers, in the transaction that brings them in.
KEPT_BY_LOADS: dict[Source, dict[str, pa.Schema]] = {
    "anthropic": {
        LEDGER_TABLE: LEDGER,
        ENTITY_VERSIONS_TABLE: ENTITY_VERSIONS,
        RECORD_REVISIONS_TABLE: RECORD_REVISIONS,
        DUPLICATE_ROWS_TABLE: DUPLICATE_ROWS,
    },
    "github": {
        LEDGER_TABLE: LEDGER,
        ENTITY_VERSIONS_TABLE: ENTITY_VERSIONS,
        UNREAD_ITEMS_TABLE: UNREAD_ITEMS,
        DUPLICATE_ROWS_TABLE: DUPLICATE_ROWS,
    },
}


def _items(name: str, schema: pa.Schema, *row_key: str) -> RawTable:
    return RawTable("github", name, schema, row_key, row_key)


GITHUB_REPOSITORIES = _items("repositories", REPOSITORIES, "repository_id")
GITHUB_PULL_REQUESTS = _items(
    "pull_requests", PULL_REQUESTS, "repository_id", "pull_request_number"
)
GITHUB_COMMITS = _items("commits", COMMITS, "repository_id", "commit_sha")
GITHUB_MEMBERS = RawTable(
    "github", "organization_members", MEMBERS, ("organization",), ("organization", "member_id")
)

CONSOLE_REPORTS = (
    CLAUDE_CODE,
    MESSAGES,
    MESSAGES_BY_MINUTE,
    COST,
    ANALYTICS_USAGE,
    ANALYTICS_COST,
    ANALYTICS_COST_BY_GEOGRAPHY,
    ANALYTICS_USAGE_BY_MINUTE,
)
ENTERPRISE_REPORTS = (
    ENTERPRISE_USER_ACTIVITY,
    ENTERPRISE_SUMMARIES,
    ENTERPRISE_USAGE,
    ENTERPRISE_COST,
    ENTERPRISE_COST_BY_GEOGRAPHY,
    ENTERPRISE_USER_USAGE,
    ENTERPRISE_USER_COST,
)
REPORTS = (*CONSOLE_REPORTS, *ENTERPRISE_REPORTS)
CONSOLE_DIRECTORIES = (
    ORGANIZATION,
    USERS,
    WORKSPACES,
    WORKSPACE_MEMBERS,
    API_KEYS,
    RATE_LIMITS,
    WORKSPACE_RATE_LIMITS,
)
ENTERPRISE_DIRECTORIES = (
    ENTERPRISE_USERS,
    ENTERPRISE_SPEND_LIMITS,
    ENTERPRISE_EFFECTIVE_SPEND_LIMITS,
    ENTERPRISE_GROUPS,
    ENTERPRISE_GROUP_MEMBERS,
)
DIRECTORIES = (*CONSOLE_DIRECTORIES, *ENTERPRISE_DIRECTORIES)
GITHUB = (GITHUB_REPOSITORIES, GITHUB_PULL_REQUESTS, GITHUB_COMMITS, GITHUB_MEMBERS)
TABLES = (*REPORTS, *DIRECTORIES, *GITHUB)
