"""Answers of GitHub that are not what is documented.

A row of `SHAPES` is the request to attack and what becomes of its answer. The repository that it is
about fails alone, with a line that names it: no traceback, no row of it, and all else is loaded. A
row of `HARMLESS` is an answer that must cost nothing at all. A row of `BROKEN` is an item of which
GitHub cannot answer everything, and what is missing of it then: it is named, all else is stored,
and the next run has it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from demo_api import DemoServer, Fault
from tests.ingestion.ingestion_bench import Bench, QueryFault, assert_names, repository_id

ATTACKED, OTHER = "legacy-reports", "billing-service"
START = date(2026, 8, 3)
DEEP = "[" * 200_000 + "]" * 200_000

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as served:
        # More than a page, so that there are pages to go wrong.
        yield served


@pytest.fixture
def bench(server: DemoServer, settings_for) -> Iterator[Bench]:
    names = f"larkfield/{ATTACKED} larkfield/{OTHER}"
    made = Bench(server, settings_for(server, github_org=None, github_repos=names))
    yield made
    made.close()
    server.faults.clear()
    server.github_api.broken.clear()


def edited(change: Edit, **where: Any) -> Fault:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        change(document)
        return document

    return QueryFault("edit", edit=edit, times=None, **where)


def pulls(change: Edit) -> Fault:
    """A change of each page of pull requests, given its connection."""
    return edited(
        lambda document: change(document["data"]["repository"]["pullRequests"]),
        query="PullRequests",
        repository=ATTACKED,
    )


def first(change: Edit) -> Fault:
    """A change of the first pull request of each page."""
    return pulls(lambda page: change(page["nodes"][0]))


def history(change: Edit) -> Fault:
    """A change of each page of commits, given its connection."""
    return edited(
        lambda document: change(
            document["data"]["repository"]["defaultBranchRef"]["target"]["history"]
        ),
        query="DefaultBranchCommits",
        repository=ATTACKED,
    )


def newest(change: Edit) -> Fault:
    """A change of the first commit of each page."""
    return history(lambda page: change(page["nodes"][0]))


def probed(change: Edit) -> Fault:
    """A change of the attacked repository in the probe."""
    return edited(
        lambda document: change(document["data"]["repository0"]), query="RepositoriesByName"
    )


def deep(query: str) -> Fault:
    return QueryFault("status", status=200, body=DEEP, query=query, repository=ATTACKED, times=None)


def without_end(page: dict[str, Any], numbers: Iterator[int] = itertools.count()) -> None:
    page["pageInfo"] = {"hasNextPage": True, "endCursor": page["pageInfo"]["endCursor"]}
    page["nodes"][0]["number"] = 1_000_000 + next(numbers)


PULLS, COMMITS = "pull_requests", "commits"
SHAPES = [
    pytest.param(first(lambda one: one.update(updatedAt="garbage")), PULLS, id="update-garbage"),
    pytest.param(first(lambda one: one.update(updatedAt=None)), PULLS, id="update-null"),
    pytest.param(
        first(lambda one: one.update(updatedAt="2026-10-20T10:00:00")), PULLS, id="update-no-zone"
    ),
    pytest.param(
        first(lambda one: one.update(updatedAt="0001-01-01T00:00:00+14:00")),
        PULLS,
        id="update-before-time",
    ),
    pytest.param(
        first(lambda one: one.update(createdAt="2026-02-31T00:00:00Z")), PULLS, id="no-such-day"
    ),
    pytest.param(first(lambda one: one.update(number="7")), PULLS, id="number-text"),
    pytest.param(first(lambda one: one.update(number=10**30)), PULLS, id="number-too-long"),
    pytest.param(first(lambda one: one.update(number=-1)), PULLS, id="number-negative"),
    pytest.param(first(lambda one: one.update(additions="seven")), PULLS, id="lines-text"),
    pytest.param(first(lambda one: one.update(additions=10**30)), PULLS, id="lines-too-long"),
    pytest.param(first(lambda one: one.update(deletions=-4)), PULLS, id="lines-negative"),
    pytest.param(first(lambda one: one.pop("changedFiles")), PULLS, id="lines-not-there"),
    pytest.param(first(lambda one: one.pop("commits")), PULLS, id="list-not-there"),
    pytest.param(first(lambda one: one.update(commits=[])), PULLS, id="list-of-another-kind"),
    pytest.param(
        first(lambda one: one["commits"].update(totalCount="many")), PULLS, id="count-text"
    ),
    pytest.param(first(lambda one: one.update(title="\ud800")), PULLS, id="half-a-character"),
    pytest.param(first(lambda one: one.update(author="somebody")), PULLS, id="author-text"),
    pytest.param(pulls(lambda page: page.update(nodes=None)), PULLS, id="no-nodes"),
    pytest.param(pulls(lambda page: page["nodes"].insert(0, None)), PULLS, id="a-node-null"),
    pytest.param(
        pulls(lambda page: page["pageInfo"].update(hasNextPage="yes")), PULLS, id="page-info-text"
    ),
    pytest.param(deep("PullRequests"), PULLS, id="pulls-nested"),
    pytest.param(newest(lambda one: one.update(oid=7)), COMMITS, id="oid-number"),
    pytest.param(newest(lambda one: one.update(message=None)), COMMITS, id="message-null"),
    pytest.param(newest(lambda one: one.update(authoredDate="soon")), COMMITS, id="date-garbage"),
    pytest.param(newest(lambda one: one.update(committedDate=7)), COMMITS, id="date-number"),
    pytest.param(newest(lambda one: one.update(additions=1.5)), COMMITS, id="lines-not-whole"),
    pytest.param(newest(lambda one: one.update(deletions=None)), COMMITS, id="lines-null"),
    pytest.param(
        newest(lambda one: one["author"].update(user={"login": "a", "databaseId": "x"})),
        COMMITS,
        id="account-text",
    ),
    pytest.param(
        newest(lambda one: one["parents"].update(totalCount=-1)), COMMITS, id="parents-negative"
    ),
    pytest.param(
        newest(lambda one: one["parents"]["nodes"][0].update(committedDate="garbage")),
        COMMITS,
        id="parent-date-garbage",
    ),
    pytest.param(deep("DefaultBranchCommits"), COMMITS, id="history-nested"),
]


@pytest.mark.parametrize(("fault", "table"), SHAPES)
def test_an_answer_of_another_shape_fails_its_repository_alone(
    bench: Bench, fault: Fault, table: str
) -> None:
    bench.server.faults.add(fault)
    report = bench.github(START)
    attacked, other = (repository_id(bench, name) for name in (ATTACKED, OTHER))
    (failure,) = report.failures
    assert (failure.endpoint, failure.window_key) == (table, attacked)
    assert_names(failure.error, f"{table} [larkfield/{ATTACKED}", "request id DEMO:")
    assert bench.statuses(table, "github") == {attacked: "failed", other: "complete"}
    count = f"select count(*) from raw_github.{table} where repository_id = ?"
    assert bench.rows(count, int(attacked)) == [(0,)]
    bench.server.faults.clear()
    assert bench.github(START).failures == []
    assert set(bench.statuses(table, "github").values()) == {"complete"}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(probed(lambda one: one.update(databaseId=10**30)), id="id-too-long"),
        pytest.param(probed(lambda one: one.update(nameWithOwner="x\ny")), id="name-of-two-lines"),
        pytest.param(probed(lambda one: one.update(createdAt="garbage")), id="date-garbage"),
        pytest.param(
            probed(lambda one: one.update(pullRequests={"nodes": [{"updatedAt": "garbage"}]})),
            id="update-garbage",
        ),
        pytest.param(
            QueryFault("status", status=200, body=DEEP, query="RepositoriesByName", times=None),
            id="nested",
        ),
        pytest.param(
            edited(lambda document: document.update(data=[]), query="RepositoriesByName"),
            id="data-a-list",
        ),
    ],
)
def test_a_probe_of_another_shape_is_a_failure_and_no_traceback(bench: Bench, fault: Fault) -> None:
    bench.server.faults.add(fault)
    (failure,) = bench.github(START).failures
    assert_names(failure.error, f"repositories [larkfield/{ATTACKED}", "request id DEMO:")
    assert bench.statuses("repositories", "github") == {"current": "failed"}


def limits(**told: Any) -> Fault:
    """What each answer says of the points that are left."""
    return edited(lambda document: document["data"]["rateLimit"].update(told), query="PullRequests")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(limits(resetAt="soon"), id="reset-garbage"),
        pytest.param(limits(resetAt=None), id="reset-null"),
        pytest.param(limits(resetAt="2026-10-20T10:00:00", remaining=0), id="reset-no-zone"),
        pytest.param(limits(remaining="few"), id="points-text"),
        pytest.param(limits(cost=-5), id="cost-negative"),
        pytest.param(limits(cost=10**40), id="cost-too-long"),
    ],
)
def test_a_limit_that_cannot_be_read_is_none_that_is_known(bench: Bench, fault: Fault) -> None:
    bench.server.faults.add(fault)
    assert bench.github(START).failures == []
    assert set(bench.statuses("pull_requests", "github").values()) == {"complete"}


def member(**changes: Any) -> Fault:
    def edit(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
        members[0].update(changes)
        return members

    return Fault("edit", path_contains="/members", edit=edit, times=None)


def linked(url: str) -> Fault:
    body = [{"id": 7, "login": "somebody"}]
    headers = {"link": f'<{url}>; rel="next"'}
    where = {"path_contains": "/members", "times": None}
    return Fault("status", status=200, body=body, headers=headers, **where)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(member(id=10**30), id="id-too-long"),
        pytest.param(member(id="7"), id="id-text"),
        pytest.param(member(login=None), id="login-null"),
        pytest.param(
            Fault(status=200, body=DEEP, path_contains="/members", times=None), id="nested"
        ),
        pytest.param(linked("{url}/" + "a" * 70_000), id="address-too-long"),
    ],
)
def test_members_of_another_shape_fail_alone(bench: Bench, settings_for, fault: Fault) -> None:
    fault.headers = {
        name: value.replace("{url}", bench.server.github_api_url)
        for name, value in fault.headers.items()
    }
    bench.server.faults.add(fault)
    settings = settings_for(bench.server, github_repos=f"larkfield/{ATTACKED}")
    report = bench.github(date(2026, 10, 30), settings=settings)
    (failure,) = report.failures
    assert_names(failure.error, "organization_members [larkfield]", "request id")
    assert set(bench.statuses("commits", "github").values()) == {"complete"}
