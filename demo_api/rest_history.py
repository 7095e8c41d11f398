"""Real histories in REST shape, from a folder, as a store for the GitHub server.

The folder holds one folder per repository, ``owner__name``, with ``commits.jsonl[.gz]``,
``pulls.jsonl[.gz]`` and ``pull_commits.jsonl[.gz]``: one JSON document a line. Files of a pull
request are those of its merge or squash commit, where the data holds that; reviews are not in it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo_api.git_store import (
    Actor,
    ChangedFile,
    Commit,
    GitActor,
    GitHubData,
    GitUser,
    PullRequest,
    Repository,
)


def load_rest_history(folder: Path | str, *, owner: str | None = None) -> GitHubData:
    """Return the repositories of ``folder``, or of one repository folder.

    ``owner`` puts all of them under one organisation. Where ``created_at`` is null the first branch
    commit's date stands in, or the merge; where ``updated_at`` is null the merge or the closing.

    Raises:
        FileNotFoundError: no repository folder with ``commits.jsonl[.gz]`` is there.
    """
    root = Path(folder)
    folders = [root] if _file(root, "commits") else sorted(p for p in root.iterdir() if p.is_dir())
    repositories = [_repository(path, owner) for path in folders if _file(path, "commits")]
    if not repositories:
        raise FileNotFoundError(f"no commits.jsonl[.gz] below {root}")
    return GitHubData(repositories)


def _file(folder: Path, name: str) -> Path | None:
    candidates = (folder / f"{name}.jsonl.gz", folder / f"{name}.jsonl")
    return next((path for path in candidates if path.is_file()), None)


def _lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    path = _file(folder, name)
    if path is None:
        return
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _repository(folder: Path, owner: str | None) -> Repository:
    real_owner, _, name = folder.name.partition("__")
    commits: list[Commit] = []
    files: dict[str, list[ChangedFile]] = {}
    for document in _lines(folder, "commits"):
        commits.append(_commit(document))
        files[document["sha"]] = _files(document)
    repository = Repository(
        # Stable without a counter: the same folder has the same id in every load.
        database_id=zlib.crc32(folder.name.encode()) % 900_000_000 + 1,
        owner=owner or real_owner,
        name=name,
        created_at=min(
            (commit.committed_date for commit in commits), default="2020-01-01T00:00:00Z"
        ),
        pushed_at=max((commit.committed_date for commit in commits), default=None),
        head=commits[0].oid if commits else None,
        is_private=False,
    )
    branches = {
        document["pull_number"]: [_commit(commit) for commit in document["commits"]]
        for document in _lines(folder, "pull_commits")
    }
    for branch in branches.values():
        repository.add_commits(branch)
    # After the branches: these have line counts, the same commits in a branch list have none.
    repository.add_commits(commits)
    for document in _lines(folder, "pulls"):
        branch = [repository.commits[c.oid] for c in branches.get(document["number"], [])]
        pull = _pull_request(document, branch, repository.database_id)
        pull.files = files.get(pull.merge_commit_oid or "", [])
        repository.pull_requests[pull.number] = pull
    _graft(repository, commits)
    return repository


def _graft(repository: Repository, commits: list[Commit]) -> None:
    """Make every listed commit reachable, those too whose children were left out of the data."""
    if repository.head is None:
        return
    repository.outside = frozenset(repository.commits) - {commit.oid for commit in commits}
    reached = {commit.oid for commit in repository.history(repository.head)}
    missed = [commit for commit in commits if commit.oid not in reached]
    inner = {parent for commit in missed for parent in commit.parents}
    repository.grafts = tuple(commit.oid for commit in missed if commit.oid not in inner)
    repository.touch()


def _commit(document: dict[str, Any]) -> Commit:
    git, stats = document["commit"], document.get("stats") or {}
    files = document.get("files")
    return Commit(
        oid=document["sha"],
        message=git["message"],
        author=_git_actor(git["author"], document.get("author")),
        committer=_git_actor(git["committer"], document.get("committer")),
        parents=tuple(parent["sha"] for parent in document.get("parents", ())),
        additions=stats.get("additions", 0),
        deletions=stats.get("deletions", 0),
        changed_files=None if files is None else len(files),
    )


# REST and GraphQL name the same changes differently.
_CHANGE_TYPES = {"removed": "DELETED"}


def _files(document: dict[str, Any]) -> list[ChangedFile]:
    return [
        ChangedFile(
            file["filename"],
            file.get("additions", 0),
            file.get("deletions", 0),
            _CHANGE_TYPES.get(file.get("status"), file.get("status", "modified").upper()),
        )
        for file in document.get("files") or ()
        if "filename" in file
    ]


def _git_actor(git: dict[str, Any], account: dict[str, Any] | None) -> GitActor:
    user = GitUser(account["login"], account["id"]) if account else None
    return GitActor(git.get("name"), git.get("email"), git["date"], user)


def _pull_request(
    document: dict[str, Any], branch: list[Commit], repository_id: int
) -> PullRequest:
    number = document["number"]
    closed, merged = document.get("closed_at"), document.get("merged_at")
    first = branch[0].authored_date if branch else None
    created = document.get("created_at") or first or merged or closed or "2020-01-01T00:00:00Z"
    head, base = document.get("head") or {}, document.get("base") or {}
    return PullRequest(
        database_id=document.get("id") or repository_id * 100_000 + number,
        number=number,
        title=document["title"],
        body=document.get("body") or "",
        created_at=created,
        updated_at=document.get("updated_at") or merged or closed or created,
        author=_actor(document.get("user")),
        head_ref_name=head.get("ref") or f"branch-of-{number}",
        head_ref_oid=head.get("sha") or (branch[-1].oid if branch else "0" * 40),
        base_ref_name=base.get("ref") or "main",
        closed_at=closed,
        merged_at=merged,
        merge_commit_oid=document.get("merge_commit_sha") if merged else None,
        merged_by=_actor(document.get("merged_by")),
        additions=document.get("additions") or 0,
        deletions=document.get("deletions") or 0,
        changed_files=document.get("changed_files") or 0,
        is_draft=bool(document.get("draft")),
        labels=[label["name"] for label in document.get("labels") or ()],
        commits=branch,
    )


def _actor(account: dict[str, Any] | None) -> Actor | None:
    if not account:
        return None
    login: str = account["login"]
    is_bot = account.get("type") == "Bot" or login.endswith("[bot]")
    # GraphQL names bots without the suffix that REST shows.
    return Actor(login.removesuffix("[bot]"), "Bot") if is_bot else Actor(login)
