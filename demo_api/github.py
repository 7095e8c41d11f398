"""GitHub's side: the GraphQL endpoint and the few REST addresses a reader of usage data needs.

They are served twice, as on github.com and under an Enterprise Server's ``/api`` paths. REST
answers carry an ETag; one that still holds is answered with 304 and costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    execute_sync,
    parse,
    validate,
)
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from demo_api.git_store import GitHubData, OrganizationMember, Repository
from demo_api.github_app import DemoApp, Refused
from demo_api.github_cost import Budget, measure
from demo_api.github_faults import BrokenItem, TimedOut
from demo_api.github_fields import build_github_schema
from demo_api.github_resolvers import Request

_RATE_LIMITED = "API rate limit already exceeded for user ID 1000001."


class GitHubApi:
    """Serves one ``GitHubData`` under ``/github``. ``limited`` false is an Enterprise Server."""

    def __init__(self, data: GitHubData, *, token: str, limited: bool, points: int = 5_000) -> None:
        self.data = data
        self.limited = limited
        self.graphql_budget = Budget(points)
        self.rest_budget = Budget(points)
        # Set one to have it take part beside the token.
        self.app: DemoApp | None = None
        # False is a token that may not read members.
        self.shows_members = True
        # Items that cannot be answered whole.
        self.broken: list[BrokenItem] = []
        self._token = token
        self._schema = build_github_schema()
        self._documents: dict[str, tuple[DocumentNode | None, list[dict[str, Any]]]] = {}
        self._numbers: Counter[str] = Counter()

    def routes(self) -> list[BaseRoute]:
        """Return the routes, to be mounted at ``/github``."""
        rest = self._rest_routes()
        return [
            Route("/graphql", self._graphql, methods=["POST"]),
            Route("/api/graphql", self._graphql, methods=["POST"]),
            Mount("/api/v3", routes=rest),
            *rest,
        ]

    def _rest_routes(self) -> list[Route]:
        return [
            Route("/rate_limit", self._rest(self._rate_limit)),
            Route("/user", self._rest(self._user)),
            Route("/meta", self._rest(self._meta)),
            Route("/orgs/{org}/repos", self._rest(self._organization_repositories)),
            Route("/orgs/{org}/members", self._rest(self._members)),
            Route("/organizations/{number:int}/members", self._rest(self._members)),
            Route("/repos/{owner}/{name}", self._rest(self._repository)),
            Route("/repositories/{number:int}", self._rest(self._repository_by_id)),
            Route(
                "/app/installations/{installation}/access_tokens",
                self._access_token,
                methods=["POST"],
            ),
            Route("/{rest:path}", self._rest(self._missing)),
        ]

    def _headers(self, budget: Budget, resource: str) -> dict[str, str]:
        self._numbers["request"] += 1
        headers = {
            "x-github-request-id": f"DEMO:{self._numbers['request']:06X}",
            "x-github-media-type": "github.v3; format=json",
        }
        return headers | (budget.headers(resource) if self.limited else {})

    def _is_authorized(self, request: HttpRequest) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            return False
        return token == self._token or (self.app is not None and self.app.holds(token))

    async def _access_token(self, request: HttpRequest) -> Response:
        if self.app is None:
            return self._plain(404, "Integration not found", self.rest_budget, "core")
        try:
            answer = self.app.issue(
                request.path_params["installation"], request.headers.get("authorization", "")
            )
        except Refused as refusal:
            return self._plain(refusal.status, refusal.message, self.rest_budget, "core")
        headers = self._headers(self.rest_budget, "core")
        return JSONResponse(answer, status_code=201, headers=headers)

    # GraphQL

    async def _graphql(self, request: HttpRequest) -> Response:
        if not self._is_authorized(request):
            return self._plain(401, "Bad credentials", self.graphql_budget, "graphql")
        try:
            answer = self._answer(await request.body())
        except TimedOut:
            message = "We couldn't respond to your request in time."
            return self._plain(502, message, self.graphql_budget, "graphql")
        if "message" in answer:
            return self._plain(400, answer["message"], self.graphql_budget, "graphql")
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        headers = self._headers(self.graphql_budget, "graphql")
        return Response(body, media_type="application/json", headers=headers)

    def _answer(self, body: bytes) -> dict[str, Any]:
        try:
            call = json.loads(body)
        except ValueError:
            return {"message": "Problems parsing JSON"}
        if not isinstance(call, dict) or not isinstance(call.get("query"), str):
            return _only_error("A query attribute must be specified and must be a string.")
        document, errors = self._document(call["query"])
        if document is None:
            return {"errors": errors}
        variables = call.get("variables") or {}
        cost, node_count = measure(document, variables)
        if self.limited and not self.graphql_budget.spend(cost):
            return _only_error(_RATE_LIMITED, type="RATE_LIMITED")
        if node_count > 500_000:
            return _only_error(
                "This query asks for too many nodes.", type="MAX_NODE_LIMIT_EXCEEDED"
            )
        limit = self.graphql_budget.answer(cost, node_count) if self.limited else None
        result = execute_sync(
            self._schema,
            document,
            context_value=Request(self.data, limit, self.broken),
            variable_values=variables,
            operation_name=call.get("operationName"),
        )
        for error in result.errors or ():
            if isinstance(error.original_error, TimedOut):
                raise error.original_error
        if result.data is None:
            return {"errors": [_formatted(error) for error in result.errors or ()]}
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [_formatted(error) for error in result.errors]
        return answer

    def _document(self, text: str) -> tuple[DocumentNode | None, list[dict[str, Any]]]:
        # Parsing and checking cost more than many answers; clients send few distinct documents.
        known = self._documents.get(text)
        if known is None:
            try:
                document = parse(text, no_location=False)
                errors = validate(self._schema, document)
                known = (None if errors else document, [_formatted(error) for error in errors])
            except GraphQLError as error:
                known = (None, [_formatted(error)])
            self._documents[text] = known
        return known

    # REST

    def _rest(self, answer: Any) -> Any:
        async def handle(request: HttpRequest) -> Response:
            if not self._is_authorized(request):
                return self._plain(401, "Bad credentials", self.rest_budget, "core")
            response: Response = answer(request)
            etag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()}"'
            is_unchanged = request.headers.get("if-none-match") == etag
            is_free = is_unchanged or request.url.path.endswith("/rate_limit")
            if self.limited and not is_free and not self.rest_budget.spend(1):
                return self._plain(403, _RATE_LIMITED, self.rest_budget, "core")
            if is_unchanged:
                response = Response(status_code=304)
            if response.status_code in (200, 304):
                response.headers["etag"] = etag
            response.headers.update(self._headers(self.rest_budget, "core"))
            return response

        return handle

    def _plain(self, status: int, message: str, budget: Budget, resource: str) -> Response:
        body = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        return JSONResponse(body, status_code=status, headers=self._headers(budget, resource))

    def _missing(self, _request: HttpRequest) -> Response:
        body = {"message": "Not Found", "status": "404"}
        return JSONResponse(body, status_code=404)

    def _rate_limit(self, _request: HttpRequest) -> Response:
        if not self.limited:
            return JSONResponse({"message": "Rate limiting is not enabled."}, status_code=404)
        budgets = {"core": self.rest_budget, "graphql": self.graphql_budget}
        resources = {
            name: {
                "limit": budget.points,
                "used": budget.used,
                "remaining": budget.remaining,
                "reset": int(budget.reset_at),
            }
            for name, budget in budgets.items()
        }
        return JSONResponse({"resources": resources, "rate": resources["core"]})

    def _user(self, _request: HttpRequest) -> Response:
        return JSONResponse({"login": self.data.viewer_login, "id": 1_000_001, "type": "User"})

    def _meta(self, _request: HttpRequest) -> Response:
        version = {} if self.limited else {"installed_version": "3.18.2"}
        return JSONResponse({"verifiable_password_authentication": False, **version})

    def _organization_repositories(self, request: HttpRequest) -> Response:
        login = request.path_params["org"]
        if login.lower() not in {known.lower() for known in self.data.organizations}:
            return self._missing(request)
        everything = sorted(self.data.of_owner(login), key=lambda r: r.name.lower())
        return _paged(request, [_rest_repository(r) for r in everything])

    def _members(self, request: HttpRequest) -> Response:
        login = self._organization_of(request)
        if login is None:
            return self._missing(request)
        if not self.shows_members:
            body = {"message": "Resource not accessible by integration", "status": "403"}
            return JSONResponse(body, status_code=403)
        members = sorted(self.data.members.get(login, ()), key=lambda one: one.database_id)
        # Further pages are given by the organization's number, as GitHub does it.
        path = f"/organizations/{_organization_number(login)}/members"
        return _paged(request, [_rest_member(one) for one in members], path)

    def _organization_of(self, request: HttpRequest) -> str | None:
        for known in self.data.organizations:
            login = known.lower()
            if request.path_params.get("org", "").lower() == login or (
                request.path_params.get("number") == _organization_number(login)
            ):
                return login
        return None

    def _repository(self, request: HttpRequest) -> Response:
        owner, name = request.path_params["owner"], request.path_params["name"]
        found = self.data.find(owner, name)
        if found is None:
            return self._missing(request)
        if found.name_with_owner.lower() == f"{owner}/{name}".lower():
            return JSONResponse(_rest_repository(found))
        location = _at(request, f"/repositories/{found.database_id}")
        body = {"message": "Moved Permanently", "url": str(location)}
        return JSONResponse(body, status_code=301, headers={"location": str(location)})

    def _repository_by_id(self, request: HttpRequest) -> Response:
        number = request.path_params["number"]
        for repository in self.data.repositories:
            if repository.database_id == number:
                return JSONResponse(_rest_repository(repository))
        return self._missing(request)


def _at(request: HttpRequest, path: str) -> Any:
    """Return the address of ``path`` below the root that the request came in under."""
    return request.url.replace(path=request.scope["root_path"] + path)


def _paged(request: HttpRequest, items: list[Any], path: str | None = None) -> Response:
    """Return one page, with a link to the next, at ``path`` where that is another."""
    size = min(int(request.query_params.get("per_page", 30)), 100)
    page = max(int(request.query_params.get("page", 1)), 1)
    headers = {}
    if page * size < len(items):
        here = request.url if path is None else _at(request, path)
        headers["link"] = f'<{here.include_query_params(page=page + 1)}>; rel="next"'
    return JSONResponse(items[(page - 1) * size : page * size], headers=headers)


def _organization_number(login: str) -> int:
    return zlib.crc32(login.encode()) % 90_000_000 + 1


def _rest_member(member: OrganizationMember) -> dict[str, Any]:
    return {
        "login": member.login,
        "id": member.database_id,
        "node_id": f"U_{member.database_id}",
        "avatar_url": f"https://avatars.example/u/{member.database_id}?v=4",
        "url": f"https://github.example/users/{member.login}",
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def _rest_repository(repository: Repository) -> dict[str, Any]:
    return {
        "id": repository.database_id,
        "node_id": f"R_{repository.database_id}",
        "name": repository.name,
        "full_name": repository.name_with_owner,
        "private": repository.is_private,
        "fork": repository.is_fork,
        "archived": repository.is_archived,
        "disabled": False,
        "default_branch": repository.default_branch,
        "created_at": repository.created_at,
        "updated_at": repository.pushed_at or repository.created_at,
        "pushed_at": repository.pushed_at,
    }


def _only_error(message: str, **more: str) -> dict[str, Any]:
    return {"errors": [{**more, "message": message}]}


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """Return an error as GitHub shows it: ``type`` beside ``path``, not under extensions."""
    shown: dict[str, Any] = {"message": error.message}
    if error.extensions and "type" in error.extensions:
        shown = {"type": error.extensions["type"], "path": error.path, **shown}
    elif error.path:
        shown["path"] = error.path
    if error.locations:
        shown["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    if error.message.startswith("Cannot query field"):
        shown["extensions"] = {"code": "undefinedField"}
    return shown
