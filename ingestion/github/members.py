"""The members of the organisation, over REST: GraphQL does not say what changed, an ETag does.

A 304 costs nothing of the hourly limit. Pages are followed as the server gives them, and never to
another host.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import msgspec

from ingestion.errors import NotModified, Request, UnexpectedAnswer
from ingestion.github.client import GitHubClient, decode
from ingestion.github.listing import Listing
from ingestion.github.shapes import Count
from ingestion.http import Answer

log = logging.getLogger(__name__)

ENDPOINT = "organization_members"
PAGE_SIZE = 100

_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')

_Page = Answer[list[msgspec.Raw]]


class _Member(msgspec.Struct):
    id: Count
    login: str


@dataclass(frozen=True)
class Member:
    """One member: the account's number and REST's element as answered."""

    member_id: int
    body: str
    request_id: str | None
    fetched_at: datetime


@dataclass
class Members:
    """What was read: all members, or that nothing changed since ``etags`` were kept.

    ``etags`` has, in order, each page's path and its ETag; None for a page that must be read again
    in any case.
    """

    organization: str
    is_unchanged: bool = False
    page_count: int = 0
    members: dict[int, Member] = field(default_factory=dict)
    etags: dict[str, str | None] = field(default_factory=dict)
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def mark(self) -> str:
        """Return the ETags as the ledger keeps them."""
        return json.dumps(self.etags)


def etags_of(mark: str | None) -> dict[str, str | None]:
    """Return the ETags that a ledger row holds; none where it holds anything else."""
    try:
        return msgspec.json.decode(mark or "{}", type=dict[str, str | None])
    except msgspec.DecodeError:
        return {}


async def read_members(
    client: GitHubClient, organization: str, etags: Mapping[str, str | None]
) -> Members:
    """Read the organisation's members, or find that no page has changed.

    Raises:
        PermissionDenied, NotFound: the token may not see the members.
        UnexpectedAnswer: a next page on another host or one that came before, or no end of them.
    """
    request = Request(ENDPOINT, organization)
    known: dict[str, _Page] = {}
    found = Members(organization)
    if etags:
        changed = await _first_change(client, request, etags)
        if changed is None:
            found.is_unchanged, found.page_count, found.etags = True, len(etags), dict(etags)
            return found
        known = dict([changed])
    path: str | None = f"/orgs/{organization}/members?per_page={PAGE_SIZE}"
    listing = Listing(request)
    while path is not None:
        page = known.get(path) or await _get(client, request, path)
        keys = [_member_id(request, node, page) for node in page.value]
        for member_id, node in zip(keys, page.value, strict=True):
            found.members[member_id] = Member(
                member_id, bytes(node).decode(), page.request_id, page.fetched_at
            )
        found.page_count += 1
        is_full = len(page.value) >= PAGE_SIZE
        following = _next_path(client, request, page)
        # A full last page says nothing of the page that a new member may begin.
        is_sure = following is not None or not is_full
        found.etags[path] = _etag(page) if is_sure else None
        if following in found.etags:
            problem = "the next page is one that came before"
            raise UnexpectedAnswer(request, problem, request_id=page.request_id)
        if following is not None:
            listing.check(keys, page.request_id)
        path = following
    return found


async def _first_change(
    client: GitHubClient, request: Request, etags: Mapping[str, str | None]
) -> tuple[str, _Page] | None:
    """Return the first page that is not as it was, or None when all are."""
    for path, etag in etags.items():
        try:
            return path, await _get(client, request, path, etag)
        except NotModified:
            continue
    return None


async def _get(client: GitHubClient, request: Request, path: str, etag: str | None = None) -> _Page:
    return await client.get(request, path, [], list[msgspec.Raw], etag=etag)


def _etag(page: _Page) -> str | None:
    """Return the page's ETag, where it can be sent back."""
    etag = page.headers.get("etag", "")
    return etag if etag.isascii() and etag.isprintable() and etag else None


def _next_path(client: GitHubClient, request: Request, page: _Page) -> str | None:
    found = _NEXT.search(page.headers.get("link", ""))
    if found is None:
        return None
    url = found.group(1)
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        problem = "the next page's address is none"
        raise UnexpectedAnswer(request, problem, request_id=page.request_id) from error
    if not url.startswith(client.base_url + "/"):
        problem = "the next page is on another host, where the token must not go"
        raise UnexpectedAnswer(request, problem, request_id=page.request_id)
    return url.removeprefix(client.base_url)


def _member_id(request: Request, node: msgspec.Raw, page: _Page) -> int:
    return decode(request, node, _Member, page.request_id, what="a member").id
