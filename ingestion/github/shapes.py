"""What GitHub documents of the nodes that are stored, and that staging reads of them.

Nodes are stored as answered. They are checked against these shapes at the door, so that a value
that no column can hold fails its repository and not all tables that are built of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from ingestion.github.listing import PageInfo

Node = TypeVar("Node")

# What fits the columns it goes to.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
BigInt = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}$")]
# It is asked for by these again, and shown: owner and name, without white space.
FullName = Annotated[str, msgspec.Meta(pattern=r"^[^/\s]+/[^/\s]+$")]


def instant(text: str) -> datetime:
    """Return a time with its zone, in UTC.

    Raises:
        ValueError: it is none, without the text.
    """
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("not a time with its zone")


def timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Account(msgspec.Struct, rename="camel"):
    login: str
    database_id: Count | None = None


class _GitActor(msgspec.Struct):
    name: str | None
    email: str | None
    user: _Account | None


class _Oid(msgspec.Struct):
    oid: str


class _ParentCount(msgspec.Struct, rename="camel"):
    total_count: Count


class _BranchCommit(msgspec.Struct, rename="camel"):
    oid: str
    message: str
    authored_date: Instant
    committed_date: Instant
    author: _GitActor | None
    committer: _GitActor | None
    parents: _ParentCount


class BranchCommit(msgspec.Struct):
    commit: _BranchCommit


class File(msgspec.Struct, rename="camel"):
    path: str
    additions: Count
    deletions: Count
    change_type: str


class _Actor(msgspec.Struct):
    login: str
    kind: str = msgspec.field(name="__typename")


class Review(msgspec.Struct, rename="camel"):
    full_database_id: BigInt
    state: str
    submitted_at: Instant | None
    author: _Actor | None


class ListPage(msgspec.Struct, Generic[Node], rename="camel"):
    """A page of a list; entries that GitHub cannot show are null."""

    total_count: Count
    nodes: list[Node | None]
    page_info: PageInfo

    @property
    def shown(self) -> int:
        return sum(node is not None for node in self.nodes)


LISTS: dict[str, type[ListPage[BranchCommit] | ListPage[File] | ListPage[Review]]] = {
    "commits": ListPage[BranchCommit],
    "files": ListPage[File],
    "reviews": ListPage[Review],
}


class _Label(msgspec.Struct):
    name: str


class Labels(msgspec.Struct, rename="camel"):
    total_count: Count
    nodes: list[_Label | None]


class PullRequestKey(msgspec.Struct, rename="camel"):
    """What is asked for of a pull request even where nothing else of it can be had."""

    number: Count
    # As text: the newest is kept as GitHub writes it.
    updated_at: str

    def __post_init__(self) -> None:
        instant(self.updated_at)


class PullRequest(PullRequestKey, rename="camel", kw_only=True):
    """A pull request; without what was left out of the question."""

    title: str
    body: str | None
    state: str
    is_draft: bool
    created_at: Instant
    closed_at: Instant | None
    merged_at: Instant | None
    merge_commit: _Oid | None
    author: _Actor | None
    head_ref_name: str
    base_ref_name: str
    is_cross_repository: bool
    labels: Labels | None
    additions: Count | UnsetType = UNSET
    deletions: Count | UnsetType = UNSET
    changed_files: Count | UnsetType = UNSET
    commits: ListPage[BranchCommit] | UnsetType = UNSET
    # Null where GitHub cannot work a list out.
    files: ListPage[File] | UnsetType | None = UNSET
    reviews: ListPage[Review] | UnsetType | None = UNSET


class Parent(msgspec.Struct, rename="camel"):
    oid: str
    committed_date: Instant | None = None


class Parents(msgspec.Struct, rename="camel"):
    total_count: Count
    nodes: list[Parent | None]


class CommitKey(msgspec.Struct):
    """What is asked for of a commit even where nothing else of it can be had."""

    oid: str
    parents: Parents


class Commit(CommitKey, rename="camel", kw_only=True):
    """A commit of the default branch; without what was left out of the question."""

    message: str
    authored_date: Instant
    committed_date: Instant
    author: _GitActor | None
    committer: _GitActor | None
    additions: Count | UnsetType = UNSET
    deletions: Count | UnsetType = UNSET
    changed_files_if_available: Count | UnsetType | None = UNSET
