"""Resolvers of the GraphQL fields that look something up or page; all of them synchronous."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from demo_api.git_store import (
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
from demo_api.github_faults import BrokenItem, TimedOut

# A commit that a cut history refers to but does not hold looks older than anything it holds.
_BEFORE_EVERYTHING = "1970-01-01T00:00:00Z"
_CO_AUTHOR = re.compile(
    r"^co-authored-by:(?P<name>[^<\n]*)<(?P<email>[^>\n]*)>", re.IGNORECASE | re.MULTILINE
)


@dataclass(slots=True)
class Request:
    """What resolvers know of a request; ``rate_limit`` is null on a server without limits."""

    data: GitHubData
    rate_limit: dict[str, Any] | None
    broken: Sequence[BrokenItem] = ()

    def check(self, key: int | str, field: str) -> None:
        """Raise where the field of this item cannot be answered."""
        for item in self.broken:
            if item.strikes(key, field):
                raise TimedOut if item.times_out else GraphQLError(item.message)


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


def _not_found(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": "NOT_FOUND"})


def viewer(_: Any, info: GraphQLResolveInfo) -> GitUser:
    """Return whose token this is."""
    return GitUser(info.context.data.viewer_login, 1_000_001)


def rate_limit(_: Any, info: GraphQLResolveInfo, **_arguments: Any) -> dict[str, Any] | None:
    """Return the points left; null on a server without limits."""
    found: dict[str, Any] | None = info.context.rate_limit
    return found


def repository(_: Any, info: GraphQLResolveInfo, *, owner: str, name: str, **more: Any) -> Any:
    """Find a repository by its name or an old one; NOT_FOUND beside null otherwise."""
    found = info.context.data.find(owner, name)
    if found is not None and (more.get("followRenames", True) or found.name == name):
        return found
    raise _not_found(f"Could not resolve to a Repository with the name '{owner}/{name}'.")


def organization(_: Any, info: GraphQLResolveInfo, login: str) -> Any:
    """Find an organization by its login; NOT_FOUND beside null otherwise."""
    for known in info.context.data.organizations:
        if known.lower() == login.lower():
            return SimpleNamespace(login=known, name=known)
    raise _not_found(f"Could not resolve to an Organization with the login of '{login}'.")


def repositories(owner: Any, info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page an organization's repositories, by name, creation or last push."""
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


def default_branch(repository: Repository, _info: GraphQLResolveInfo) -> Any:
    """Return the default branch; null in an empty repository."""
    if repository.head is None:
        return None
    return SimpleNamespace(
        id=f"REF_{repository.database_id}",
        name=repository.default_branch,
        prefix="refs/heads/",
        target=commit_node(repository, repository.head),
    )


def ref(repository: Repository, _info: GraphQLResolveInfo, *, qualifiedName: str) -> Any:
    """Return the default branch by its short or full name; no other branch is kept."""
    is_default = qualifiedName.removeprefix("refs/heads/") == repository.default_branch
    return default_branch(repository, _info) if is_default else None


def git_object(repository: Repository, _info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """Return a commit by its oid, or the head by ``HEAD`` or the branch name."""
    oid = arguments.get("oid") or arguments.get("expression")
    if oid in ("HEAD", repository.default_branch):
        oid = repository.head
    return commit_node(repository, oid) if oid in repository.commits else None


def commit_node(repository: Repository, oid: str) -> CommitNode:
    """Return a commit, or a stand-in with its oid alone where the store lacks it."""
    commit = repository.commits.get(oid)
    if commit is None:
        nobody = GitActor(None, None, _BEFORE_EVERYTHING)
        commit = Commit(oid, "", nobody, nobody)
    return CommitNode(commit, repository)


def pull_request(repository: Repository, _info: GraphQLResolveInfo, number: int) -> Any:
    """Return one pull request; NOT_FOUND beside null otherwise."""
    pull = repository.pull_requests.get(number)
    if pull is None:
        raise _not_found(f"Could not resolve to a PullRequest with the number of {number}.")
    return PullRequestNode(pull, repository)


def pull_requests(
    repository: Repository, _info: GraphQLResolveInfo, **arguments: Any
) -> Connection:
    """Page pull requests in creation order unless told otherwise."""
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


def history(node: CommitNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page what is reachable; a cursor goes on from the commit it began at."""
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


def parents(node: CommitNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page the parents."""
    return connect(
        node.commit.parents,
        arguments,
        name="parents",
        wrap=lambda oid: commit_node(node.repository, oid),
    )


def associated(node: CommitNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page the pull requests that brought the commit in or hold it on their branch."""
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


def pull_commits(node: PullRequestNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page the branch commits, oldest first."""

    def wrap(commit: Commit) -> Any:
        return SimpleNamespace(
            id=f"PRC_{commit.oid}",
            commit=CommitNode(commit, node.repository),
            pull_request=node,
            url=f"https://github.example/commit/{commit.oid}",
        )

    return connect(node.pull.commits, arguments, name="commits", wrap=wrap)


def labels(node: PullRequestNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page the label names."""
    return connect(
        node.pull.labels,
        arguments,
        name="labels",
        wrap=lambda name: SimpleNamespace(id=f"LA_{name}", name=name),
    )


def files(node: PullRequestNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection | None:
    """Page the changed files; null where they cannot be worked out."""
    found = node.pull.files
    return None if found is None else connect(found, arguments, name="files")


def reviews(node: PullRequestNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page the reviews, oldest first, of one author or some states where that is asked."""
    author, states = arguments.get("author"), arguments.get("states")
    chosen = [
        review
        for review in node.pull.reviews
        if (not states or review.state in states)
        and (not author or (review.author and review.author.login == author))
    ]
    return connect(chosen, arguments, name="reviews")


def merge_commit(node: PullRequestNode, _info: GraphQLResolveInfo) -> CommitNode | None:
    """Return what the merge left on the base; null before a merge."""
    oid = node.pull.merge_commit_oid
    return None if oid is None else commit_node(node.repository, oid)


def authors(node: CommitNode, _info: GraphQLResolveInfo, **arguments: Any) -> Connection:
    """Page the git author and then whoever a trailer names; trailers resolve to no account."""
    named = [
        GitActor(match["name"].strip(), match["email"], node.commit.authored_date)
        for match in _CO_AUTHOR.finditer(node.commit.message)
    ]
    return connect([node.commit.author, *named], arguments, name="authors")
