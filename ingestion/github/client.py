"""Ask GitHub's GraphQL API: errors under status 200 found, partial answers refused.

| In the answer | Effect |
| --- | --- |
| `errors` of type `RATE_LIMITED`, or that speak of a rate limit | tried again after the reset |
| `errors` that speak of permission | `PermissionDenied` |
| `errors` of type `NOT_FOUND` | `NotFound` |
| the same or `FORBIDDEN` for one of a list of repositories | that one is missing |
| any other `errors`, with or without `data` | tried again, then `Unavailable`; never stored |
| the same to a request that can be made smaller | three tries, then `TooHeavy` |

The points of the hour are kept count of: a request that would cost more than is left waits for the
reset instead of running into the limit. A server that tells no points has no limit.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
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
from ingestion.github.app import AppInstallation
from ingestion.github.queries import POINTS
from ingestion.github.shapes import Count, Instant
from ingestion.http import Answer, ApiClient, ErrorContext, TryAgain
from ingestion.refusals import server_wait
from ingestion.settings import Settings

log = logging.getLogger(__name__)

# GitHub asks for few requests at once; 2 to 4 is the practical ceiling of its secondary limits.
CONCURRENCY = 3
REST_API_VERSION = "2022-11-28"
# What is stored beside each row: GraphQL has no version of its own.
API_VERSION = "graphql"
# The query was cut off for its weight: ask for a smaller page.
TOO_HEAVY = frozenset({502, 504})
# What passes is over after so many tries, or a smaller page is tried next.
TRIES_OF_A_PAGE = 3

Data = TypeVar("Data")


class GraphQLError(msgspec.Struct):
    message: str = ""
    type: str | None = None
    path: list[str | int] | None = None


class Envelope(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[GraphQLError] | None = None
    # An answer of REST's shape: some limits come so under status 200.
    message: str | None = None


class _RateLimit(msgspec.Struct, rename="camel"):
    cost: Count
    remaining: Count
    reset_at: Instant


class _RateLimitOf(msgspec.Struct, rename="camel"):
    rate_limit: _RateLimit | None = None


@dataclass
class Points:
    """What is left of the hour's points, as the answers report it; None where none did.

    What is under way is taken as spent on top: an answer may have left before another request
    came in. That errs by a few points, and to the safe side.
    """

    remaining: int | None = None
    reset_at: float = 0.0
    under_way: int = 0
    _costs: dict[str, int] = field(default_factory=lambda: dict(POINTS))

    def cost(self, operation: str) -> int:
        """Return what a document last cost."""
        return self._costs.get(operation, 1)

    def seconds_until(self, cost: int, now: float) -> float:
        """Return the seconds until ``cost`` points are there: none, or up to the reset."""
        if now >= self.reset_at:
            self.remaining = None
        if self.remaining is None or self.remaining - self.under_way >= cost:
            return 0.0
        # One second more: resets are whole seconds, and clocks differ a little.
        return self.reset_at - now + 1.0

    def take(self, operation: str, limit: _RateLimit) -> None:
        self._costs[operation] = limit.cost
        self.remaining = limit.remaining
        self.reset_at = limit.reset_at.timestamp()


@dataclass
class GitHubClient(ApiClient):
    """A client of one of GitHub's addresses, with the points that are left there."""

    points: Points = field(default_factory=Points)

    @asynccontextmanager
    async def spending(self, request: Request, operation: str) -> AsyncIterator[None]:
        """Wait until the points suffice, and count them as spent while the request is under way.

        A reset that is further off than any wait may be is not waited for: the server says no
        then, and when to come again.
        """
        cost = self.points.cost(operation)
        while wait := self.points.seconds_until(cost, self.now()):
            if wait > self.retry.longest_server_wait:
                break
            log.warning("%s: the hour's points are spent, waiting %.0f s", request, wait)
            await asyncio.sleep(wait)
        self.points.under_way += cost
        try:
            yield
        finally:
            self.points.under_way -= cost


def auth_headers(settings: Settings) -> dict[str, str]:
    """Return GitHub's headers, with the token when that is what there is."""
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": REST_API_VERSION,
    }
    if settings.github_token is not None and not settings.has_github_app:
        headers["Authorization"] = f"Bearer {settings.github_token.get_secret_value()}"
    return headers


def authorization(settings: Settings) -> AppInstallation | None:
    """Return what signs requests for a GitHub App; None where a token's header does.

    Share it between the clients of one run: they use one installation token then.

    Raises:
        ConfigurationError: the private key is none.
    """
    if (
        settings.github_app_id is None
        or settings.github_app_installation_id is None
        or settings.github_app_private_key is None
    ):
        return None
    return AppInstallation(
        api_url=settings.github_api_url,
        app_id=settings.github_app_id,
        installation_id=settings.github_app_installation_id,
        private_key=settings.github_app_private_key,
    )


