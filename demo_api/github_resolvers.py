"""Resolvers of the GraphQL schema over the plain store; synchronous, attribute by attribute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
)

from demo_api.git_store import (
    Actor,
    Commit,
    GitActor,
    GitHubData,
    GitUser,
    PullRequest,
    Repository,
)
from demo_api.github_connections import (
    Connection,
    connect,
    history_cursor,
    history_place,
    sorted_cursors,
)

# A commit that a cut history refers to but does not hold looks older than anything it holds.
_BEFORE_EVERYTHING = "1970-01-01T00:00:00Z"


@dataclass(slots=True)
class Request:
    """What resolvers know of a request; ``rate_limit`` is null on a server without limits."""

    data: GitHubData
    rate_limit: dict[str, Any] | None


@dataclass(slots=True)
class CommitNode:
    """A commit as seen in a repository: the git object with the repository it lives in."""

    commit: Commit
    repository: Repository


@dataclass(slots=True)
class PullRequestNode:
    """A pull request with its repository."""

    pull: PullRequest
    repository: Repository


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


def _not_found(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": "NOT_FOUND"})


def _repository(_: Any, info: GraphQLResolveInfo, *, owner: str, name: str, **more: Any) -> Any:
    found = info.context.data.find(owner, name)
    if found is not None and (more.get("followRenames", True) or found.name == name):
        return found
    raise _not_found(f"Could not resolve to a Repository with the name '{owner}/{name}'.")


def _organization(_: Any, info: GraphQLResolveInfo, login: str) -> Any:
    for known in info.context.data.organizations:
        if known.lower() == login.lower():
            return SimpleNamespace(login=known, name=known)
    raise _not_found(f"Could not resolve to an Organization with the login of '{login}'.")


def _repositories(owner: Any, info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    keys = {
        "NAME": lambda r: (r.name.lower(), r.database_id),
        "CREATED_AT": lambda r: (r.created_at, r.database_id),
    }
    key = keys.get(order["field"], lambda r: (r.pushed_at or "", r.database_id))
    descending = order["direction"] == "DESC"
    chosen = [
        repository
        for repository in info.context.data.of_owner(owner.login)
        if arguments.get("isFork") in (None, repository.is_fork)
        and arguments.get("isArchived") in (None, repository.is_archived)
    ]
    items = sorted(chosen, key=key, reverse=descending)
    cursor, behind = sorted_cursors(items, key, descending=descending)
    return connect(items, arguments, name="repositories", cursor=cursor, place_after=behind)


def _default_branch(repository: Repository, info: GraphQLResolveInfo) -> Any:
    if repository.head is None:
        return None
    return SimpleNamespace(
        id=f"REF_{repository.database_id}",
        name=repository.default_branch,
        prefix="refs/heads/",
        target=_commit_node(repository, repository.head),
    )


def _object(repository: Repository, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    oid = arguments.get("oid") or arguments.get("expression")
    if oid in ("HEAD", repository.default_branch):
        oid = repository.head
    return _commit_node(repository, oid) if oid in repository.commits else None


def _commit_node(repository: Repository, oid: str) -> CommitNode:
    commit = repository.commits.get(oid)
    if commit is None:
        nobody = GitActor(None, None, _BEFORE_EVERYTHING)
        commit = Commit(oid, "", nobody, nobody)
    return CommitNode(commit, repository)


def _pull_request(repository: Repository, info: GraphQLResolveInfo, number: int) -> Any:
    pull = repository.pull_requests.get(number)
    if pull is None:
        raise _not_found(f"Could not resolve to a PullRequest with the number of {number}.")
    return PullRequestNode(pull, repository)


def _pull_requests(
    repository: Repository, info: GraphQLResolveInfo, **arguments: Any
) -> Connection:
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    attribute, descending = order["field"].lower(), order["direction"] == "DESC"
    pulls = repository.ordered_pull_requests(attribute, descending=descending)
    states, labels = arguments.get("states"), arguments.get("labels")
    if states or labels:
        pulls = [
            pull
            for pull in pulls
            if (not states or pull.state in states)
            and (not labels or set(labels) & set(pull.labels))
        ]
    cursor, behind = sorted_cursors(
        pulls, lambda pull: (getattr(pull, attribute), pull.number), descending=descending
    )
    return connect(
        pulls,
        arguments,
        name="pullRequests",
        wrap=lambda pull: PullRequestNode(pull, repository),
        cursor=cursor,
        place_after=behind,
    )


def _history(node: CommitNode, info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    repository, start = node.repository, node.commit.oid
    after = arguments.get("after")
    if after:
        start = history_place(after)[0]
    commits = repository.history(start)
    since, until = arguments.get("since"), arguments.get("until")
    if since or until:
        commits = [
            commit
            for commit in commits
            if (not since or commit.committed_date >= since)
            and (not until or commit.committed_date <= until)
        ]
    return connect(
        commits,
        arguments,
        name="history",
        wrap=lambda commit: CommitNode(commit, repository),
        cursor=lambda place: history_cursor(start, place),
        place_after=lambda cursor: history_place(cursor)[1] + 1,
    )


def _parents(node: CommitNode, info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    return connect(
        node.commit.parents,
        arguments,
        name="parents",
        wrap=lambda oid: _commit_node(node.repository, oid),
    )


def _associated(node: CommitNode, info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    oid = node.commit.oid
    pulls = [
        pull
        for pull in node.repository.pull_requests.values()
        if pull.merge_commit_oid == oid or any(commit.oid == oid for commit in pull.commits)
    ]
    return connect(
        pulls,
        arguments,
        name="associatedPullRequests",
        wrap=lambda pull: PullRequestNode(pull, node.repository),
    )


def _pull_commits(node: PullRequestNode, info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    def wrap(commit: Commit) -> Any:
        return SimpleNamespace(
            id=f"PRC_{commit.oid}",
            commit=CommitNode(commit, node.repository),
            pull_request=node,
            url=f"https://github.example/commit/{commit.oid}",
        )

    return connect(node.pull.commits, arguments, name="commits", wrap=wrap)


def _labels(node: PullRequestNode, info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    return connect(
        node.pull.labels,
        arguments,
        name="labels",
        wrap=lambda name: SimpleNamespace(id=f"LA_{name}", name=name),
    )


def _merge_commit(node: PullRequestNode, info: GraphQLResolveInfo) -> CommitNode | None:
    oid = node.pull.merge_commit_oid
    return None if oid is None else _commit_node(node.repository, oid)


def _url(path: Any) -> Any:
    return lambda node, info: f"https://github.example/{path(node)}"


_SPECIAL: dict[tuple[str, str], Any] = {
    ("Query", "viewer"): lambda _, info: GitUser(info.context.data.viewer_login, 1_000_001),
    ("Query", "rateLimit"): lambda _, info, **arguments: info.context.rate_limit,
    ("Query", "repository"): _repository,
    ("Query", "organization"): _organization,
    ("Organization", "repositories"): _repositories,
    ("Organization", "id"): lambda node, info: f"O_{node.login}",
    ("Organization", "url"): _url(lambda node: node.login),
    ("Repository", "id"): lambda node, info: f"R_{node.database_id}",
    ("Repository", "owner"): lambda node, info: SimpleNamespace(login=node.owner, name=node.owner),
    ("Repository", "url"): _url(lambda node: node.name_with_owner),
    ("Repository", "isDisabled"): lambda node, info: False,
    ("Repository", "isEmpty"): lambda node, info: node.head is None,
    ("Repository", "updatedAt"): lambda node, info: node.pushed_at or node.created_at,
    ("Repository", "defaultBranchRef"): _default_branch,
    ("Repository", "object"): _object,
    ("Repository", "pullRequest"): _pull_request,
    ("Repository", "pullRequests"): _pull_requests,
    ("Commit", "id"): lambda node, info: f"C_{node.commit.oid}",
    ("Commit", "abbreviatedOid"): lambda node, info: node.commit.oid[:7],
    ("Commit", "url"): _url(lambda node: f"commit/{node.commit.oid}"),
    ("Commit", "messageHeadline"): lambda node, info: node.commit.message.partition("\n")[0],
    ("Commit", "messageBody"): lambda node, info: node.commit.message.partition("\n\n")[2],
    ("Commit", "committedViaWeb"): lambda node, info: (
        node.commit.committer.email == "noreply@github.com"
    ),
    ("Commit", "changedFilesIfAvailable"): lambda node, info: node.commit.changed_files,
    ("Commit", "parents"): _parents,
    ("Commit", "history"): _history,
    ("Commit", "associatedPullRequests"): _associated,
    ("PullRequest", "id"): lambda node, info: f"PR_{node.pull.database_id}",
    ("PullRequest", "fullDatabaseId"): lambda node, info: str(node.pull.database_id),
    ("PullRequest", "databaseId"): lambda node, info: node.pull.database_id % 2**31,
    ("PullRequest", "bodyText"): lambda node, info: node.pull.body,
    ("PullRequest", "url"): _url(lambda n: f"{n.repository.name_with_owner}/pull/{n.pull.number}"),
    ("PullRequest", "merged"): lambda node, info: node.pull.merged_at is not None,
    ("PullRequest", "closed"): lambda node, info: node.pull.closed_at is not None,
    ("PullRequest", "baseRefOid"): lambda node, info: node.repository.head or "0" * 40,
    ("PullRequest", "baseRepository"): lambda node, info: node.repository,
    ("PullRequest", "repository"): lambda node, info: node.repository,
    ("PullRequest", "mergeCommit"): _merge_commit,
    ("PullRequest", "commits"): _pull_commits,
    ("PullRequest", "labels"): _labels,
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
