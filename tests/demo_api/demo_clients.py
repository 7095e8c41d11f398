"""Small readers of both APIs, written apart from the pipeline's own clients on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from demo_api import DemoServer
from ingestion.github import queries

GraphQL = Callable[..., dict[str, Any]]
SINCE = "2026-08-03T00:00:00Z"


# ``verify=False`` below: plain HTTP on loopback, and loading certificates would be most of a test.


def anthropic_client(server: DemoServer) -> httpx.Client:
    headers = {"x-api-key": server.admin_key, "anthropic-version": "2023-06-01"}
    return httpx.Client(base_url=f"{server.url}/v1/organizations/", headers=headers, verify=False)


def github_client(server: DemoServer) -> httpx.Client:
    headers = {"authorization": f"Bearer {server.github_token}"}
    return httpx.Client(base_url=server.github_api_url, headers=headers, verify=False)


def graphql(client: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    response = client.post("graphql", json={"query": query, "variables": variables})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def assert_error(response: httpx.Response, status: int, kind: str) -> None:
    assert response.status_code == status
    body = response.json()
    assert body["type"] == "error"
    assert body["error"]["type"] == kind
    assert body["error"]["message"]
    assert body["request_id"] == response.headers["request-id"]


def all_pages(client: httpx.Client, path: str, params: dict[str, str]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    page: dict[str, str] = {}
    while True:
        answer = client.get(path, params=params | page).json()
        items += answer["data"]
        assert answer["has_more"] is (answer["next_page"] is not None)
        if not answer["has_more"]:
            return items
        page = {"page": answer["next_page"]}


def read_all(ask: GraphQL, query: str, path: tuple[str, ...], **variables: Any) -> list[Any]:
    nodes: list[Any] = []
    after = None
    while True:
        found = ask(query, after=after, **variables)["data"]
        for name in path:
            found = found[name]
        nodes += found["nodes"]
        if not found["pageInfo"]["hasNextPage"]:
            return nodes
        after = found["pageInfo"]["endCursor"]


def pull_requests(ask: GraphQL, name: str, size: int) -> list[dict[str, Any]]:
    path = ("repository", "pullRequests")
    return read_all(
        ask, queries.pull_requests()[0], path, owner="larkfield", name=name, pageSize=size
    )


def commits(ask: GraphQL, name: str, since: str = SINCE) -> list[dict[str, Any]]:
    path = ("repository", "defaultBranchRef", "target", "history")
    return read_all(
        ask,
        queries.default_branch_commits(),
        path,
        owner="larkfield",
        name=name,
        since=since,
        pageSize=100,
    )
