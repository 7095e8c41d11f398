"""GitHub's side as documented: GraphQL paging and errors, limits, the few REST addresses."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from demo_clients import (
    SINCE,
    GraphQL,
    commits,
    github_client,
    graphql,
    pull_requests,
)

from demo_api import DemoServer
from demo_api.github_app import DemoApp
from demo_api.github_connections import offset_cursor
from demo_api.organisation import build_organisation
from ingestion.github import queries

OWNER = {"owner": "larkfield"}
# Behind the first twenty commits of a pull request that is there.
FIRST_NUMBER = next(
    iter(build_organisation().github.named("larkfield/billing-service").pull_requests)
)
REST_OF_A_BRANCH = queries.rest_of_pull_requests(
    [queries.Rest(FIRST_NUMBER, dict.fromkeys(("commits", "files", "reviews"), offset_cursor(0)))]
)


def documents() -> list[tuple[str, dict[str, Any]]]:
    billing = OWNER | {"name": "billing-service"}
    names = {"owner0": "larkfield", "name0": "storefront", "owner1": "larkfield"}
    return [
        (queries.VIEWER, {}),
        (queries.ORGANIZATION_REPOSITORIES, {"organization": "larkfield"}),
        (queries.pull_requests()[0], billing | {"pageSize": 50}),
        (REST_OF_A_BRANCH[0], billing | REST_OF_A_BRANCH[1]),
        (queries.default_branch_commits(), billing | {"since": SINCE, "pageSize": 100}),
        (
            queries.default_branch_commits(),
            OWNER | {"name": "new-initiative", "since": SINCE, "pageSize": 100},
        ),
        (queries.repositories_by_name(2), names | {"name1": "new-initiative"}),
    ]


@pytest.mark.parametrize(("query", "variables"), documents())
def test_the_documents_of_the_ingestion_execute(
    ask: GraphQL, query: str, variables: dict[str, Any]
) -> None:
    answer = ask(query, **variables)
    assert "errors" not in answer
    assert answer["data"]["rateLimit"]["remaining"] > 0


def test_near_variants_of_the_documents_execute(ask: GraphQL, server: DemoServer) -> None:
    head = server.github.named("larkfield/storefront").head
    query = """query ($oid: GitObjectID!) {
      repository(owner: "larkfield", name: "storefront") {
        id visibility isEmpty owner { login }
        ref(qualifiedName: "refs/heads/main") { name target { oid } }
        pullRequests(last: 3, states: [OPEN], labels: ["bug", "chore"]) {
          totalCount edges { cursor node { number mergedBy { login ... on User { databaseId } } } }
        }
        object(oid: $oid) { __typename ... on Commit {
          messageHeadline committedViaWeb
          authors(first: 5) { nodes { name email user { login } } }
          associatedPullRequests(first: 1) { nodes { number headRepository { name } } }
        } }
      }
    }"""
    answer = ask(query, oid=head)
    assert "errors" not in answer
    assert answer["data"]["repository"]["ref"]["target"]["oid"] == head
    assert answer["data"]["repository"]["object"]["__typename"] == "Commit"


def test_pull_requests_page_newest_update_first(ask: GraphQL, server: DemoServer) -> None:
    pulls = pull_requests(ask, "storefront", 50)
    updates = [pull["updatedAt"] for pull in pulls]
    assert updates == sorted(updates, reverse=True)
    numbers = [pull["number"] for pull in pulls]
    assert len(set(numbers)) == len(numbers)
    assert len(numbers) == server.truth().repositories["larkfield/storefront"].pull_requests
    assert numbers == [pull["number"] for pull in pull_requests(ask, "storefront", 33)]


def test_long_branches_are_followed_to_the_end(ask: GraphQL, server: DemoServer) -> None:
    longest = max(
        pull_requests(ask, "billing-service", 50), key=lambda p: p["commits"]["totalCount"]
    )
    assert longest["commits"]["totalCount"] == 131
    assert len(longest["commits"]["nodes"]) == 20
    world = server.github.named("larkfield/billing-service").pull_requests[longest["number"]]
    oids = [node["commit"]["oid"] for node in longest["commits"]["nodes"]]
    cursor = longest["commits"]["pageInfo"]["endCursor"]
    for size in (100, 11):
        rest = queries.Rest(longest["number"], {"commits": cursor}, {"commits": size})
        query, cursors = queries.rest_of_pull_requests([rest])
        answer = ask(query, owner="larkfield", name="billing-service", **cursors)
        page = answer["data"]["repository"]["pullRequest0"]["commits"]
        oids += [node["commit"]["oid"] for node in page["nodes"]]
        assert page["pageInfo"]["hasNextPage"] is (size == 100)
        cursor = page["pageInfo"]["endCursor"]
    assert oids == [commit.oid for commit in world.commits]


def test_files_and_reviews_are_those_of_the_pull_request(ask: GraphQL, server: DemoServer) -> None:
    world = server.github.named("larkfield/storefront").pull_requests
    states: set[str] = set()
    kinds: set[str | None] = set()
    for pull in pull_requests(ask, "storefront", 50):
        files, reviews = pull["files"], pull["reviews"]
        assert sum(file["additions"] for file in files["nodes"]) == pull["additions"]
        assert sum(file["deletions"] for file in files["nodes"]) == pull["deletions"]
        assert files["totalCount"] == len(files["nodes"]) == pull["changedFiles"]
        assert reviews["totalCount"] == len(world[pull["number"]].reviews)
        assert reviews["pageInfo"]["hasNextPage"] is (reviews["totalCount"] > 50)
        states |= {review["state"] for review in reviews["nodes"]}
        kinds |= {
            review["author"]["__typename"] if review["author"] else None
            for review in reviews["nodes"]
        }
        assert "is_generated" not in str(pull)
    assert states == {"APPROVED", "COMMENTED", "CHANGES_REQUESTED", "DISMISSED"}
    assert kinds == {"User", "Bot", None}
    assert any(
        pull.written_lines_added < pull.additions and pull.written_lines_added > 0
        for pull in world.values()
    )


def test_history_is_dated_and_holds_whole_lines_of_descent(ask: GraphQL) -> None:
    everything = commits(ask, "billing-service", "2020-01-01T00:00:00Z")
    known = {commit["oid"] for commit in everything}
    parents = {parent["oid"] for commit in everything for parent in commit["parents"]["nodes"]}
    assert parents <= known
    assert sum(commit["parents"]["totalCount"] == 0 for commit in everything) == 1
    recent = commits(ask, "billing-service")
    assert [c["oid"] for c in recent] == [
        c["oid"] for c in everything if c["committedDate"] >= SINCE
    ]
    merges = [commit for commit in recent if commit["parents"]["totalCount"] > 1]
    assert len(merges) > 100
    assert all(commit["additions"] > 0 for commit in merges)


def test_merges_bring_commits_older_than_the_merge(ask: GraphQL) -> None:
    history = commits(ask, "billing-service")
    dates = {commit["oid"]: commit["committedDate"] for commit in history}
    ages = [
        commit["committedDate"][:10] > dates.get(commit["parents"]["nodes"][1]["oid"], "")[:10]
        for commit in history
        if commit["parents"]["totalCount"] > 1
    ]
    assert sum(ages) > len(ages) / 4


def test_history_from_an_object_and_with_a_cursor_ignores_later_pushes(
    own_ask: GraphQL, own_server: DemoServer
) -> None:
    query = """query ($oid: GitObjectID!, $after: String) {
      repository(owner: "larkfield", name: "storefront") {
        object(oid: $oid) { ... on Commit { history(first: 2, after: $after) {
          nodes { oid } pageInfo { endCursor } } } }
      }
    }"""
    head = own_server.github.named("larkfield/storefront").head
    first = own_ask(query, oid=head)["data"]["repository"]["object"]["history"]
    assert first["nodes"][0]["oid"] == head
    pushed = own_server.world.add_commit("larkfield/storefront")
    after = first["pageInfo"]["endCursor"]
    second = own_ask(query, oid=pushed, after=after)["data"]["repository"]["object"]["history"]
    oids = [node["oid"] for node in first["nodes"] + second["nodes"]]
    assert len(set(oids)) == 4
    assert pushed not in oids


def test_an_update_between_two_pages_loses_no_pull_request(
    own_ask: GraphQL, own_server: DemoServer
) -> None:
    name = "larkfield/legacy-reports"
    variables = {"owner": "larkfield", "name": "legacy-reports", "pageSize": 5}
    seen = own_ask(queries.pull_requests()[0], **variables)["data"]["repository"]["pullRequests"]
    numbers = {node["number"] for node in seen["nodes"]}
    moved = set(own_server.github.named(name).pull_requests) - numbers
    own_server.world.update_pull_request(name, min(moved), title="Moved to the front")
    rest: set[int] = set()
    while seen["pageInfo"]["hasNextPage"]:
        after = seen["pageInfo"]["endCursor"]
        answer = own_ask(queries.pull_requests()[0], after=after, **variables)
        seen = answer["data"]["repository"]["pullRequests"]
        rest |= {node["number"] for node in seen["nodes"]}
    assert rest == moved - {min(moved)}


def test_a_missing_repository_is_null_beside_an_error(ask: GraphQL) -> None:
    query = queries.repositories_by_name(2)
    answer = ask(query, owner0="larkfield", name0="storefront", owner1="larkfield", name1="gone")
    assert answer["data"]["repository0"]["nameWithOwner"] == "larkfield/storefront"
    assert answer["data"]["repository1"] is None
    (error,) = answer["errors"]
    assert error["type"] == "NOT_FOUND"
    assert error["path"] == ["repository1"]
    assert "larkfield/gone" in error["message"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ viewer { shoeSize } }", "shoeSize"),
        ("{ viewer {", "Syntax Error"),
        ("{ repository(owner: 1) { name } }", "name"),
    ],
)
def test_a_wrong_document_is_an_error_under_200(ask: GraphQL, query: str, words: str) -> None:
    answer = ask(query)
    assert "data" not in answer
    assert any(words in error["message"] for error in answer["errors"])


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ('(first: 5, after: "nonsense")', "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_wrong_paging_has_a_typed_error(ask: GraphQL, arguments: str, kind: str) -> None:
    query = f'{{ repository(owner: "larkfield", name: "storefront") {{ pullRequests{arguments} '
    answer = ask(query + "{ nodes { number } } } }")
    assert [error["type"] for error in answer["errors"]] == [kind]


def test_credentials_are_checked(server: DemoServer) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}):
        for request in (("POST", "graphql"), ("GET", "user")):
            url = f"{server.github_api_url}/{request[1]}"
            response = httpx.request(request[0], url, headers=headers, json={})
            assert response.status_code == 401
            assert response.json()["message"] == "Bad credentials"


def test_the_budget_is_shown_and_runs_out_under_200(server: DemoServer) -> None:
    poor = DemoServer(server.organisation, graphql_points=2)
    with poor, github_client(poor) as client:
        graphql(client, queries.VIEWER)
        second = client.post("graphql", json={"query": queries.VIEWER})
        assert second.headers["x-ratelimit-remaining"] == "0"
        assert second.headers["x-ratelimit-resource"] == "graphql"
        assert int(second.headers["x-ratelimit-reset"]) > time.time()
        assert second.json()["data"]["rateLimit"]["remaining"] == 0
        spent = client.post("graphql", json={"query": queries.VIEWER})
        assert spent.status_code == 200
        assert spent.json()["errors"][0]["type"] == "RATE_LIMITED"


def test_an_enterprise_server_says_nothing_about_limits(server: DemoServer) -> None:
    unlimited = DemoServer(server.organisation, rate_limit_headers=False)
    with unlimited, github_client(unlimited) as client:
        response = client.post("graphql", json={"query": queries.VIEWER})
        assert response.json()["data"]["rateLimit"] is None
        assert not [name for name in response.headers if name.startswith("x-ratelimit")]
        assert response.headers["x-github-request-id"]
        assert client.get("rate_limit").status_code == 404
        assert "installed_version" in client.get("meta").json()


def test_rest_addresses(github: httpx.Client) -> None:
    assert github.get("user").json()["login"] == "usage-pipeline"
    assert github.get("rate_limit").json()["resources"]["graphql"]["limit"] == 5_000
    assert github.get("meta").status_code == 200
    assert github.get("repos/larkfield/storefront").json()["full_name"] == "larkfield/storefront"
    assert github.get("repos/larkfield/gone").status_code == 404
    assert github.get("orgs/nobody/repos").status_code == 404
    names: list[str] = []
    url = f"{github.base_url}orgs/larkfield/repos?per_page=4"
    while url:
        response = github.get(url)
        names += [repository["name"] for repository in response.json()]
        url = response.links.get("next", {}).get("url", "")
    assert len(names) == 6


def test_a_renamed_repository_answers_to_its_old_name(
    own_ask: GraphQL, own_server: DemoServer
) -> None:
    own_server.world.rename_repository("larkfield/storefront", "shop")
    query = queries.repositories_by_name(1)
    answer = own_ask(query, owner0="larkfield", name0="storefront")
    assert answer["data"]["repository0"]["nameWithOwner"] == "larkfield/shop"
    with github_client(own_server) as client:
        moved = client.get("repos/larkfield/storefront")
        assert moved.status_code == 301
        followed = client.get("repos/larkfield/storefront", follow_redirects=True)
        assert followed.json()["full_name"] == "larkfield/shop"


def test_a_page_of_fifty_pull_requests_is_quick(github: httpx.Client) -> None:
    variables = OWNER | {"name": "billing-service", "pageSize": 50}
    body = {"query": queries.pull_requests()[0], "variables": variables}
    github.post("graphql", json=body)
    begun = time.perf_counter()
    github.post("graphql", json=body)
    assert time.perf_counter() - begun < 0.5


def test_members_have_an_etag_that_holds_until_somebody_joins(own_server: DemoServer) -> None:
    with github_client(own_server) as client:
        first = client.get("orgs/larkfield/members", params={"per_page": 30})
        assert first.json()[0]["login"]
        assert len(first.json()) == 30
        following = first.links["next"]["url"]
        assert "/organizations/" in following
        assert len(client.get(following).json()) == 9
        left = client.get("rate_limit").json()["resources"]["core"]["remaining"]
        etag = {"If-None-Match": first.headers["etag"]}
        again = client.get("orgs/larkfield/members", params={"per_page": 30}, headers=etag)
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("rate_limit").json()["resources"]["core"]["remaining"] == left
        own_server.world.add_member("larkfield", "first-of-all", 1)
        again = client.get("orgs/larkfield/members", params={"per_page": 30}, headers=etag)
        assert again.status_code == 200
        assert again.json()[0]["login"] == "first-of-all"
        own_server.github_api.shows_members = False
        assert client.get("orgs/larkfield/members").status_code == 403
        assert client.get("orgs/nobody/members").status_code == 404


def test_an_enterprise_server_answers_below_its_own_paths(server: DemoServer) -> None:
    headers = {"authorization": f"Bearer {server.github_token}"}
    root = f"{server.github_api_url}/api"
    with httpx.Client(headers=headers, verify=False) as client:
        assert graphql_of(client, f"{root}/graphql", queries.VIEWER)["viewer"]["login"]
        page = client.get(f"{root}/v3/orgs/larkfield/members", params={"per_page": 20})
        assert page.links["next"]["url"].startswith(f"{root}/v3/organizations/")
        assert len(client.get(page.links["next"]["url"]).json()) == 19
        assert client.get(f"{root}/v3/nothing").status_code == 404


def graphql_of(client: httpx.Client, url: str, query: str) -> dict[str, Any]:
    found: dict[str, Any] = client.post(url, json={"query": query}).json()["data"]
    return found


@pytest.fixture(scope="module")
def app_keys() -> tuple[str, str]:
    """The private and the public half of an app's key, as PEM text."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def test_an_app_gets_a_token_for_its_signature_alone(
    server: DemoServer, app_keys: tuple[str, str]
) -> None:
    private, public = app_keys
    now = int(time.time())

    def claims(**changes: Any) -> dict[str, Any]:
        return {"iat": now - 60, "exp": now + 540, "iss": "1234", **changes}

    def asked(
        claims: dict[str, Any], installation: str = "77", key: str = private
    ) -> httpx.Response:
        signed = jwt.encode(claims, key, algorithm="RS256")
        return client.post(
            f"app/installations/{installation}/access_tokens",
            headers={"authorization": f"Bearer {signed}"},
        )

    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    with DemoServer(server.organisation) as own, github_client(own) as client:
        own.github_api.app = app = DemoApp("1234", "77", public, lifetime_seconds=1.0)
        answer = asked(claims())
        assert answer.status_code == 201
        token = answer.json()["token"]
        assert token.startswith("ghs_")
        assert token.count(".") == 2
        assert len(token) > 100
        as_app = {"authorization": f"Bearer {token}"}
        assert client.get("meta", headers=as_app).status_code == 200
        app.now = lambda: time.time() + 2
        assert client.get("meta", headers=as_app).status_code == 401
        assert asked(claims(iss="9")).status_code == 404
        assert asked(claims(), installation="78").status_code == 404
        assert asked(claims(exp=now + 3_600)).status_code == 401
        assert asked(claims(exp=now - 5)).status_code == 401
        assert asked(claims(), key=other).status_code == 401
        app.is_suspended = True
        assert asked(claims()).status_code == 403


def test_a_repository_made_anew_is_another_one(own_ask: GraphQL, own_server: DemoServer) -> None:
    query = queries.repositories_by_name(1)
    names = {"owner0": "larkfield", "name0": "legacy-reports"}
    before = own_ask(query, **names)["data"]["repository0"]
    own_server.world.recreate_repository("larkfield/legacy-reports")
    after = own_ask(query, **names)["data"]["repository0"]
    assert after["nameWithOwner"] == before["nameWithOwner"]
    assert after["databaseId"] != before["databaseId"]
    assert after["defaultBranchRef"] is None
    own_server.world.transfer_repository("larkfield/storefront", "elsewhere")
    moved = own_ask(query, owner0="larkfield", name0="storefront")["data"]["repository0"]
    assert moved["nameWithOwner"] == "elsewhere/storefront"
