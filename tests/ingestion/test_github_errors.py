"""Errors of GitHub: under status 200, with a limit behind them, or because a page is too heavy."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from ingestion_bench import Bench, assert_names, history, pulls, repository_id

from demo_api import DemoServer, Fault
from demo_api.faults import storm
from ingestion.errors import ConfigurationError
from ingestion.github.load import load_github
from ingestion.github.paging import PageSize
from ingestion.http import RetryPolicy
from ingestion.settings import Settings

START = date(2026, 10, 20)
TABLES = ("pull_requests", "commits")
# The same request is struck three times running at most.
PATIENT = RetryPolicy(attempts=5, first_wait=0.001, longest_wait=0.002, longest_limit_wait=0.002)


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"data": None, "errors": [{"message": message, **more}]}


def sizes(bench: Bench, name: str, query: str) -> list[int]:
    """Return the page sizes asked for, in order."""
    bodies = (json.loads(one.body) for one in bench.server.requests if "graphql" in one.path)
    return [
        body["variables"]["pageSize"]
        for body in bodies
        if body["variables"].get("name") == name and f"query {query}" in body["query"]
    ]


def test_errors_that_pass_cost_tries_and_nothing_else(bench: Bench) -> None:
    bench.github(START)
    undisturbed = bench.snapshot("github")
    for table in ("repositories", "pull_requests", "commits", "completeness_ledger"):
        bench.rows(f"delete from raw_github.{table} returning 1")
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000000"}
    limited = error("API rate limit exceeded for user ID 1.", type="RATE_LIMITED")
    bench.server.faults.add(
        Fault("graphql_error", body=limited, headers=spent, body_contains="OrganizationRepos"),
        Fault(status=403, headers={"retry-after": "0.05"}, body_contains="OrganizationRepos"),
        pulls("storefront", "graphql_partial", times=2),
        history("storefront", "graphql_partial", times=2),
        pulls("mobile-app", "graphql_error"),
        history("mobile-app", "truncate"),
        pulls("data-platform", "drop_mid_body"),
        history("data-platform", "disconnect"),
        pulls("billing-service", "html", status=502),
        history("billing-service", "status", status=500),
    )
    report = bench.github(START)
    assert bench.server.faults.pending == []
    assert report.failures == []
    assert bench.snapshot("github") == undisturbed


@pytest.mark.soak
def test_a_storm_costs_tries_and_nothing_else(own: Bench) -> None:
    start = date(2026, 8, 1)
    own.github(start)
    undisturbed = own.snapshot("github")
    for seed in (1, 2):
        for table in (*TABLES, "repositories", "organization_members", "completeness_ledger"):
            own.rows(f"delete from raw_github.{table} returning 1")
        own.server.faults.set_storm(storm(seed, 0.34))
        report = own.github(start, retry=PATIENT)
        assert report.failures == []
        assert own.snapshot("github") == undisturbed
    struck = {kind for kind, _ in own.server.faults.struck}
    assert struck == {
        *("status", "html", "truncate", "drop_mid_body", "disconnect"),
        *("graphql_error", "graphql_partial"),
    }


def test_a_page_that_is_too_heavy_is_asked_for_in_halves_and_at_once(
    bench: Bench, settings_for, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(bench.server, github_org=None, github_repos="larkfield/storefront")
    timeout = error("Something went wrong. This may be the result of a timeout.")
    too_many = error("Resource limits for this query exceeded.", type="RESOURCE_LIMITS_EXCEEDED")
    bench.server.faults.add(
        pulls("storefront", "html", page_size=50, status=502),
        pulls("storefront", "status", page_size=25, status=504),
        history("storefront", "graphql_error", page_size=100, body=timeout),
        history("storefront", "graphql_error", page_size=50, body=too_many),
    )
    report = bench.github(date(2026, 9, 1), settings=settings)
    assert report.failures == []
    # It grows back slowly.
    assert sizes(bench, "storefront", "PullRequests")[:5] == [50, 25, 12, 17, 22]
    assert sizes(bench, "storefront", "DefaultBranchCommits")[:5] == [100, 50, 25, 30, 35]
    assert "waiting" not in caplog.text
    world = bench.server.github.named("larkfield/storefront")
    wanted = {n for n, pull in world.pull_requests.items() if pull.updated_at >= "2026-09-01"}
    rows = bench.rows("select pull_request_number from raw_github.pull_requests")
    assert sorted(number for (number,) in rows) == sorted(wanted)
    assert bench.statuses("commits", "github") == {repository_id(bench, "storefront"): "complete"}


def test_a_page_goes_down_to_one_and_is_never_larger_than_it_was() -> None:
    size = PageSize(50)
    shrunk = []
    while size.may_shrink:
        size.shrink()
        shrunk.append(size.now)
    assert shrunk == [25, 12, 6, 3, 1]
    grown = []
    for _ in range(11):
        size.grow()
        grown.append(size.now)
    assert grown == [6, 11, 16, 21, 26, 31, 36, 41, 46, 50, 50]


def test_a_repository_that_fails_fails_alone_and_leaves_nothing(bench: Bench) -> None:
    later = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4000000000"}
    forbidden = error("Resource not accessible by personal access token", type="FORBIDDEN")
    gone = error("Could not resolve to a Repository", type="NOT_FOUND", path=["repository"])
    partial = history("storefront", "graphql_partial", times=None, after=1)
    once = [
        pulls("storefront", "graphql_error", body=forbidden, times=None),
        pulls("mobile-app", "graphql_error", body=gone, times=None),
        history("mobile-app", "status", status=403, times=None),
        history(
            "billing-service",
            "status",
            status=403,
            headers=later,
            times=None,
        ),
    ]
    bench.server.faults.add(*once, partial)
    start = date(2026, 9, 1)
    report = bench.github(start)
    assert [fault.strikes for fault in once] == [1, 1, 1, 1]
    # Pages of 100 down to 1 and one commit without two parts, three times each; then, as nothing
    # at all is answered, as often as for anything else.
    assert partial.strikes == 9 * 3 + 4
    told = {
        ("pull_requests", "storefront"): ("FORBIDDEN", "HTTP 200"),
        ("pull_requests", "mobile-app"): ("NOT_FOUND", "HTTP 200"),
        ("commits", "mobile-app"): ("HTTP 403: Injected", "may not read this"),
        ("commits", "billing-service"): ("HTTP 403: asks to wait",),
        ("commits", "storefront"): ("Something went wrong", "HTTP 200"),
    }
    by_key = {(one.endpoint, one.window_key): one.error for one in report.failures}
    assert set(by_key) == {(table, repository_id(bench, name)) for table, name in told}
    for (table, name), parts in told.items():
        key = repository_id(bench, name)
        assert_names(by_key[table, key], f"{table} [larkfield/{name}]", "request id", *parts)
        counted = bench.ledger(table, "github")[key]
        assert (counted.status, counted.error) == ("failed", by_key[table, key])
        count = f"select count(*) from raw_github.{table} where repository_id = ?"
        assert bench.rows(count, int(key)) == [(0,)]
    for table in TABLES:
        statuses = bench.statuses(table, "github")
        failed = {repository_id(bench, name) for kind, name in told if kind == table}
        assert {key for key, status in statuses.items() if status != "complete"} == failed
        assert len(statuses) == 6
    assert bench.statuses("repositories", "github") == {"current": "complete"}

    bench.server.faults.clear()
    assert bench.github(start).failures == []
    for table in TABLES:
        assert set(bench.statuses(table, "github").values()) == {"complete"}
    names = "select distinct repository_id from raw_github.commits"
    assert len(bench.rows(names)) == 5


def test_a_rewritten_history_that_cannot_be_read_leaves_the_old_one(
    own: Bench, settings_for
) -> None:
    only = settings_for(own.server, github_org=None, github_repos="larkfield/storefront")
    start = date(2026, 9, 1)
    own.github(start, settings=only)
    before, ledger = own.snapshot("github"), own.ledger("commits", "github")
    world = own.server.github.named("larkfield/storefront")
    key, dropped = str(world.database_id), world.head
    assert ledger[key].record_count > 100
    own.server.world.force_push("larkfield/storefront", drop=2)
    # The walk finds no way to the old head; the reading anew fails at its second page.
    own.server.faults.add(history("storefront", "status", status=503, times=None, after=2))
    (failure,) = own.github(start, settings=only).failures
    assert_names(failure.error, "commits [larkfield/storefront]", "HTTP 503")
    assert own.snapshot("github")["github.commits"] == before["github.commits"]
    assert own.ledger("commits", "github")[key] == ledger[key]._replace(error=failure.error)

    own.server.faults.clear()
    assert own.github(start, settings=only).failures == []
    left = "select left_default_branch_at is not null from raw_github.commits where commit_sha = ?"
    assert own.rows(left, dropped) == [(True,)]
    after = own.ledger("commits", "github")[key]
    assert (after.high_water_mark, after.error) == (world.head, None)


def test_a_wrong_token_costs_one_request(bench: Bench, settings_for) -> None:
    token = "_".join(("ghp", "wrong"))
    report = bench.github(START, settings=settings_for(bench.server, github_token=token))
    assert report.request_count == len(bench.server.requests) == 1
    (failure,) = report.failures
    assert_names(failure.error, "repositories [larkfield]", "HTTP 401", "Bad credentials", "DEMO:")
    assert bench.statuses("repositories", "github") == {"current": "failed"}
    assert bench.rows("select count(*) from raw_github.repositories") == [(0,)]
    assert token not in failure.error


def test_a_token_that_ends_on_the_way_is_not_tried_for_each_repository(bench: Bench) -> None:
    fault = pulls("data-platform", "status", status=401, times=None)
    bench.server.faults.add(fault)
    report = bench.github(START)
    failed = {one.window_key for one in report.failures}
    assert fault.strikes == 1
    # Read by name: data-platform comes after billing-service, all behind it are not asked.
    assert failed == {
        repository_id(bench, name)
        for name in (
            "data-platform",
            "legacy-reports",
            "mobile-app",
            "new-initiative",
            "storefront",
        )
    }
    assert sizes(bench, "storefront", "PullRequests") == []
    done = repository_id(bench, "billing-service")
    assert bench.statuses("pull_requests", "github")[done] == "complete"
    assert set(bench.statuses("commits", "github").values()) == {"complete"}


def test_a_server_without_limits_is_read_all_the_same(settings_for) -> None:
    with DemoServer(rate_limit_headers=False) as server:
        enterprise = Bench(server, settings_for(server))
        assert enterprise.github(START).failures == []
        assert set(enterprise.statuses("commits", "github").values()) == {"complete"}
        assert enterprise.rows("select count(*) from raw_github.pull_requests")[0][0] > 50
        enterprise.close()


def test_the_token_stays_with_its_host(bench: Bench) -> None:
    with DemoServer() as elsewhere:
        location = {"location": elsewhere.github_graphql_url}
        bench.server.faults.add(Fault(status=307, headers=location, times=None))
        failures = bench.github(START).failures
        assert elsewhere.requests == []
    for failure, endpoint in zip(failures, ("repositories", "organization_members"), strict=True):
        assert_names(failure.error, f"{endpoint} [larkfield]", "HTTP 307", "redirect")
    assert bench.statuses("repositories", "github") == {"current": "failed"}
    tokens = {one.headers["authorization"] for one in bench.server.requests}
    assert tokens == {f"Bearer {bench.server.github_token}"}


def test_a_list_that_never_ends_is_found_out(bench: Bench) -> None:
    def no_cursor(path: list[str]) -> Any:
        def edit(document: dict[str, Any]) -> dict[str, Any]:
            found = document["data"]
            for name in path:
                found = found[name]
            found["pageInfo"] = {"hasNextPage": True, "endCursor": None}
            return document

        return edit

    walked = ["repository", "defaultBranchRef", "target", "history"]
    listed = ["repository", "pullRequests"]
    bench.server.faults.add(
        pulls("storefront", "edit", edit=no_cursor(listed), times=None),
        history("storefront", "edit", edit=no_cursor(walked), times=None),
    )
    report = bench.github(date(2026, 6, 1))
    assert report.failed_tables() == set(TABLES)
    for failure in report.failures:
        assert_names(failure.error, "larkfield/storefront", "no new cursor", "DEMO:")
    key = repository_id(bench, "storefront")
    assert bench.rows("select 1 from raw_github.commits where repository_id = ?", int(key)) == []
    assert bench.statuses("commits", "github")[key] == "failed"


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"github_token": None}, "GITHUB_TOKEN"),
        ({"github_org": None}, "GITHUB_ORG"),
        ({"github_repos": "storefront"}, "GITHUB_REPOS"),
    ],
)
def test_a_missing_setting_is_named_and_nothing_is_asked(
    bench: Bench, settings_for, overrides: dict[str, Any], told: str
) -> None:
    settings: Settings = settings_for(bench.server, **overrides)
    with pytest.raises(ConfigurationError, match=told):
        load_github(settings, run_id="run", start=START)
    assert bench.server.requests == []
