"""The endpoints that are read, how they page, and why they are asked the way they are.

Facts: Anthropic Admin API reference, editions of August to November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion import raw
from ingestion.raw import RawTable

# Both versions serve these endpoints; the older one is the one whose report shapes are documented
# in full. What was sent is stored with each page.
API_VERSION = "2023-06-01"


@dataclass(frozen=True)
class DayReport:
    """A report that answers one UTC day a request: `starting_at` is a date."""

    table: RawTable
    path: str
    page_limit: int


@dataclass(frozen=True)
class BucketReport:
    """A report that answers daily buckets for a range: `starting_at` to `ending_at`, exclusive.

    ``group_by`` is part of what a row means (a null workspace is the default workspace only because
    the query grouped by it), so the query is stored beside each bucket.
    """

    table: RawTable
    path: str
    group_by: tuple[str, ...]
    longest_range: int


@dataclass(frozen=True)
class Directory:
    """A list of what exists now, paged by the last id seen."""

    table: RawTable
    path: str
    params: tuple[tuple[str, str], ...] = ()


CLAUDE_CODE = DayReport(
    table=raw.CLAUDE_CODE, path="/v1/organizations/usage_report/claude_code", page_limit=1000
)
MESSAGES = BucketReport(
    table=raw.MESSAGES,
    path="/v1/organizations/usage_report/messages",
    # At most five; these are the grain of the message usage mart.
    group_by=("workspace_id", "model", "api_key_id", "service_tier", "context_window"),
    longest_range=31,
)
COST = BucketReport(
    table=raw.COST,
    path="/v1/organizations/cost_report",
    # All the endpoint knows; model and token type come parsed out of the description.
    group_by=("workspace_id", "description"),
    longest_range=31,
)
REPORTS: tuple[DayReport | BucketReport, ...] = (CLAUDE_CODE, MESSAGES, COST)

ORGANIZATION_PATH = "/v1/organizations/me"
USERS = Directory(table=raw.USERS, path="/v1/organizations/users")
WORKSPACES = Directory(
    table=raw.WORKSPACES,
    path="/v1/organizations/workspaces",
    # Archived workspaces still have costs to name.
    params=(("include_archived", "true"),),
)
API_KEYS = Directory(table=raw.API_KEYS, path="/v1/organizations/api_keys")
DIRECTORY_PAGE_LIMIT = 1000


def workspace_members(workspace_id: str) -> Directory:
    """Return the members' list of one workspace: a directory of its own."""
    return Directory(
        table=raw.WORKSPACE_MEMBERS, path=f"/v1/organizations/workspaces/{workspace_id}/members"
    )
