"""Staging that parses only what is new ends where a full refresh would."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from hand_made_warehouse import DBT, PROJECT, WHERE, Warehouse

from ingestion import warehouse
from ingestion.anthropic import endpoints
from ingestion.github import tables as github_tables

STAGED = (
    "stg_anthropic__claude_code_records",
    "stg_anthropic__claude_code_tool_actions",
    "stg_anthropic__claude_code_model_usage",
    "stg_anthropic__message_usage",
    "stg_anthropic__cost_items",
    "stg_anthropic__analytics_cost",
    "stg_github__commits",
    "stg_github__pull_requests",
    "stg_github__pull_request_commits",
)
MARKED = ("int_commits_marked", "int_pull_requests_marked", "int_pull_request_commits_marked")
BUILD = ("run", "--quiet", "--select", *STAGED, *MARKED)


def record(day: str, mail: str, sessions: int, models: int = 1) -> dict[str, object]:
    return {
        "date": f"{day}T00:00:00Z",
        "actor": {"type": "user_actor", "email_address": mail},
        "organization_id": "o",
        "customer_type": "api",
        "terminal_type": "vscode",
        "core_metrics": {
            "num_sessions": sessions,
            "lines_of_code": {"added": 1, "removed": 0},
            "commits_by_claude_code": 0,
            "pull_requests_by_claude_code": 0,
        },
        "tool_actions": {"edit_tool": {"accepted": sessions, "rejected": 0}},
        "model_breakdown": [
            {
                "model": f"m{number}",
                "tokens": {"input": 1, "output": 2, "cache_read": 3, "cache_creation": 4},
                "estimated_cost": {"amount": 5, "currency": "USD"},
            }
            for number in range(models)
        ],
    }


def page(day: str, *sessions: int) -> dict[str, object]:
    return {"data": [record(day, f"p{i}@example.com", n) for i, n in enumerate(sessions)]}


def bucket(day: str, *amounts: str) -> dict[str, object]:
    return {
        "starting_at": f"{day}T00:00:00Z",
        "results": [{"amount": amount, "currency": "USD"} for amount in amounts],
    }


def staged_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            table: connection.execute(f"from {schema}.{table} order by all").fetchall()
            for schema, tables in (("staging", STAGED), ("intermediate", MARKED))
            for table in tables
        }


def assert_equal_to_a_full_refresh(stored: Warehouse) -> None:
    before = staged_rows(stored.path)
    fresh = Warehouse(stored.folder / "fresh", stored.target)
    fresh.folder.mkdir(exist_ok=True)
    shutil.copy(stored.path, fresh.path)
    fresh.dbt(*BUILD, "--full-refresh")
    assert before == staged_rows(fresh.path)


def load_three_days(stored: Warehouse) -> None:
    stored.load(
        endpoints.CLAUDE_CODE.table,
        {
            "2026-11-16": [page("2026-11-16", 1, 2), page("2026-11-16", 3)],
            "2026-11-17": [page("2026-11-17", 4)],
            "2026-11-18": [page("2026-11-18")],
        },
    )
    stored.load(endpoints.COST.table, {"2026-11-16": [bucket("2026-11-16", "1.5", "2")]})
    stored.load(
        endpoints.ANALYTICS_COST.table,
        {"2026-11-16": [{"data": [{"cost": {"amount": "1.5"}}]}]},
    )
    commit = json.dumps(
        {
            "message": "Fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
            "additions": 1,
            "deletions": 2,
            "parents": {"totalCount": 1},
        }
    )
    stored.add(
        github_tables.COMMITS.qualified_name,
        github_tables.COMMITS.schema,
        [
            {"repository_id": 1, "commit_sha": sha, "body": commit, "fetched_at": stored.clock}
            for sha in ("a", "b")
        ],
    )
    pull_request = (
        '{"state": "OPEN", "commits": {"totalCount": 1, "nodes": [{"commit": {"oid": "a"}}]}}'
    )
    stored.add(
        github_tables.PULL_REQUESTS.qualified_name,
        github_tables.PULL_REQUESTS.schema,
        [
            {
                "repository_id": 1,
                "pull_request_number": number,
                "body": pull_request,
                "more_commits": "[]",
                "fetched_at": stored.clock,
                "run_id": "run_1",
            }
            for number in (1, 2)
        ],
    )


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory, target: Path) -> Warehouse:
    """Three days staged where before nothing was."""
    made = Warehouse(tmp_path_factory.mktemp("three_days"), target)
    with warehouse.prepared(made.path):
        pass
    made.dbt(*BUILD)
    load_three_days(made)
    made.dbt(*BUILD)
    return made


@pytest.fixture
def staged(three_days: Warehouse, tmp_path: Path) -> Warehouse:
    copy = replace(three_days, folder=tmp_path)
    shutil.copy(three_days.path, copy.path)
    return copy


def test_a_build_after_each_load_equals_a_full_refresh(staged: Warehouse) -> None:
    assert_equal_to_a_full_refresh(staged)
    first = dict(
        staged.rows("select window_key, run_id from staging.stg_anthropic__claude_code_records")
    )

    # A day comes back with fewer pages, one emptied, one with its first records, one new.
    staged.load(
        endpoints.CLAUDE_CODE.table,
        {
            "2026-11-16": [page("2026-11-16", 9)],
            "2026-11-17": [page("2026-11-17")],
            "2026-11-18": [page("2026-11-18", 5)],
            "2026-11-19": [page("2026-11-19", 6, 7), page("2026-11-19", 8)],
        },
    )
    staged.load(endpoints.COST.table, {"2026-11-16": [bucket("2026-11-16")]})
    staged.load(
        endpoints.ANALYTICS_COST.table,
        {"2026-11-16": [{"data": [{"cost": {"amount": "2"}}] * 2}]},
    )
    staged.execute(
        "delete from raw_github.commits where commit_sha = 'a'",
        "update raw_github.commits set left_default_branch_at = '2026-11-20 10:00:00+00'",
        "update raw_github.pull_requests set run_id = 'run_9',"
        " body = replace(body, 'OPEN', 'CLOSED') where pull_request_number = 2",
    )
    staged.dbt(*BUILD)
    assert_equal_to_a_full_refresh(staged)
    assert first.keys() == {"2026-11-16", "2026-11-17"}
    assert staged.rows(
        "select window_key, sum(session_count) from staging.stg_anthropic__claude_code_records"
        " group by all order by all"
    ) == [("2026-11-16", 9), ("2026-11-18", 5), ("2026-11-19", 21)]
    assert staged.rows("select count(*) from staging.stg_anthropic__cost_items") == [(0,)]
    assert staged.rows("select sum(billed_cost_cents) from staging.stg_anthropic__analytics_cost")[
        0
    ] == (4,)
    assert staged.rows(
        "select pull_request_number, pull_request_state from staging.stg_github__pull_requests"
        " order by all"
    ) == [(1, "open"), (2, "closed")]


def changed_at_random(stored: Warehouse, dice: random.Random) -> None:
    """As a run does: some commits and pull requests come, some again with other texts, some go."""
    stored.runs += 1
    stored.clock += timedelta(hours=1)
    read = {"fetched_at": stored.clock, "run_id": f"run_{stored.runs}"}
    texts = ("Fix", "Fix\n\nby Claude", "By Claude\n\nCo-Authored-By: Claude <a@b.c>", "")
    commits, pull_requests = dice.sample(range(8), 4), dice.sample(range(8), 4)
    gone = dice.randrange(8)
    stored.execute(
        "delete from raw_github.commits"
        f" where try_cast(commit_sha as integer) in ({', '.join(map(str, [*commits, gone]))})",
        "update raw_github.commits set left_default_branch_at = '2026-11-20 10:00:00+00'"
        f" where commit_sha = '{dice.randrange(8)}'",
        "delete from raw_github.pull_requests"
        f" where pull_request_number in ({', '.join(map(str, [*pull_requests, gone]))})",
    )
    stored.add(
        github_tables.COMMITS.qualified_name,
        github_tables.COMMITS.schema,
        [
            {
                "repository_id": 1,
                "commit_sha": str(number),
                "body": json.dumps({"message": dice.choice(texts), "parents": {"totalCount": 1}}),
                **read,
            }
            for number in commits
        ],
    )
    stored.add(
        github_tables.PULL_REQUESTS.qualified_name,
        github_tables.PULL_REQUESTS.schema,
        [
            {
                "repository_id": 1,
                "pull_request_number": number,
                "body": json.dumps(
                    {
                        "title": dice.choice(texts),
                        "body": dice.choice(texts),
                        "commits": {
                            "nodes": [
                                {"commit": {"oid": f"b{place}", "message": dice.choice(texts)}}
                                for place in range(dice.randrange(3))
                            ]
                        },
                    }
                ),
                "more_commits": "[]",
                **read,
            }
            for number in pull_requests
        ],
    )


@pytest.mark.soak
def test_any_sequence_of_changes_ends_where_a_full_refresh_would(staged: Warehouse) -> None:
    dice = random.Random(5)
    for _ in range(2):
        for _ in range(2):
            changed_at_random(staged, dice)
        staged.dbt(*BUILD)
        assert_equal_to_a_full_refresh(staged)
    for table in ("int_commits_marked", "int_pull_request_commits_marked"):
        lines = f"(select unnest(marked_lines) from intermediate.{table})"
        assert staged.rows(f"select count(*) > 0 from {lines}") == [(True,)]


def test_pages_that_are_staged_are_not_parsed_again(staged: Warehouse) -> None:
    # Not a new reading: who changes a body without one is not heard.
    staged.execute(
        "update raw_anthropic.usage_report_claude_code set body = replace(body, 'vscode', 'tmux')"
    )
    staged.load(endpoints.CLAUDE_CODE.table, {"2026-11-19": [page("2026-11-19", 1)]})
    staged.dbt(*BUILD)
    assert staged.rows(
        "select distinct terminal_type from staging.stg_anthropic__claude_code_records"
    ) == [("vscode",)]


def test_many_pages_are_parsed_in_slices_and_none_is_lost(stored: Warehouse) -> None:
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 9) for day in range(1, 29)]
    stored.load(endpoints.CLAUDE_CODE.table, {day: [page(day, 1)] for day in days})
    # As if each page had 10 MB, so that slices of a few days each are made.
    stored.execute("update raw_anthropic.completeness_ledger set byte_count = 10000000")
    stored.dbt(*BUILD)
    assert stored.rows(
        "select count(*), count(distinct window_key)"
        " from staging.stg_anthropic__claude_code_records"
    ) == [(len(days), len(days))]
    # Only some days in between change.
    changed = random.Random(7).sample(days, 20)
    stored.load(endpoints.CLAUDE_CODE.table, {day: [page(day, 2)] for day in changed})
    stored.execute("update raw_anthropic.completeness_ledger set byte_count = 10000000")
    stored.dbt(*BUILD)
    assert_equal_to_a_full_refresh(stored)


def test_other_staging_code_starts_the_table_anew(staged: Warehouse) -> None:
    project = staged.folder / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    # A macro, which no model's own file shows; and a view over the table that it is used in.
    macro = project / "macros" / "utc_date.sql"
    changed = macro.read_text().replace(" as date)", " as date) + 1")
    assert changed != macro.read_text()
    macro.write_text(changed)

    staged.target = staged.folder / "target"
    staged.dbt(*BUILD, project=project)

    for table in ("records", "model_usage", "tool_actions"):
        assert staged.rows(
            "select distinct usage_date - cast(window_key as date)"
            f" from staging.stg_anthropic__claude_code_{table}"
        ) == [(1,)], table


@pytest.mark.soak
def test_a_build_that_is_killed_is_made_good_by_the_next(staged: Warehouse) -> None:
    moments = random.Random(11)
    for round_number in range(4):
        day = f"2026-11-{16 + round_number % 3}"
        staged.load(endpoints.CLAUDE_CODE.table, {day: [page(day, *range(round_number + 2))]})
        with subprocess.Popen(
            [str(DBT), *BUILD, *WHERE, "--target-path", str(staged.target)],
            cwd=PROJECT,
            env={**os.environ, "WAREHOUSE_PATH": str(staged.path)},
            stdout=subprocess.DEVNULL,
        ) as build:
            time.sleep(moments.uniform(2, 4))
            build.send_signal(signal.SIGKILL)
    staged.dbt(*BUILD)
    assert_equal_to_a_full_refresh(staged)
