"""The executable schema: which resolver answers which field, plain attributes for all others."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
)

from demo_api import github_resolvers as resolve
from demo_api.git_store import Actor, GitUser
from demo_api.github_resolvers import CommitNode, PullRequestNode


def build_github_schema() -> GraphQLSchema:
    """Return the executable schema."""
    text = Path(__file__).with_name("github_schema.graphql").read_text(encoding="utf-8")
    schema = build_schema(text)
    for type_name, graphql_type in schema.type_map.items():
        if type_name.startswith("__") or not isinstance(graphql_type, GraphQLObjectType):
            continue
        for field_name, field in graphql_type.fields.items():
            special = _SPECIAL.get((type_name, field_name))
            field.resolve = special or _attribute(type_name, _snake(field_name))
    for interface in ("Node", "Actor", "RepositoryOwner", "GitObject"):
        cast(GraphQLInterfaceType, schema.type_map[interface]).resolve_type = _type_name
    return schema


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def _attribute(type_name: str, name: str) -> Any:
    if type_name == "Commit":
        return lambda node, info: getattr(node.commit, name)
    if type_name == "PullRequest":
        return lambda node, info: getattr(node.pull, name)
    if type_name in ("PageInfo", "RateLimit") or type_name.endswith("Edge"):
        return lambda node, info: node[name]
    return lambda node, info: getattr(node, name)


def _type_name(value: Any, info: GraphQLResolveInfo, abstract: Any) -> str:
    if isinstance(value, Actor):
        return value.typename
    if isinstance(value, CommitNode):
        return "Commit"
    if isinstance(value, PullRequestNode):
        return "PullRequest"
    return "User" if isinstance(value, GitUser) else "Organization"


def _url(path: Any) -> Any:
    return lambda node, info: f"https://github.example/{path(node)}"


_SPECIAL: dict[tuple[str, str], Any] = {
    ("Query", "viewer"): lambda _, info: GitUser(info.context.data.viewer_login, 1_000_001),
    ("Query", "rateLimit"): lambda _, info, **arguments: info.context.rate_limit,
    ("Query", "repository"): resolve.repository,
    ("Query", "organization"): resolve.organization,
    ("Organization", "repositories"): resolve.repositories,
    ("Organization", "id"): lambda node, info: f"O_{node.login}",
    ("Organization", "url"): _url(lambda node: node.login),
    ("Repository", "id"): lambda node, info: f"R_{node.database_id}",
    ("Repository", "owner"): lambda node, info: SimpleNamespace(login=node.owner, name=node.owner),
    ("Repository", "url"): _url(lambda node: node.name_with_owner),
    ("Repository", "isDisabled"): lambda node, info: False,
    ("Repository", "isEmpty"): lambda node, info: node.head is None,
    ("Repository", "updatedAt"): lambda node, info: node.pushed_at or node.created_at,
    ("Repository", "defaultBranchRef"): resolve.default_branch,
    ("Repository", "visibility"): lambda node, info: "PRIVATE" if node.is_private else "PUBLIC",
    ("Repository", "ref"): resolve.ref,
    ("Repository", "object"): resolve.git_object,
    ("Repository", "pullRequest"): resolve.pull_request,
    ("Repository", "pullRequests"): resolve.pull_requests,
    ("Commit", "id"): lambda node, info: f"C_{node.commit.oid}",
    ("Commit", "abbreviatedOid"): lambda node, info: node.commit.oid[:7],
    ("Commit", "url"): _url(lambda node: f"commit/{node.commit.oid}"),
    ("Commit", "messageHeadline"): lambda node, info: node.commit.message.partition("\n")[0],
    ("Commit", "messageBody"): lambda node, info: node.commit.message.partition("\n\n")[2],
    ("Commit", "committedViaWeb"): lambda node, info: (
        node.commit.committer.email == "noreply@github.com"
    ),
    ("Commit", "changedFilesIfAvailable"): lambda node, info: node.commit.changed_files,
    ("Commit", "authors"): resolve.authors,
    ("Commit", "parents"): resolve.parents,
    ("Commit", "history"): resolve.history,
    ("Commit", "associatedPullRequests"): resolve.associated,
    ("PullRequest", "id"): lambda node, info: f"PR_{node.pull.database_id}",
    ("PullRequest", "fullDatabaseId"): lambda node, info: str(node.pull.database_id),
    ("PullRequest", "databaseId"): lambda node, info: node.pull.database_id % 2**31,
    ("PullRequest", "bodyText"): lambda node, info: node.pull.body,
    ("PullRequest", "url"): _url(lambda n: f"{n.repository.name_with_owner}/pull/{n.pull.number}"),
    ("PullRequest", "merged"): lambda node, info: node.pull.merged_at is not None,
    ("PullRequest", "closed"): lambda node, info: node.pull.closed_at is not None,
    ("PullRequest", "baseRefOid"): lambda node, info: node.repository.head or "0" * 40,
    ("PullRequest", "baseRepository"): lambda node, info: node.repository,
    ("PullRequest", "headRepository"): lambda node, info: (
        None if node.pull.is_cross_repository else node.repository
    ),
    ("PullRequest", "repository"): lambda node, info: node.repository,
    ("PullRequest", "mergeCommit"): resolve.merge_commit,
    ("PullRequest", "commits"): resolve.pull_commits,
    ("PullRequest", "labels"): resolve.labels,
    ("User", "id"): lambda node, info: f"U_{node.login}",
    ("User", "databaseId"): lambda node, info: getattr(node, "database_id", None),
    ("User", "name"): lambda node, info: None,
    ("User", "url"): _url(lambda node: node.login),
    **{
        (kind, field): resolve
        for kind in ("Bot", "Mannequin")
        for field, resolve in (
            ("id", lambda node, info: f"A_{node.login}"),
            ("databaseId", lambda node, info: None),
            ("url", _url(lambda node: node.login)),
        )
    },
}
