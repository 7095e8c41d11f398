"""Ask GitHub's GraphQL API: errors under status 200 found, partial answers refused.

| In the answer | Effect |
| --- | --- |
| `errors` of type `RATE_LIMITED`, or that speak of a rate limit | tried again after the reset |
| `errors` that speak of permission | `PermissionDenied` |
| `errors` of type `NOT_FOUND` | `NotFound` |
| the same or `FORBIDDEN` for one of a list of repositories | that one is missing |
| any other `errors`, with or without `data` | tried again, then `Unavailable`; never stored |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from ingestion.errors import (
    NotFound,
    PermissionDenied,
    RateLimited,
    Request,
    RequestError,
    TooHeavy,
    Unavailable,
    UnexpectedAnswer,
)
from ingestion.http import Answer, ApiClient, Told, TryAgain, server_wait
from ingestion.settings import Settings

# GitHub asks for few requests at once; 2 to 4 is the practical ceiling of its secondary limits.
CONCURRENCY = 3
REST_API_VERSION = "2022-11-28"
# What is stored beside each row: GraphQL has no version of its own.
API_VERSION = "graphql"
# The query was cut off for its weight: ask for a smaller page.
TOO_HEAVY = frozenset({502, 504})

Data = TypeVar("Data")


class PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class GraphQLError(msgspec.Struct):
    message: str = ""
    type: str | None = None
    path: list[str | int] | None = None


class Envelope(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[GraphQLError] | None = None


def auth_headers(settings: Settings) -> dict[str, str]:
    """Return GitHub's headers, with the token when there is one."""
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": REST_API_VERSION,
    }
    if settings.github_token is not None:
        headers["Authorization"] = f"Bearer {settings.github_token.get_secret_value()}"
    return headers


def open_client(settings: Settings, **options: Any) -> ApiClient:
    """Return a client of the GraphQL endpoint."""
    return ApiClient(
        base_url=settings.graphql_url,
        headers=auth_headers(settings),
        request_id_header="x-github-request-id",
        concurrency=CONCURRENCY,
        **options,
    )


async def ask(
    client: ApiClient,
    request: Request,
    query: str,
    variables: Mapping[str, Any],
    shape: type[Data],
    *,
    may_shrink: bool = False,
    may_miss: bool = False,
) -> tuple[Data, Answer[Envelope]]:
    """Run ``query`` and decode its `data` as ``shape``.

    Args:
        may_shrink: the caller can ask for a smaller page, so answers that were cut off for their
            weight are raised at once as `TooHeavy`.
        may_miss: top-level parts that this token cannot see are null in the data and no error.
    """

    def check(answer: Answer[Envelope]) -> None:
        for error in answer.value.errors or []:
            if not (may_miss and _is_one_missing(error)):
                raise _as_exception(request, answer, error, may_shrink)

    answer = await client.post(
        request,
        {"query": query, "variables": variables},
        Envelope,
        check=check,
        at_once=TOO_HEAVY if may_shrink else frozenset(),
    )
    try:
        return msgspec.json.decode(answer.value.data, type=shape), answer
    except msgspec.ValidationError as error:
        problem = f"the data is not of the documented shape: {error}"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id) from error


def next_cursor(
    request: Request, page: PageInfo, seen: set[str], answer: Answer[Envelope]
) -> str | None:
    """Return the cursor of the next page, or None behind the last; ``seen`` collects them.

    Raises:
        UnexpectedAnswer: there is more and no new cursor to it: reading on would never end.
    """
    if not page.has_next_page:
        return None
    if page.end_cursor is None or page.end_cursor in seen:
        problem = "there is more, but no new cursor to it"
        raise UnexpectedAnswer(request, problem, request_id=answer.request_id)
    seen.add(page.end_cursor)
    return page.end_cursor


def _is_one_missing(error: GraphQLError) -> bool:
    return error.type in ("NOT_FOUND", "FORBIDDEN") and len(error.path or ()) == 1


def _as_exception(
    request: Request, answer: Answer[Envelope], error: GraphQLError, may_shrink: bool
) -> RequestError | TryAgain:
    message, kind = error.message, error.type or "error"
    problem = f"{kind}: {message}"
    told: Told = {"status": 200, "request_id": answer.request_id}
    lowered = message.lower()
    if kind == "RATE_LIMITED" or "rate limit" in lowered:
        wait = server_wait(answer.headers, lowered, now=answer.fetched_at.timestamp())
        return TryAgain(RateLimited(request, problem, **told), server_wait=wait)
    if kind == "NOT_FOUND":
        return NotFound(request, problem, **told)
    if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES") or "not accessible by" in lowered:
        return PermissionDenied(request, problem, **told)
    is_too_heavy = kind in ("RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED")
    if may_shrink and (is_too_heavy or "timeout" in lowered or "resource limit" in lowered):
        return TooHeavy(request, problem, **told)
    return TryAgain(Unavailable(request, problem, **told))
