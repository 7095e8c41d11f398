"""The truth is computed without the server; what the server hands out adds up to it exactly."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from demo_clients import GraphQL, all_pages, commits, github_client, graphql, pull_requests

from demo_api import DemoServer, build_organisation, compute_truth, load_rest_history
from ingestion.github import queries


def test_one_seed_gives_one_organisation() -> None:
    first, second = build_organisation(), build_organisation()
    assert first == second
    assert compute_truth(build_organisation(7)) != compute_truth(first)


def test_the_story_has_the_promised_size(server: DemoServer) -> None:
    truth = server.truth()
    assert truth.people == 40
    assert len(server.organisation.days) == 90
    assert len(truth.repositories) == 6
    assert 600 <= sum(r.pull_requests for r in truth.repositories.values()) <= 900
    assert 1_500 <= sum(r.commits for r in truth.repositories.values()) <= 2_500
    assert truth.claude_code_billed_cents < truth.billed_cents
    assert set(truth.billed_cents_by_cost_type) == {
        "tokens",
        "web_search",
        "code_execution",
        "session_usage",
    }


def test_served_bills_add_up(admin: httpx.Client, server: DemoServer) -> None:
    truth = server.truth()
    params = [
        ("starting_at", "2026-08-03T00:00:00Z"),
        ("ending_at", "2026-11-01T00:00:00Z"),
        ("limit", "31"),
        ("group_by[]", "workspace_id"),
        ("group_by[]", "description"),
    ]
    by_day: dict[str, Decimal] = {}
    by_workspace: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    page: list[tuple[str, str]] = []
    while True:
        answer = admin.get("cost_report", params=params + page).json()
        for bucket in answer["data"]:
            day = bucket["starting_at"][:10]
            by_day[day] = sum((Decimal(row["amount"]) for row in bucket["results"]), Decimal(0))
            for row in bucket["results"]:
                by_workspace[day, row["workspace_id"]] += Decimal(row["amount"])
        if not answer["has_more"]:
            break
        page = [("page", answer["next_page"])]
    assert by_day == truth.billed_cents_by_day
    assert by_workspace == truth.billed_cents_by_day_and_workspace
    assert sum(by_day.values()) == truth.billed_cents


def test_served_tokens_add_up(admin: httpx.Client, server: DemoServer) -> None:
    params = {
        "starting_at": "2026-08-03T00:00:00Z",
        "ending_at": "2026-11-01T00:00:00Z",
        "limit": "31",
        "group_by[]": "model",
    }
    tokens: Counter[tuple[str, str]] = Counter()
    for bucket in all_pages(admin, "usage_report/messages", params):
        for row in bucket["results"]:
            tokens[bucket["starting_at"][:10], row["model"]] += (
                row["uncached_input_tokens"]
                + row["output_tokens"]
                + row["cache_read_input_tokens"]
                + sum(row["cache_creation"].values())
            )
    assert tokens == server.truth().usage_tokens_by_day_and_model


def test_served_records_add_up(admin: httpx.Client, server: DemoServer) -> None:
    truth = server.truth()
    estimated: dict[str, Decimal] = defaultdict(Decimal)
    decisions: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for day in server.organisation.days:
        params = {"starting_at": day, "limit": "1000"}
        records = admin.get("usage_report/claude_code", params=params).json()["data"]
        metrics = [record["core_metrics"] for record in records]
        expected = truth.by_day[day]
        assert len(records) == expected.records
        assert sum(m["num_sessions"] for m in metrics) == expected.sessions
        assert sum(m["lines_of_code"]["added"] for m in metrics) == expected.lines_added
        assert sum(m["commits_by_claude_code"] for m in metrics) == expected.commits
        for record in records:
            for use in record["model_breakdown"]:
                assert isinstance(use["estimated_cost"]["amount"], int)
                estimated[use["model"]] += use["estimated_cost"]["amount"]
            for tool, decision in record["tool_actions"].items():
                decisions[tool][0] += decision["accepted"]
                decisions[tool][1] += decision["rejected"]
    assert estimated == truth.estimated_cents_by_model
    assert sum(estimated.values()) == truth.estimated_cents
    assert {tool: tuple(counts) for tool, counts in decisions.items()} == truth.tool_decisions
    people = sum((a.estimated_cents for a in truth.by_person.values()), Decimal(0))
    assert people == truth.estimated_cents


def test_actors_lead_to_people_as_the_truth_says(admin: httpx.Client, server: DemoServer) -> None:
    """Follow the documented path: key name, key of the Claude Code workspace, creator, address."""
    people = {user["id"]: user["email"].lower() for user in listed(admin, "users")}
    workspaces = {w["id"]: w["name"] for w in listed(admin, "workspaces")}
    owners: dict[str, set[str | None]] = defaultdict(set)
    for key in listed(admin, "api_keys"):
        if workspaces.get(key["workspace_id"]) == "Claude Code" and key["created_by"]:
            owners[key["name"]].add(people.get(key["created_by"]["id"]))
    sessions: Counter[str] = Counter()
    for records in server.organisation.records.values():
        for record in records:
            found = owners.get(record.actor, set())
            person = next(iter(found)) if len(found) == 1 else None
            # One mailbox, one person: in any case, and with anything after a plus.
            mailbox = record.actor.lower().replace("+claude@", "@")
            sessions[(mailbox if record.is_user else person) or "unresolved"] += record.sessions
    truth = server.truth()
    assert sessions == {person: sums.sessions for person, sums in truth.by_person.items()}


def listed(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = client.get(path, params={"limit": 1000}).json()["data"]
    return data


def test_served_repositories_add_up(ask: GraphQL, server: DemoServer) -> None:
    truth = server.truth()
    for name, expected in truth.repositories.items():
        short = name.partition("/")[2]
        if expected.pull_requests == 0:
            continue
        served = commits(ask, short)
        lines = [commit for commit in served if commit["parents"]["totalCount"] < 2]
        assert len(served) == expected.commits
        assert len(served) - len(lines) == expected.merge_commits
        assert sum(commit["additions"] for commit in lines) == expected.lines_added
        with_claude = [
            commit
            for commit in lines
            if truth.commit_attribution[name, commit["oid"]] == "with_claude"
        ]
        assert len(with_claude) == expected.commits_by_attribution["with_claude"]
        assert sum(c["additions"] for c in with_claude) == expected.lines_added_with_claude
        pulls = pull_requests(ask, short, 50)
        states = Counter(pull["state"].lower() for pull in pulls)
        assert states == expected.pull_requests_by_state
        assert {pull["number"] for pull in pulls} == {
            number for repository, number in truth.pull_request_attribution if repository == name
        }


def test_every_planted_case_is_there(ask: GraphQL) -> None:
    pulls = [
        pull
        for name in ("storefront", "billing-service", "data-platform", "mobile-app")
        for pull in pull_requests(ask, name, 50)
    ]
    authors = [node["commit"]["author"] for pull in pulls for node in pull["commits"]["nodes"]]
    assert any(pull["author"] is None for pull in pulls)
    assert {"Bot", "User"} == {pull["author"]["__typename"] for pull in pulls if pull["author"]}
    assert any(author["user"] is None for author in authors)
    assert any(author["email"] != author["email"].lower() for author in authors)
    assert any(author["email"].endswith("users.noreply.github.com") for author in authors)
    assert {"claude[bot]", "Claude", "dependabot[bot]", "renovate[bot]"} <= {
        author["name"] for author in authors
    }
    labels = {node["name"] for pull in pulls for node in pull["labels"]["nodes"]}
    assert "claude-code-assisted" in labels
    assert {"MERGED", "OPEN", "CLOSED"} == {pull["state"] for pull in pulls}


def test_real_histories_are_served_too(tmp_path: Path) -> None:
    write_history(tmp_path / "someone__project")
    with (
        DemoServer(github=load_rest_history(tmp_path)) as server,
        github_client(server) as client,
    ):
        variables = {"owner": "someone", "name": "project", "pageSize": 10}
        answer = graphql(client, queries.pull_requests()[0], **variables)
        (pull,) = answer["data"]["repository"]["pullRequests"]["nodes"]
        assert (pull["state"], pull["createdAt"]) == ("MERGED", "2026-01-02T00:00:00Z")
        assert pull["updatedAt"] == pull["mergedAt"] == "2026-01-03T00:00:00Z"
        assert pull["author"] == {"login": "helper", "__typename": "Bot"}
        history = graphql(
            client, queries.default_branch_commits(), since="2020-01-01T00:00:00Z", **variables
        )["data"]["repository"]["defaultBranchRef"]["target"]["history"]
        # The middle commit's child was left out of the data; the absent parent looks older.
        assert [node["oid"][0] for node in history["nodes"]] == ["c", "b"]
        assert history["nodes"][0]["additions"] == 5
        assert history["nodes"][1]["author"]["user"]["databaseId"] == 3_000_000_000


def rest_commit(letter: str, day: int, parent: str | None, **more: Any) -> dict[str, Any]:
    signed = {"name": "W", "email": "w@example.com", "date": f"2026-01-{day:02d}T00:00:00Z"}
    return {
        "sha": letter * 40,
        "commit": {"author": signed, "committer": signed, "message": letter},
        "author": {"login": "w", "id": 3_000_000_000, "type": "User"},
        "committer": None,
        "parents": [{"sha": parent * 40}] if parent else [],
        **more,
    }


def write_history(folder: Path) -> None:
    folder.mkdir()
    stats = {"stats": {"total": 6, "additions": 5, "deletions": 1}, "files": [{}]}
    pull = {
        "number": 4,
        "title": "T",
        "body": None,
        "state": "closed",
        "user": {"login": "helper[bot]", "id": 1, "type": "Bot"},
        "created_at": None,
        "updated_at": None,
        "closed_at": "2026-01-03T00:00:00Z",
        "merged_at": "2026-01-03T00:00:00Z",
        "merge_commit_sha": "c" * 40,
        "labels": None,
        "head": {"ref": None, "sha": "d" * 40},
    }
    files = {
        "commits": [rest_commit("c", 3, "x", **stats), rest_commit("b", 1, None, **stats)],
        "pulls": [pull],
        "pull_commits": [{"pull_number": 4, "commits": [rest_commit("d", 2, "b")]}],
    }
    for name, documents in files.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as lines:
            lines.writelines(json.dumps(document) + "\n" for document in documents)


def test_the_command_prints_how_to_use_it() -> None:
    command = [sys.executable, "-m", "demo_api"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(7)]
        settings = dict(
            line.removeprefix("export ").strip().split("=", 1)
            for line in lines
            if line.startswith("export ")
        )
        headers = {
            "x-api-key": settings["ANTHROPIC_ADMIN_KEY"],
            "anthropic-version": "2023-06-01",
        }
        url = settings["ANTHROPIC_BASE_URL"] + "/v1/organizations/me"
        assert httpx.get(url, headers=headers).status_code == 200
        process.terminate()
