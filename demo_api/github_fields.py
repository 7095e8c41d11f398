"""The executable schema: which resolver answers which field, plain attributes for all others."""

from __future__ import annotations

import re
from collections.abc import Callable
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
            resolver = _RESOLVERS.get((type_name, field_name)) or _reader(type_name, field_name)
            is_item = type_name in ("Commit", "PullRequest")
            field.resolve = _breakable(resolver, field_name) if is_item else resolver
    for interface in ("Node", "Actor", "RepositoryOwner", "GitObject"):
        cast(GraphQLInterfaceType, schema.type_map[interface]).resolve_type = _type_name
    return schema


def _breakable(resolver: Callable[..., Any], field_name: str) -> Callable[..., Any]:
    def answer(node: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if info.context.broken:
            is_commit = isinstance(node, CommitNode)
            info.context.check(node.commit.oid if is_commit else node.pull.number, field_name)
        return resolver(node, info, **arguments)

    return answer


def _reader(type_name: str, field_name: str) -> Callable[..., Any]:
    """Return a resolver that needs the node alone: derived, or the attribute of that name."""
    derived = _DERIVED.get((type_name, field_name))
    if derived is not None:
        return lambda node, _info, **_arguments: derived(node)
    name = re.sub(r"([A-Z])", r"_\1", field_name).lower()
    if type_name == "Commit":
        return lambda node, _info: getattr(node.commit, name)
    if type_name == "PullRequest":
        return lambda node, _info: getattr(node.pull, name)
    if type_name in ("PageInfo", "RateLimit") or type_name.endswith("Edge"):
        return lambda node, _info: node[name]
    return lambda node, _info: getattr(node, name)


def _type_name(value: Any, _info: GraphQLResolveInfo, _abstract: Any) -> str:
    if isinstance(value, Actor):
        return value.typename
    if isinstance(value, CommitNode):
        return "Commit"
    if isinstance(value, PullRequestNode):
        return "PullRequest"
    return "User" if isinstance(value, GitUser) else "Organization"


def _url(path: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda node: f"https://github.example/{path(node)}"


_RESOLVERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("Query", "viewer"): resolve.viewer,
    ("Query", "rateLimit"): resolve.rate_limit,
    ("Query", "repository"): resolve.repository,
    ("Query", "organization"): resolve.organization,
    ("Organization", "repositories"): resolve.repositories,
    ("Repository", "defaultBranchRef"): resolve.default_branch,
    ("Repository", "ref"): resolve.ref,
    ("Repository", "object"): resolve.git_object,
    ("Repository", "pullRequest"): resolve.pull_request,
    ("Repository", "pullRequests"): resolve.pull_requests,
    ("Commit", "authors"): resolve.authors,
    ("Commit", "parents"): resolve.parents,
    ("Commit", "history"): resolve.history,
    ("Commit", "associatedPullRequests"): resolve.associated,
    ("PullRequest", "mergeCommit"): resolve.merge_commit,
    ("PullRequest", "commits"): resolve.pull_commits,
    ("PullRequest", "labels"): resolve.labels,
    ("PullRequest", "files"): resolve.files,
    ("PullRequest", "reviews"): resolve.reviews,
}

_DERIVED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("Organization", "id"): lambda node: f"O_{node.login}",
    ("Organization", "url"): _url(lambda node: node.login),
    ("Repository", "id"): lambda node: f"R_{node.database_id}",
    ("Repository", "owner"): lambda node: SimpleNamespace(login=node.owner, name=node.owner),
    ("Repository", "url"): _url(lambda node: node.name_with_owner),
    ("Repository", "isDisabled"): lambda _node: False,
    ("Repository", "isEmpty"): lambda node: node.head is None,
    ("Repository", "updatedAt"): lambda node: node.pushed_at or node.created_at,
    ("Repository", "visibility"): lambda node: "PRIVATE" if node.is_private else "PUBLIC",
    ("Commit", "id"): lambda node: f"C_{node.commit.oid}",
    ("Commit", "abbreviatedOid"): lambda node: node.commit.oid[:7],
    ("Commit", "url"): _url(lambda node: f"commit/{node.commit.oid}"),
    ("Commit", "messageHeadline"): lambda node: node.commit.message.partition("\n")[0],
    ("Commit", "messageBody"): lambda node: node.commit.message.partition("\n\n")[2],
    ("Commit", "committedViaWeb"): lambda node: node.commit.committer.email == "noreply@github.com",
    ("Commit", "changedFilesIfAvailable"): lambda node: node.commit.changed_files,
    ("PullRequest", "id"): lambda node: f"PR_{node.pull.database_id}",
    ("PullRequest", "fullDatabaseId"): lambda node: str(node.pull.database_id),
    ("PullRequest", "databaseId"): lambda node: node.pull.database_id % 2**31,
    ("PullRequest", "bodyText"): lambda node: node.pull.body,
    ("PullRequest", "url"): _url(lambda n: f"{n.repository.name_with_owner}/pull/{n.pull.number}"),
    ("PullRequest", "merged"): lambda node: node.pull.merged_at is not None,
    ("PullRequest", "closed"): lambda node: node.pull.closed_at is not None,
    ("PullRequest", "baseRefOid"): lambda node: node.repository.head or "0" * 40,
    ("PullRequest", "baseRepository"): lambda node: node.repository,
    ("PullRequest", "headRepository"): lambda node: (
        None if node.pull.is_cross_repository else node.repository
    ),
    ("PullRequest", "repository"): lambda node: node.repository,
    ("PullRequestReview", "id"): lambda node: f"PRR_{node.database_id}",
    ("PullRequestReview", "databaseId"): lambda node: node.database_id % 2**31,
    ("PullRequestReview", "fullDatabaseId"): lambda node: str(node.database_id),
    ("User", "id"): lambda node: f"U_{node.login}",
    # An actor of a pull request is known by login alone.
    ("User", "databaseId"): lambda node: getattr(node, "database_id", None),
    ("User", "name"): lambda _node: None,
    ("User", "url"): _url(lambda node: node.login),
    **{
        (kind, field): derive
        for kind in ("Bot", "Mannequin")
        for field, derive in (
            ("id", lambda node: f"A_{node.login}"),
            ("databaseId", lambda _node: None),
            ("url", _url(lambda node: node.login)),
        )
    },
}
