"""The change probe: what repositories there are, their heads and newest pull request updates.

One request per 100 repositories tells which of them have anything new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from ingestion.errors import NotFound, Request
from ingestion.github.client import Envelope, GitHubClient, ask, decode
from ingestion.github.listing import Listing, PageInfo
from ingestion.github.queries import ORGANIZATION_REPOSITORIES, repositories_by_name
from ingestion.github.shapes import Count, FullName, Instant, instant
from ingestion.http import Answer
from ingestion.settings import Settings

ENDPOINT = "repositories"
BATCH = 100


class _Target(msgspec.Struct):
    oid: str


class _Branch(msgspec.Struct):
    name: str
    target: _Target | None = None


class _Updated(msgspec.Struct, rename="camel"):
    updated_at: str

    def __post_init__(self) -> None:
        instant(self.updated_at)


class _Newest(msgspec.Struct):
    nodes: list[_Updated | None]


class _Repository(msgspec.Struct, rename="camel"):
    database_id: Count
    name_with_owner: FullName
    default_branch_ref: _Branch | None
    pull_requests: _Newest
    is_archived: bool
    is_fork: bool
    is_private: bool
    created_at: Instant
    pushed_at: Instant | None


class _Repositories(msgspec.Struct, rename="camel"):
    total_count: Count
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class _Organization(msgspec.Struct):
    repositories: _Repositories


class _OrganizationData(msgspec.Struct):
    organization: _Organization | None


@dataclass(frozen=True)
class Repository:
    """A repository as the probe saw it.

    ``head`` is the default branch's newest commit, None when the repository is empty.
    ``newest_update`` is RFC 3339 text as GitHub writes it, None without pull requests.
    """

    repository_id: int
    full_name: str
    head: str | None
    newest_update: str | None
    body: bytes
    request_id: str | None
    fetched_at: datetime

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]


@dataclass
class Probe:
    """All repositories that can be seen, and what was asked for by name and cannot."""

    repositories: dict[int, Repository] = field(default_factory=dict)
    missing: list[NotFound] = field(default_factory=list)
    page_count: int = 0
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, request: Request, node: msgspec.Raw, answer: Answer[Envelope]) -> int:
        """Take a repository in and return its id."""
        seen = decode(request, node, _Repository, answer.request_id, what="a repository")
        branch = seen.default_branch_ref
        newest = next((one.updated_at for one in seen.pull_requests.nodes if one), None)
        self.repositories[seen.database_id] = Repository(
            repository_id=seen.database_id,
            full_name=seen.name_with_owner,
            head=branch.target.oid if branch and branch.target else None,
            newest_update=newest,
            body=bytes(node),
            request_id=answer.request_id,
            fetched_at=answer.fetched_at,
        )
        return seen.database_id


async def probe(client: GitHubClient, settings: Settings) -> Probe:
    """Ask for the organisation's repositories, or those listed, or both.

    Raises:
        NotFound: the organisation does not exist or the token cannot see it. A repository of the
            list that is gone is not raised but put into ``missing``.
    """
    found = Probe()
    async with client:
        if settings.github_org:
            await _organization(client, settings.github_org, found)
        for start in range(0, len(settings.repositories), BATCH):
            await _by_name(client, settings.repositories[start : start + BATCH], found)
    return found


async def _organization(client: GitHubClient, organization: str, found: Probe) -> None:
    request = Request(ENDPOINT, organization)
    cursor: str | None = None
    listing = Listing(request)
    while True:
        data, answer = await ask(
            client,
            request,
            ORGANIZATION_REPOSITORIES,
            {"organization": organization, "after": cursor},
            _OrganizationData,
        )
        if data.organization is None:
            raise NotFound(request, "no such organisation", request_id=answer.request_id)
        page = data.organization.repositories
        found.page_count += 1
        keys = [found.add(request, node, answer) for node in _present(page.nodes)]
        cursor = listing.next_cursor(
            page.page_info, keys, answer.request_id, total_count=page.total_count
        )
        if cursor is None:
            return


async def _by_name(client: GitHubClient, names: Sequence[str], found: Probe) -> None:
    variables = {}
    for i, full_name in enumerate(names):
        variables[f"owner{i}"], _, variables[f"name{i}"] = full_name.partition("/")
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    request = Request(ENDPOINT, names[0] + others)
    data, answer = await ask(
        client,
        request,
        repositories_by_name(len(names)),
        variables,
        dict[str, msgspec.Raw],
        may_miss=True,
    )
    found.page_count += 1
    for i, full_name in enumerate(names):
        node = data.get(f"repository{i}", msgspec.Raw(b"null"))
        if bytes(node) == b"null":
            problem = "no such repository, or the token may not see it"
            gone = Request(ENDPOINT, full_name)
            found.missing.append(NotFound(gone, problem, request_id=answer.request_id))
        else:
            found.add(request, node, answer)


def _present(nodes: Iterable[msgspec.Raw]) -> Iterable[msgspec.Raw]:
    return (node for node in nodes if bytes(node) != b"null")
