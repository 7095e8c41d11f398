"""The Admin API of the invented company: routes, keys, scopes, versions and the error shape.

Two organisations answer, told apart by the key: a Console one and an Enterprise one. What the
answers hold is decided in the modules beside this one.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo_api import anthropic_analytics as analytics
from demo_api import anthropic_directory as directory
from demo_api import anthropic_engagement as engagement
from demo_api import anthropic_limits as limits
from demo_api import anthropic_reports as reports
from demo_api.analytics_facts import AnalyticsSource, ConsoleSource, EnterpriseSource
from demo_api.anthropic_protocol import API_VERSIONS, ApiError, Boundaries, bad_request
from demo_api.freshness import Freshness
from demo_api.organisation import Organisation

ENTERPRISE_SCOPES = (
    "read:analytics",
    "read:members",
    "read:rbac_groups",
    "read:spend_limits",
)
_Answer = Callable[[Request, str], dict[str, Any]]
_MINUTE = 60.0


class AnthropicApi:
    """Serves a Console and an Enterprise organisation under ``/v1/organizations``.

    ``console_analytics`` says whether the Admin key may read the analytics of usage and cost.
    ``enterprise_requests_per_minute`` bounds the analytics and, apart, the spend limits of the
    Enterprise organisation; null for no bound.
    """

    def __init__(
        self,
        organisation: Organisation,
        *,
        admin_key: str,
        enterprise_key: str,
        enterprise_scopes: tuple[str, ...] = ENTERPRISE_SCOPES,
        enterprise_requests_per_minute: int | None = None,
        console_analytics: bool = True,
        freshness: Freshness | None = None,
    ) -> None:
        self.organisation = organisation
        self.console_analytics = console_analytics
        self.freshness = freshness or Freshness()
        self._admin_key = admin_key
        self._enterprise_key = enterprise_key
        self._scopes = enterprise_scopes
        self._per_minute = enterprise_requests_per_minute
        self._asked: dict[str, deque[float]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._boundaries = Boundaries()
        self._console = ConsoleSource(organisation)
        self._enterprise = EnterpriseSource(organisation.enterprise)

    def routes(self) -> list[Route]:
        """Return the routes; anything else under ``/v1`` is a 404 in the documented shape."""
        answers = self._shared() | self._console_only() | self._enterprise_only()
        known = [
            Route(f"/v1/organizations/{path}", self._guard(answer), methods=["GET"])
            for path, answer in answers.items()
        ]
        return [*known, Route("/v1/{rest:path}", self._guard(self._missing))]

    def _shared(self) -> dict[str, _Answer]:
        """Return what both kinds of organisation answer, each for itself."""
        console, enterprise = self.organisation, self.organisation.enterprise
        return {
            "me": self._either(
                lambda _request, _version: directory.me(console),
                lambda _request, _version: directory.me(enterprise),
                scope=None,
            ),
            "users": self._either(
                lambda request, _version: directory.users(console, request.query_params),
                lambda request, _version: directory.enterprise_users(
                    enterprise, request.query_params
                ),
                scope="read:members",
            ),
            "analytics/usage": self._analytics(analytics.usage),
            "analytics/cost": self._analytics(analytics.cost),
            "spend_limits": self._either(
                lambda request, _version: limits.console_spend_limits(
                    request.query_params, request.url.path
                ),
                lambda request, _version: limits.enterprise_spend_limits(
                    enterprise, request.query_params, request.url.path
                ),
                scope="read:spend_limits",
            ),
            "spend_limits/effective": self._either(
                _not_supported,
                lambda request, _version: limits.effective_spend_limits(
                    enterprise, request.query_params, request.url.path, self.freshness.now()
                ),
                scope="read:spend_limits",
            ),
            "rbac_groups": self._either(
                _not_supported,
                lambda request, _version: directory.rbac_groups(
                    enterprise, request.query_params, request.url.path
                ),
                scope="read:rbac_groups",
            ),
            "rbac_groups/{group_id}/members": self._either(
                _not_supported,
                lambda request, _version: directory.rbac_members(
                    enterprise,
                    request.query_params,
                    request.url.path,
                    request.path_params["group_id"],
                ),
                scope="read:rbac_groups",
            ),
        }

    def _console_only(self) -> dict[str, _Answer]:
        organisation = self.organisation
        answers: dict[str, _Answer] = {
            "invites": lambda request, _version: directory.invites(request.query_params),
            "workspaces": lambda request, _version: directory.workspaces(
                organisation, request.query_params
            ),
            "workspaces/{workspace_id}/members": lambda request, _version: directory.members(
                organisation, request.query_params, request.path_params["workspace_id"]
            ),
            "workspaces/{workspace_id}/rate_limits": lambda request, version: (
                limits.workspace_rate_limits(
                    organisation,
                    request.query_params,
                    request.url.path,
                    version,
                    request.path_params["workspace_id"],
                )
            ),
            "rate_limits": lambda request, version: limits.rate_limits(
                request.query_params, request.url.path, version
            ),
            "api_keys": lambda request, version: directory.api_keys(
                organisation, request.query_params, version
            ),
            "usage_report/claude_code": lambda request, _version: reports.claude_code(
                organisation, request.query_params, request.url.path, self._boundaries
            ),
            "usage_report/messages": self._report(reports.messages),
            "cost_report": self._report(reports.cost),
        }
        return {path: self._either(answer, None) for path, answer in answers.items()}

    def _enterprise_only(self) -> dict[str, _Answer]:
        enterprise, source = self.organisation.enterprise, self._enterprise
        answers: dict[str, _Answer] = {
            "analytics/users": lambda request, _version: engagement.users(
                enterprise, self.freshness, request.query_params, request.url.path
            ),
            "analytics/summaries": lambda request, _version: engagement.summaries(
                enterprise, self.freshness, request.query_params, request.url.path
            ),
            "analytics/user_usage_report": lambda request, version: self._legacy(
                version,
                analytics.user_usage(
                    source, self.freshness, request.query_params, request.url.path, version
                ),
            ),
            "analytics/user_cost_report": lambda request, version: self._legacy(
                version,
                analytics.user_cost(
                    source, self.freshness, request.query_params, request.url.path, version
                ),
            ),
        }
        return {path: self._either(None, answer) for path, answer in answers.items()}

    def _legacy(self, version: str, page: dict[str, Any]) -> dict[str, Any]:
        if version != "2023-06-01":
            return page
        return page | {"organization_id": self.organisation.enterprise.organization_id}

    def _report(self, answer: Callable[..., dict[str, Any]]) -> _Answer:
        return lambda request, _version: answer(
            self.organisation, request.query_params, request.url.path
        )

    def _analytics(self, answer: Callable[..., dict[str, Any]]) -> _Answer:
        def from_source(source: AnalyticsSource) -> _Answer:
            def handle(request: Request, _version: str) -> dict[str, Any]:
                betas = request.headers.get("anthropic-beta", "").split(",")
                if analytics.BETA not in [beta.strip() for beta in betas]:
                    raise bad_request(f"anthropic-beta: This endpoint requires {analytics.BETA}")
                return answer(source, self.freshness, request.query_params, request.url.path)

            return handle

        console = from_source(self._console)

        def of_console(request: Request, version: str) -> dict[str, Any]:
            if not self.console_analytics:
                raise _missing_scopes(["api:admin"], "read:analytics")
            return console(request, version)

        return self._either(of_console, from_source(self._enterprise))

    def _either(
        self,
        console: _Answer | None,
        enterprise: _Answer | None,
        *,
        scope: str | None = "read:analytics",
    ) -> _Answer:
        """Return the answer of the key's own organisation; ``scope`` is what Enterprise needs."""

        def answer(request: Request, version: str) -> dict[str, Any]:
            if not self._is_enterprise(request):
                if console is None:
                    raise _missing_scopes(["api:admin"], scope or "")
                return console(request, version)
            if enterprise is None:
                raise _missing_scopes(list(self._scopes), "org:admin")
            if scope is not None and scope not in self._scopes:
                raise _missing_scopes(list(self._scopes), scope)
            self._count(request.url.path)
            return enterprise(request, version)

        return answer

    def _count(self, path: str) -> None:
        """Refuse a request above what the Enterprise organisation may ask within a minute."""
        family = next((name for name in ("/analytics/", "/spend_limits") if name in path), None)
        if self._per_minute is None or family is None:
            return
        asked, now = self._asked[family], time.monotonic()
        while asked and now - asked[0] >= _MINUTE:
            asked.popleft()
        if len(asked) >= self._per_minute:
            wait = max(int(_MINUTE - (now - asked[0])) + 1, 1)
            message = f"This organization may make {self._per_minute} requests per minute"
            raise ApiError(429, "rate_limit_error", message, wait=wait)
        asked.append(now)

    def _guard(self, answer: _Answer) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            request_id = f"req_011Demo{next(self._numbers):013d}"
            status, more = 200, {}
            try:
                self._authorize(request)
                body = answer(request, _version(request))
            except ApiError as error:
                status, body, more = error.status, error.body(request_id), error.headers
            return Response(
                json.dumps(body, ensure_ascii=False, separators=(",", ":")),
                status_code=status,
                media_type="application/json",
                headers={
                    "request-id": request_id,
                    "anthropic-organization-id": self._organization_id(request),
                    **more,
                },
            )

        return handle

    def _organization_id(self, request: Request) -> str:
        if self._is_enterprise(request):
            return self.organisation.enterprise.organization_id
        return self.organisation.organization_id

    def _is_enterprise(self, request: Request) -> bool:
        return _key(request) == self._enterprise_key

    def _authorize(self, request: Request) -> None:
        key = _key(request)
        if key in (self._admin_key, self._enterprise_key):
            return
        if key is None:
            raise ApiError(401, "authentication_error", "x-api-key header is required")
        if key.startswith("sk-ant-api01-"):
            raise _missing_scopes(["read:compliance"], "org:admin")
        raise ApiError(401, "authentication_error", "invalid x-api-key")

    @staticmethod
    def _missing(request: Request, _version: str) -> dict[str, Any]:
        raise ApiError(404, "not_found_error", f"Not found: {request.url.path}")


def _key(request: Request) -> str | None:
    """Return the key of a request, from either of the documented headers."""
    bearer = request.headers.get("authorization", "")
    token = bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else None
    return request.headers.get("x-api-key", token)


def _missing_scopes(owned: list[str], needed: str) -> ApiError:
    message = f"Missing required scopes. Got: {owned} Needed: {[needed]}"
    return ApiError(403, "permission_error", message)


def _not_supported(_request: Request, _version: str) -> dict[str, Any]:
    raise ApiError(
        400,
        "invalid_request_error",
        "This endpoint does not support organizations of this type",
        code="organization_type_not_supported",
    )


def _version(request: Request) -> str:
    version = request.headers.get("anthropic-version")
    if version is None:
        raise bad_request("anthropic-version: header is required")
    if version not in API_VERSIONS:
        raise bad_request(f"anthropic-version: {version!r} is not a valid version")
    return version
