"""Commits and pull requests written down by hand, as raw rows of a warehouse.

A case is a mapping: `subject` (commit or pull_request), `message` and `author` of a commit;
`title`, `body`, `head_branch`, `author_login`, `author_kind`, `merge` and `branch_commits` of a
pull request. Each case has a repository of its own; GitHub's spelling is that of its REST API.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hand_made_warehouse import Warehouse

from ingestion.github import tables as github_tables

Case = Mapping[str, Any]
DANA = {"name": "Dana Berg", "email": "dana@corp.example", "login": "dana-b"}
GITHUB = {"name": "GitHub", "email": "noreply@github.com", "login": "web-flow"}
SELECTED = ("+fct_commits", "+fct_pull_requests", "+dim_people", "+fct_attribution_evidence")


@dataclass(frozen=True)
class Answer:
    """What the marts say of a case; ``commit_…`` of a pull request's squash commit."""

    attribution: str
    confidence: str
    person: str
    commit_attribution: str | None
    commit_person: str | None


def answers(stored: Warehouse, cases: Mapping[str, Case]) -> dict[str, Answer]:
    """Load the cases, build the marts they need, and return what these say of each."""
    numbers = {name: number for number, name in enumerate(cases, start=1)}
    _load(stored, cases, numbers)
    stored.dbt("build", "--quiet", "--exclude-resource-type", "unit_test", "test",
               "--select", *SELECTED)  # fmt: skip
    said = {
        (repository, kind): (attribution, confidence, person)
        for repository, kind, attribution, confidence, person in stored.rows(
            """
            with subjects as (
                select repository_id, 'commit' as kind, claude_attribution,
                    attribution_confidence, person_key
                from marts.fct_commits where commit_sha like '%main'
                union all
                select repository_id, 'pull_request', claude_attribution,
                    attribution_confidence, person_key
                from marts.fct_pull_requests
            )
            select repository_id, kind, claude_attribution, attribution_confidence,
                case when person_kind in ('bot', 'service') then 'bot' else 'human' end
            from subjects left join marts.dim_people using (person_key)
            """
        )
    }
    return {
        name: Answer(
            *said[numbers[name], case["subject"]],
            *(said[numbers[name], "commit"][::2] if _squash(case) else (None, None)),
        )
        for name, case in cases.items()
    }


def evidence(stored: Warehouse, cases: Mapping[str, Case]) -> dict[str, list[str]]:
    """Return what was found of each case, a line for each match, for a test to print."""
    found = stored.rows(
        "select repository_id, concat_ws(' ', subject_type, rule, agent, evidence_source,"
        " matched_text) from marts.fct_attribution_evidence order by all"
    )
    return {
        name: [text for repository, text in found if repository == number]
        for number, name in enumerate(cases, start=1)
    }


def _load(stored: Warehouse, cases: Mapping[str, Case], numbers: Mapping[str, int]) -> None:
    seen = {"fetched_at": stored.clock, "run_id": "run_1"}
    stored.add(
        github_tables.REPOSITORIES.qualified_name,
        github_tables.REPOSITORIES.schema,
        [
            {"repository_id": number, "repository": f"acme/{name}", "is_active": True,
             "body": "{}", **seen}
            for name, number in numbers.items()
        ],
    )  # fmt: skip
    commits = [row for name, case in cases.items() for row in _commit_rows(case, numbers[name])]
    stored.add(
        github_tables.COMMITS.qualified_name,
        github_tables.COMMITS.schema,
        [{**row, **seen} for row in commits],
    )
    stored.add(
        github_tables.PULL_REQUESTS.qualified_name,
        github_tables.PULL_REQUESTS.schema,
        [
            {"repository_id": numbers[name], "pull_request_number": 1, "more_commits": "[]",
             "body": json.dumps(_pull_request(case)), **seen}
            for name, case in cases.items()
            if case["subject"] == "pull_request"
        ],
    )  # fmt: skip


def _squash(case: Case) -> bool:
    return (case["subject"], case.get("merge", "squash")) == ("pull_request", "squash")


def _commit_rows(case: Case, number: int) -> Iterator[dict[str, Any]]:
    if case["subject"] == "commit":
        node = _commit("main", case["message"], case.get("author", DANA), case.get("committer"))
        yield _row(number, "main", node)
    elif _squash(case):
        message = case.get("squash_message", f"{case['title']} (#{{number}})")
        author = _branch(case)[0].get("author", DANA)
        node = _commit("main", message.replace("{number}", "1"), author, GITHUB, minute=30)
        yield _row(number, "main", node)
    elif case["merge"] == "rebase":
        for place, one in enumerate(_branch(case)):
            node = _commit(f"rebased{place}", one["message"], one.get("author", DANA), minute=place)
            yield _row(number, f"rebased{place}", node)


def _row(number: int, sha: str, node: Mapping[str, Any]) -> dict[str, Any]:
    return {"repository_id": number, "commit_sha": sha, "body": json.dumps(node)}


def _branch(case: Case) -> Sequence[Mapping[str, Any]]:
    return case.get("branch_commits") or [{"message": case["title"], "author": DANA}]


def _commit(
    sha: str, message: str, author: Case, committer: Case | None = None, minute: int = 0
) -> dict[str, Any]:
    stamp = f"2026-10-05T12:{minute:02}:00Z"
    return {
        "oid": sha,
        "message": message,
        "authoredDate": stamp,
        "committedDate": stamp,
        "additions": 1,
        "deletions": 0,
        "author": _git(author),
        "committer": _git(committer or author),
        "parents": {"totalCount": 1},
    }


def _git(actor: Case) -> dict[str, Any]:
    login = actor.get("login")
    user = {"login": login, "databaseId": zlib.crc32(login.encode())} if login else None
    return {"name": actor["name"], "email": actor["email"], "user": user}


def _pull_request(case: Case) -> dict[str, Any]:
    is_merged = case.get("merge", "squash") != "open"
    stamp = "2026-10-05T12:30:00Z"
    branch = [
        _commit(f"branch{place}", one["message"], one.get("author", DANA), one.get("committer"),
                minute=place)
        for place, one in enumerate(_branch(case))
    ]  # fmt: skip
    last = {"squash": "main", "rebase": f"rebased{len(branch) - 1}", "merge": "elsewhere"}
    return {
        "title": case["title"],
        "body": case.get("body", ""),
        "state": "MERGED" if is_merged else "OPEN",
        "createdAt": "2026-10-05T12:00:00Z",
        "updatedAt": stamp,
        "closedAt": stamp if is_merged else None,
        "mergedAt": stamp if is_merged else None,
        "mergeCommit": {"oid": last[case.get("merge", "squash")]} if is_merged else None,
        "author": {
            "login": case.get("author_login", "dana-b").removesuffix("[bot]"),
            "__typename": case.get("author_kind", "User"),
        },
        "headRefName": case.get("head_branch", "topic"),
        "baseRefName": "main",
        "labels": {"nodes": [{"name": label} for label in case.get("labels", ())]},
        "commits": {"totalCount": len(branch), "nodes": [{"commit": one} for one in branch]},
    }