def open_client(
    settings: Settings, *, auth: httpx.Auth | None = None, **options: Any
) -> GitHubClient:
    """Return a client of the GraphQL endpoint."""
    setting = "GITHUB_GRAPHQL_URL" if settings.github_graphql_url else "GITHUB_API_URL"
    return _client(settings, settings.graphql_url, setting, CONCURRENCY, auth, options)


def open_rest_client(
    settings: Settings, *, auth: httpx.Auth | None = None, **options: Any
) -> GitHubClient:
    """Return a client of the REST API, for one request at a time."""
    return _client(settings, settings.github_api_url, "GITHUB_API_URL", 1, auth, options)


def _client(
    settings: Settings,
    url: str,
    setting: str,
    concurrency: int,
    auth: httpx.Auth | None,
    options: Mapping[str, Any],
) -> GitHubClient:
    return GitHubClient(
        base_url=url,
        headers=auth_headers(settings),
        request_id_header="x-github-request-id",
        setting=setting,
        concurrency=concurrency,
        auth=auth or authorization(settings),
        **options,
    )


async def ask(
    client: GitHubClient,
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
        may_shrink: the caller can ask for less, so that what is not answered is raised as
            `TooHeavy` after few tries; at once where the query was cut off for its weight.
        may_miss: top-level parts that this token cannot see are null in the data and no error.

    Raises:
        UnexpectedAnswer: the data is not of that shape, or nested too deeply.
    """

    operation = _operation(query)

    def check(answer: Answer[Envelope]) -> None:
        limit = _rate_limit(answer.value.data)
        if limit is not None:
            client.points.take(operation, limit)
        errors = answer.value.errors or []
        if answer.value.message is not None:
            errors = [*errors, GraphQLError(answer.value.message)]
        for error in errors:
            if not (may_miss and _is_one_missing(error)):
                raise _as_exception(request, answer, error, may_shrink)

    async with client.spending(request, operation):
        answer = await client.post(
            request,
            {"query": query, "variables": variables},
            Envelope,
            check=check,
            at_once=TOO_HEAVY if may_shrink else frozenset(),
            tries=TRIES_OF_A_PAGE if may_shrink else None,
        )
    return decode(request, answer.value.data, shape, answer.request_id, what="the data"), answer


def decode(
    request: Request,
    text: msgspec.Raw,
    shape: type[Data],
    request_id: str | None,
    *,
    what: str = "an item",
) -> Data:
    """Decode a part of an answer that was left as text.

    Raises:
        UnexpectedAnswer: it is not of that shape, or nested too deeply.
    """
    try:
        return msgspec.json.decode(text, type=shape)
    except RecursionError as error:
        problem = f"{what} is nested too deeply"
        raise UnexpectedAnswer(request, problem, request_id=request_id) from error
    except msgspec.DecodeError as error:
        problem = f"{what} is not of the documented shape: {error}"
        raise UnexpectedAnswer(request, problem, request_id=request_id) from error


def _rate_limit(data: msgspec.Raw) -> _RateLimit | None:
    """Return what the answer says of points; a limit that cannot be read is none that is known."""
    try:
        answer = msgspec.json.decode(data, type=_RateLimitOf | None)
    except (msgspec.DecodeError, RecursionError):
        return None
    return answer.rate_limit if answer else None


def _operation(query: str) -> str:
    found = re.match(r"\s*query (\w+)", query)
    return found.group(1) if found else ""


def _is_one_missing(error: GraphQLError) -> bool:
    return error.type in ("NOT_FOUND", "FORBIDDEN") and len(error.path or ()) == 1


def _as_exception(
    request: Request, answer: Answer[Envelope], error: GraphQLError, may_shrink: bool
) -> RequestError | TryAgain:
    message, kind = error.message, error.type or "error"
    problem = f"{kind}: {message}"
    context: ErrorContext = {"status": 200, "request_id": answer.request_id}
    lowered = message.lower()
    if kind == "RATE_LIMITED" or "rate limit" in lowered:
        wait = server_wait(answer.headers, lowered, now=answer.fetched_at.timestamp())
        return TryAgain(RateLimited(request, problem, **context), server_wait=wait)
    heavy = TooHeavy(request, problem, **context)
    heavy.path = error.path or ()
    if kind == "NOT_FOUND":
        # An item of a list, or something of it: the others are there.
        if may_shrink and any(isinstance(step, int) for step in heavy.path):
            return heavy
        return NotFound(request, problem, **context)
    if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES") or "not accessible by" in lowered:
        return PermissionDenied(request, problem, **context)
    is_too_heavy = kind in ("RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED")
    if may_shrink and (is_too_heavy or "timeout" in lowered or "resource limit" in lowered):
        return heavy
    return TryAgain(heavy if may_shrink else Unavailable(request, problem, **context))
