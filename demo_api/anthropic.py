"""The Admin API of the invented organisation: routes, keys, versions and the error shape.

What the answers hold is decided in ``anthropic_directory`` and ``anthropic_reports``.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo_api import anthropic_directory as directory
from demo_api import anthropic_reports as reports
from demo_api.anthropic_protocol import API_VERSIONS, ApiError, Boundaries, bad_request
from demo_api.organisation import Organisation

_Answer = Callable[[Request, str], dict[str, Any]]


class AnthropicApi:
    """Serves one organisation under ``/v1/organizations``."""

    def __init__(self, organisation: Organisation, *, admin_key: str) -> None:
        self.organisation = organisation
        self._admin_key = admin_key
        self._numbers = itertools.count(1)
        self._boundaries = Boundaries()

    def routes(self) -> list[Route]:
        """Return the routes; anything else under ``/v1`` is a 404 in the documented shape."""
        organisation = self.organisation
        answers: dict[str, _Answer] = {
            "me": lambda _request, _version: directory.me(organisation),
            "users": lambda request, _version: directory.users(organisation, request.query_params),
            "workspaces": lambda request, _version: directory.workspaces(
                organisation, request.query_params
            ),
            "workspaces/{workspace_id}/members": lambda request, _version: directory.members(
                organisation, request.query_params, request.path_params["workspace_id"]
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
        known = [
            Route(f"/v1/organizations/{path}", self._guard(answer), methods=["GET"])
            for path, answer in answers.items()
        ]
        return [*known, Route("/v1/{rest:path}", self._guard(_missing))]

    def _report(self, answer: Callable[..., dict[str, Any]]) -> _Answer:
        return lambda request, _version: answer(
            self.organisation, request.query_params, request.url.path
        )

    def _guard(self, answer: _Answer) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            request_id = f"req_011Demo{next(self._numbers):013d}"
            status = 200
            try:
                self._authorize(request)
                body = answer(request, _version(request))
            except ApiError as error:
                status, body = error.status, error.body(request_id)
            return Response(
                json.dumps(body, ensure_ascii=False, separators=(",", ":")),
                status_code=status,
                media_type="application/json",
                headers={
                    "request-id": request_id,
                    "anthropic-organization-id": self.organisation.organization_id,
                },
            )

        return handle

    def _authorize(self, request: Request) -> None:
        key = request.headers.get("x-api-key")
        if key == self._admin_key:
            return
        if key is None:
            raise ApiError(401, "authentication_error", "x-api-key header is required")
        if key.startswith("sk-ant-api01-"):
            message = "Missing required scopes. Got: ['read:analytics'] Needed: ['org:admin']"
            raise ApiError(403, "permission_error", message)
        raise ApiError(401, "authentication_error", "invalid x-api-key")


def _version(request: Request) -> str:
    version = request.headers.get("anthropic-version")
    if version is None:
        raise bad_request("anthropic-version: header is required")
    if version not in API_VERSIONS:
        raise bad_request(f"anthropic-version: {version!r} is not a valid version")
    return version


def _missing(request: Request, _version: str) -> dict[str, Any]:
    raise ApiError(404, "not_found_error", f"Not found: {request.url.path}")
