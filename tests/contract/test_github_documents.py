"""Whatever is sent to GitHub is in GitHub's own published descriptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import graphql
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from graphql.execution.values import get_variable_values

from claude_usage.commands.doctor import doctor
from demo_api import DemoServer
from demo_api.github_app import DemoApp
from demo_api.github_faults import BrokenItem
from demo_api.wire import RecordedRequest
from ingestion.github import queries
from ingestion.github.load import load_github
from ingestion.settings import Settings

PACKAGES = Path(__file__).parents[2] / ".ci" / "node" / "node_modules" / "@octokit"
SCHEMA = PACKAGES / "graphql-schema" / "schema.graphql"
REST = PACKAGES / "openapi" / "generated" / "api.github.com.json"
MOUNTED_AT = "/github"
GRAPHQL = f"{MOUNTED_AT}/graphql"

pytestmark = pytest.mark.skipif(
    not (SCHEMA.exists() and REST.exists()),
    reason="GitHub's descriptions are not installed: npm install --no-save --prefix .ci/node"
    " @octokit/graphql-schema@15.26.1 @octokit/openapi@23.0.2",
)


def pull_requests_without(without: frozenset[str]) -> str:
    return queries.pull_requests((), without)[0]


DOCUMENTS = {
    **{
        name: text
        for name, text in vars(queries).items()
        if isinstance(text, str) and not name.startswith("_") and "query " in text
    },
    "repositories_by_name": queries.repositories_by_name(3),
    "default_branch_commits": queries.default_branch_commits(),
    "pull_requests": queries.pull_requests()[0],
    **{
        f"{make.__name__} without {part}": make(frozenset([part]))
        for make, parts in (
            (queries.default_branch_commits, queries.COMMIT_PARTS),
            (queries.commit_by_oid, queries.COMMIT_PARTS),
            (queries.pull_request_by_number, queries.PULL_REQUEST_PARTS),
            (pull_requests_without, queries.PULL_REQUEST_PARTS),
        )
        for part in (*parts, queries.EVERYTHING)
    },
    # Lists of one, of another, and of all.
    "rest_of_pull_requests": queries.rest_of_pull_requests(
        [
            queries.Rest(1, {"files": "a"}, {"files": 40}),
            queries.Rest(2, {"commits": "b"}),
            queries.Rest(3, {"commits": "c", "files": "d", "reviews": "e"}),
        ]
    )[0],
    "page_and_rests": queries.pull_requests(
        [queries.Rest(1, {"files": "a"}), queries.Rest(2, {"commits": "b", "reviews": "c"})]
    )[0],
    "rest_of_reviews": queries.rest_of_pull_requests([queries.Rest(1, {"reviews": "a"})])[0],
}


@pytest.fixture(scope="module")
def schema() -> graphql.GraphQLSchema:
    return graphql.build_schema(SCHEMA.read_text(), assume_valid=True, assume_valid_sdl=True)


@cache
def app_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def private_key() -> str:
    text = app_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return text.decode()


def public_key() -> str:
    text = (
        app_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return text.decode()


@cache
def described() -> Any:
    return json.loads(REST.read_text())


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RecordedRequest]]:
    """All that goes to GitHub in a load of an organisation, one of a list, and by the doctor."""
    with DemoServer() as server, pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("sent")
        for name, value in server.environment.items():
            patch.setenv(name, value)
        names = [
            f"{server.organisation.github_login}/{one}" for one in ("storefront", "mobile-app")
        ]
        # The doctor first: it speaks to hosts, and needs no warehouse.
        patch.setenv("WAREHOUSE_PATH", str(folder / "organisation.duckdb"))
        patch.setenv("PUBLISH_PATH", str(folder / "published.duckdb"))
        assert doctor(Settings()) == 0
        by_organisation = load_github(Settings(), run_id="one", start=date(2026, 8, 3))
        patch.setenv("GITHUB_REPOS", ",".join(names))
        patch.delenv("GITHUB_ORG")
        patch.setenv("WAREHOUSE_PATH", str(folder / "list.duckdb"))
        assert doctor(Settings()) == 0
        by_list = load_github(Settings(), run_id="two", start=date(2026, 10, 20))
        # Items that are not answered whole, and are asked for again by what they are known by.
        patch.setenv("WAREHOUSE_PATH", str(folder / "broken.duckdb"))
        world = server.github.named(names[0])
        newest = world.ordered_pull_requests("updated_at", descending=True)[0].number
        server.github_api.broken = [
            BrokenItem(world.head or "", ["additions"]),
            BrokenItem(newest, ["files"]),
        ]
        broken = load_github(Settings(), run_id="broken", start=date(2026, 10, 20))
        assert sorted(broken.warnings) == ["commits", "pull_requests"]
        server.github_api.broken.clear()
        assert load_github(Settings(), run_id="mended", start=date(2026, 10, 20)).warnings == {}
        server.github_api.app = DemoApp("1234", "77", public_key())
        patch.delenv("GITHUB_TOKEN")
        patch.setenv("GITHUB_APP_ID", "1234")
        patch.setenv("GITHUB_APP_INSTALLATION_ID", "77")
        patch.setenv("GITHUB_APP_PRIVATE_KEY", private_key())
        patch.setenv("WAREHOUSE_PATH", str(folder / "app.duckdb"))
        by_app = load_github(Settings(), run_id="three", start=date(2026, 10, 30))
        assert not by_organisation.failures + by_list.failures + by_app.failures
        yield [one for one in server.requests if one.path.startswith(MOUNTED_AT)]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_document_is_valid_and_uses_nothing_deprecated(
    schema: graphql.GraphQLSchema, name: str
) -> None:
    document = graphql.parse(DOCUMENTS[name])

    assert graphql.validate(schema, document) == []
    assert graphql.validate(schema, document, [graphql.NoDeprecatedCustomRule]) == []


def test_each_document_is_sent_and_what_is_sent_is_valid(
    schema: graphql.GraphQLSchema, sent: list[RecordedRequest]
) -> None:
    operations: set[str] = set()
    checked: set[str] = set()
    for one in sent:
        if one.path != GRAPHQL:
            continue
        assert one.method == "POST"
        call = json.loads(one.body)
        document = graphql.parse(call["query"])
        (operation,) = (
            part
            for part in document.definitions
            if isinstance(part, graphql.OperationDefinitionNode)
        )
        operations.add(operation.name.value if operation.name else "")
        if call["query"] not in checked:
            assert graphql.validate(schema, document) == []
            checked.add(call["query"])
        variables = get_variable_values(
            schema, operation.variable_definitions or (), call.get("variables") or {}
        )
        assert isinstance(variables, dict), variables

    assert operations == {
        match.group(1) for text in DOCUMENTS.values() if (match := re.search(r"query (\w+)", text))
    }


def test_rest_calls_are_described_by_github(sent: list[RecordedRequest]) -> None:
    calls = {(one.method, one.path, one.query) for one in sent if one.path != GRAPHQL}

    assert {(method, path.removeprefix(MOUNTED_AT)) for method, path, _ in calls} >= {
        ("GET", "/rate_limit"),
        ("GET", "/orgs/larkfield/members"),
        ("POST", "/app/installations/77/access_tokens"),
    }
    for method, path, query in calls:
        operation = find_operation(method, path.removeprefix(MOUNTED_AT))
        known = {one["name"] for one in parameters(operation) if one["in"] == "query"}
        needed = {one["name"] for one in parameters(operation) if one.get("required")}
        given = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        assert given <= known, f"{method} {path}: {given - known}"
        assert {name for name in needed if name in known} <= given


def test_what_is_read_of_rest_answers_is_described_by_github() -> None:
    members = answer_schema("GET", "/orgs/larkfield/members", "200")
    assert members["type"] == "array"
    element = described()["components"]["schemas"][members["items"]["$ref"].rsplit("/", 1)[-1]]
    assert {"id", "login", "type"} <= set(element["required"])
    token = answer_schema("POST", "/app/installations/77/access_tokens", "201")
    token = described()["components"]["schemas"][token["$ref"].rsplit("/", 1)[-1]]
    assert {"token", "expires_at"} <= set(token["required"])


def answer_schema(method: str, path: str, status: str) -> dict[str, Any]:
    answer = find_operation(method, path)["responses"][status]
    found: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return found


def test_the_check_of_rest_calls_finds_what_is_wrong() -> None:
    assert find_operation("GET", "/orgs/larkfield/repos")
    for method, path in (("POST", "/rate_limit"), ("GET", "/rate_limits"), ("GET", "/orgs//repos")):
        with pytest.raises(AssertionError):
            find_operation(method, path)


def find_operation(method: str, path: str) -> dict[str, Any]:
    for template, operations in described()["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"GitHub describes no {method} {path}")


def parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    shared = described()["components"]["parameters"]
    return [
        shared[one["$ref"].rsplit("/", 1)[-1]] if "$ref" in one else one
        for one in operation.get("parameters", [])
    ]
