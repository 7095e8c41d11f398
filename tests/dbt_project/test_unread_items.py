"""What GitHub could not answer whole is null in the tables, counted, and no zero."""

from __future__ import annotations

from datetime import date
from typing import Any

from hand_made_warehouse import Warehouse

from demo_api import DemoServer
from demo_api.github_faults import BrokenItem
from ingestion.github.load import load_github
from ingestion.http import RetryPolicy

REPOSITORY = "larkfield/mobile-app"
QUICK = RetryPolicy(attempts=4, first_wait=0.01, longest_wait=0.02)


def test_what_could_not_be_read_is_null_and_counted(stored: Warehouse, settings_for: Any) -> None:
    with DemoServer() as server:
        settings = settings_for(
            server, github_org=None, github_repos=REPOSITORY, warehouse_path=stored.path
        )
        world = server.github.named(REPOSITORY)
        commit = next(one.oid for one in world.history(world.head or "") if one.additions > 0)
        unmarked = [
            number
            for number, pull in world.pull_requests.items()
            if pull.claude_truth == "without_claude" and pull.merged_at
        ]
        lines, files, commits, lost = unmarked[:4]
        server.github_api.broken += [
            BrokenItem(commit, ["additions"]),
            BrokenItem(lines, ["additions"], times_out=False),
            BrokenItem(files, ["files"]),
            BrokenItem(commits, ["commits"]),
            BrokenItem(lost, ["title"]),
        ]
        report = load_github(settings, run_id="one", start=date(2026, 6, 1), retry=QUICK)
        assert report.failures == []
    # The facts, and what their tests add up.
    marts = ("data_completeness", "flow_weekly", "contributions_weekly")
    stored.dbt(
        *("build", "--select", *(f"+{name}" for name in marts)),
        *("--exclude-resource-type", "test", "unit_test"),
    )
    read = ("stg_github__commits", "stg_github__pull_requests", "fct_commits", "fct_pull_requests")
    selected = ("--select", *marts, *read, "int_pull_requests_attributed")
    stored.dbt("test", *selected, "--indirect-selection", "cautious")
    (line,) = stored.rows(
        f"select lines_added, lines_removed, is_merge from marts.fct_commits"
        f" where commit_sha = '{commit}'"
    )
    assert line == (None, None, False)
    pulls = {
        number: rest
        for number, *rest in stored.rows(
            "select pull_request_number, lines_added, effective_lines_added, commit_count,"
            " claude_attribution, attribution_reason from marts.fct_pull_requests"
        )
    }
    assert set(world.pull_requests) - set(pulls) == {lost}
    assert pulls[lines][0] is None
    assert pulls[lines][1] is not None
    assert pulls[files][0] is not None
    assert pulls[files][1] is None
    assert pulls[commits][2:] == [None, "undetermined", "commits_not_read"]
    assert stored.rows(
        "select endpoint, completeness_status, unread_item_count, duplicate_row_count,"
        " error_message is null from marts.data_completeness order by endpoint"
    ) == [
        ("commits", "complete", 1, 0, False),
        ("pull_requests", "partial", 4, 0, False),
        ("repositories", "complete", 0, 0, True),
    ]


def test_rows_that_were_stored_and_staged_twice_heal(stored: Warehouse, settings_for: Any) -> None:
    select = ("--select", "stg_github__commits", "stg_github__repositories")
    with DemoServer() as server:
        settings = settings_for(
            server, github_org=None, github_repos=REPOSITORY, warehouse_path=stored.path
        )
        load_github(settings, run_id="one", start=date(2026, 6, 1), retry=QUICK)
        count = "select count(*) from raw_github.commits"
        once = stored.rows(count)
        stored.execute("insert into raw_github.commits from raw_github.commits using sample 5 rows")
        # As a version did that stored what came twice.
        stored.dbt("run", *select)
        load_github(settings, run_id="two", start=date(2026, 6, 1), retry=QUICK)
        assert stored.rows(count) == once
    stored.dbt("run", *select)
    stored.dbt("test", "--select", "stg_github__commits_keeps_its_rules")
    assert stored.rows("select count(*) from staging.stg_github__commits") == once
