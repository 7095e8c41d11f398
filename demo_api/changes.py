"""Changes to the world between two runs of the pipeline, as they happen to real sources.

Each method changes the organisation or the GitHub store in place and leaves the truth, which is
computed on demand, right. All hold the lock under which answers are computed.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from demo_api.anthropic import AnthropicApi
from demo_api.anthropic_changes import AnthropicWorld
from demo_api.git_people import WEB_FLOW, known_actor
from demo_api.git_store import (
    Actor,
    Commit,
    GitActor,
    GitHubData,
    OrganizationMember,
    PullRequest,
    Repository,
)
from demo_api.organisation import Organisation
from demo_api.pull_request_cases import WITHOUT
from demo_api.text import instant, object_id


class World(AnthropicWorld):
    """What a test may do to the organisation while the server runs.

    Repositories are given as ``owner/name``. Days are text, ``2026-08-03``. What happens to
    Anthropic's side is in ``anthropic_changes``.
    """

    def __init__(
        self,
        organisation: Organisation,
        github: GitHubData,
        lock: threading.RLock,
        anthropic: AnthropicApi,
    ) -> None:
        super().__init__(organisation, lock, anthropic)
        self.github = github
        self._count = 0

    def add_commit(
        self,
        repository: str,
        *,
        message: str = "One more change",
        author: GitActor | None = None,
        committed_at: str | None = None,
        parents: tuple[str, ...] | None = None,
        claude_truth: str = WITHOUT,
        **counts: Any,
    ) -> str:
        """Push one commit to the default branch and return its oid.

        It is dated an hour after the newest one unless told otherwise; ``counts`` are
        ``additions``, ``deletions`` and ``changed_files``.
        """
        with self._lock:
            found = self.github.named(repository)
            date = committed_at or _later(self._newest(found), hours=1)
            if parents is None:
                parents = (found.head,) if found.head else ()
            commit = Commit(
                oid=self._oid(found),
                message=message,
                author=author or GitActor("Test Writer", "writer@larkfield.example", date),
                committer=known_actor(WEB_FLOW, date),
                parents=parents,
                claude_truth=claude_truth,
                **{"additions": 3, "deletions": 1, "changed_files": 1, **counts},
            )
            found.add_commits([commit])
            found.head, found.pushed_at = commit.oid, date
            found.touch()
            return commit.oid

    def merge_old_branch(self, repository: str, *, days_old: int = 40, count: int = 3) -> list[str]:
        """Merge a branch whose commits are older than the head; return their oids, oldest first."""
        with self._lock:
            found = self.github.named(repository)
            main, newest = found.head, self._newest(found)
            begun = _later(newest, hours=-24 * days_old)
            base = next((c for c in found.history(main or "") if c.committed_date < begun), None)
            oids: list[str] = []
            parent = base.oid if base else None
            for position in range(count):
                date = _later(begun, hours=position)
                actor = GitActor("Test Writer", "writer@larkfield.example", date)
                oid = self._oid(found)
                message = f"Old branch work {position}"
                parents = (parent,) if parent else ()
                commit = Commit(oid, message, actor, actor, parents, 5, 2, 1, WITHOUT)
                found.add_commits([commit])
                oids.append(oid)
                parent = oid
            message = "Merge branch 'old-work'"
            both = tuple(oid for oid in (main, parent) if oid)
            self.add_commit(repository, message=message, parents=both)
            return oids

    def force_push(self, repository: str, *, drop: int = 1) -> str:
        """Drop the newest ``drop`` commits of the first-parent line and push one in their place.

        Returns the new head. The dropped commits stay readable by their oid, as on GitHub.
        """
        with self._lock:
            found = self.github.named(repository)
            oid = found.head
            for _ in range(drop):
                oid = found.commits[oid or ""].parents[0]
            date = _later(self._newest(found), hours=1)
            message = "Rewritten after a force push"
            return self.add_commit(
                repository, message=message, parents=(oid or "",), committed_at=date
            )

    def add_pull_request(self, repository: str, *, number: int | None = None, **fields: Any) -> int:
        """Open (or, with ``merged_at``, add merged) a pull request and return its number."""
        with self._lock:
            found = self.github.named(repository)
            number = number or max(found.pull_requests, default=0) + 1
            date = _later(self._newest_update(found), hours=1)
            pull = PullRequest(
                **{
                    "database_id": 2_200_000_000 + number,
                    "number": number,
                    "title": "One more pull request",
                    "body": "",
                    "created_at": date,
                    "updated_at": date,
                    "author": Actor("test-writer"),
                    "head_ref_name": f"change-{number}",
                    "head_ref_oid": self._oid(found),
                    "claude_truth": WITHOUT,
                    **fields,
                }
            )
            found.pull_requests[number] = pull
            found.touch()
            return number

    def update_pull_request(self, repository: str, number: int, **changes: Any) -> None:
        """Change fields of a pull request; ``updated_at`` moves to the front by itself."""
        with self._lock:
            found = self.github.named(repository)
            changes.setdefault("updated_at", _later(self._newest_update(found), hours=1))
            found.pull_requests[number] = replace(found.pull_requests[number], **changes)
            found.touch()

    def rename_repository(self, repository: str, new_name: str) -> None:
        """Give a repository another name; the old one leads to it from now on."""
        with self._lock:
            found = self.github.named(repository)
            self.github.renamed[repository.lower()] = found.database_id
            found.name = new_name

    def transfer_repository(self, repository: str, new_owner: str) -> None:
        """Give a repository to another owner; the old name leads to it from now on."""
        with self._lock:
            found = self.github.named(repository)
            self.github.renamed[repository.lower()] = found.database_id
            found.owner = new_owner
            self.github.organizations.add(new_owner)

    def archive_repository(self, repository: str) -> None:
        """Make a repository read-only."""
        with self._lock:
            self.github.named(repository).is_archived = True

    def rename_default_branch(self, repository: str, new_name: str) -> None:
        """Give the default branch another name; its commits stay."""
        with self._lock:
            self.github.named(repository).default_branch = new_name

    def empty_repository(self, repository: str) -> None:
        """Delete the default branch with nothing in its place."""
        with self._lock:
            found = self.github.named(repository)
            found.head = None
            found.touch()

    def recreate_repository(self, repository: str) -> Repository:
        """Delete a repository and make an empty one of the same name: another id."""
        with self._lock:
            gone = self.delete_repository(repository)
            self._count += 1
            made = Repository(
                gone.database_id + 900_000_000 + self._count,
                gone.owner,
                gone.name,
                created_at=_later(self._newest(gone), hours=1),
            )
            self.github.repositories.append(made)
            return made

    def reset_branch(self, repository: str, oid: str) -> None:
        """Let the default branch point at a commit that is there, by a force push."""
        with self._lock:
            found = self.github.named(repository)
            found.head = oid
            found.touch()

    def add_member(self, organization: str, login: str, database_id: int) -> None:
        """Take an account into an organization."""
        with self._lock:
            members = self.github.members.setdefault(organization.lower(), [])
            members.append(OrganizationMember(login, database_id))

    def remove_member(self, organization: str, login: str) -> None:
        """Take an account out of an organization."""
        with self._lock:
            members = self.github.members[organization.lower()]
            members[:] = [member for member in members if member.login != login]

    def delete_repository(self, repository: str) -> Repository:
        """Take a repository away and return it, so that ``restore_repository`` can undo it."""
        with self._lock:
            found = self.github.named(repository)
            self.github.repositories.remove(found)
            return found

    def restore_repository(self, repository: Repository) -> None:
        """Make a deleted repository visible again."""
        with self._lock:
            self.github.repositories.append(repository)

    def _oid(self, repository: Repository) -> str:
        self._count += 1
        return object_id(repository.database_id, "changed", self._count)

    @staticmethod
    def _newest(repository: Repository) -> str:
        dates = (commit.committed_date for commit in repository.commits.values())
        return max(dates, default=repository.created_at)

    @staticmethod
    def _newest_update(repository: Repository) -> str:
        dates = (pull.updated_at for pull in repository.pull_requests.values())
        return max(dates, default=repository.created_at)


def _later(text: str, *, hours: int) -> str:
    return instant(datetime.fromisoformat(text) + timedelta(hours=hours))
