"""What a merge leaves on the default branch: a squash, a merge commit or rebased copies."""

from __future__ import annotations

import random
from dataclasses import replace

from demo_api.branches import Plan
from demo_api.git_people import WEB_FLOW, known_actor, person_actor
from demo_api.git_store import Actor, Commit, GitActor
from demo_api.people import Person
from demo_api.pull_request_cases import WITHOUT
from demo_api.text import object_id


class Merger:
    """Merges one planned pull request and fills in its merge fields."""

    def __init__(self, rng: random.Random, repository: str) -> None:
        self._rng = rng
        self._repository = repository

    def merge(self, plan: Plan, *, head: str, merger: Person) -> list[Commit]:
        """Return the commits to add, the last being the new head."""
        pull = plan.pull_request
        styles = {"squash": self._squash, "merge": self._merge_commit, "rebase": self._rebase}
        commits = styles[plan.style](plan, head, merger)
        pull.merge_commit_oid = commits[-1].oid
        pull.merged_by = Actor(merger.github_login)
        return commits

    def _squash(self, plan: Plan, head: str, _merger: Person) -> list[Commit]:
        pull = plan.pull_request
        merged_at = pull.merged_at or ""
        first = pull.commits[0].author
        commit = Commit(
            oid=object_id(self._repository, pull.number, "squash"),
            message=self._squash_message(plan),
            author=GitActor(first.name, first.email, merged_at, first.user),
            committer=known_actor(WEB_FLOW, merged_at),
            parents=(head,),
            additions=pull.additions,
            deletions=pull.deletions,
            changed_files=pull.changed_files,
            # A squash commit is the pull request: it inherits the answer, the doubt too.
            claude_truth=plan.case.truth,
        )
        return [commit]

    def _squash_message(self, plan: Plan) -> str:
        pull = plan.pull_request
        subject = f"{pull.title} (#{pull.number})"
        if plan.case.squash == "title" or plan.case.body:
            # The repository squashes with titles alone: what the text says stays there.
            return subject
        if len(pull.commits) == 1:
            rest = pull.commits[0].message.partition("\n\n")[2]
            return f"{subject}\n\n{rest}".rstrip()
        bullets = "\n\n".join(f"* {commit.message}" for commit in pull.commits)
        return f"{subject}\n\n{bullets}\n\n---------\n\n{self._co_authors(plan)}".rstrip("\n -")

    def _co_authors(self, plan: Plan) -> str:
        lines: list[str] = []
        for commit in plan.pull_request.commits:
            for line in commit.message.splitlines():
                if line.lower().startswith("co-authored-by:"):
                    lines.append("Co-authored-by:" + line.partition(":")[2])
        return "\n".join(dict.fromkeys(lines))

    def _merge_commit(self, plan: Plan, head: str, merger: Person) -> list[Commit]:
        pull = plan.pull_request
        merged_at = pull.merged_at or ""
        commit = Commit(
            oid=object_id(self._repository, pull.number, "merge"),
            message=(
                f"Merge pull request #{pull.number} from larkfield/{pull.head_ref_name}\n\n"
                f"{pull.title}"
            ),
            author=person_actor(self._rng, merger, merged_at),
            committer=known_actor(WEB_FLOW, merged_at),
            parents=(head, pull.head_ref_oid),
            additions=pull.additions,
            deletions=pull.deletions,
            changed_files=pull.changed_files,
            claude_truth=WITHOUT,
        )
        return [commit]

    def _rebase(self, plan: Plan, head: str, merger: Person) -> list[Commit]:
        pull = plan.pull_request
        committer = person_actor(self._rng, merger, pull.merged_at or "")
        copies: list[Commit] = []
        for position, commit in enumerate(pull.commits):
            copy = replace(
                commit,
                oid=object_id(self._repository, pull.number, "rebased", position),
                committer=committer,
                parents=(head,),
            )
            head = copy.oid
            copies.append(copy)
        return copies
