"""Answers of GitHub that are not what is documented.

A row of `SHAPES` is the request to attack, what becomes of its answer, and the table that it is of.
The repository that it is about fails alone, with a line that names it: no traceback, no row of it,
and all else is loaded. The probe and the members have rows of their own, and so has what is said of
limits, which costs nothing. A row of `ENDLESS` is a list that never ends.

A row of `BROKEN` is an item of which GitHub cannot answer everything, and what is missing then: it
is named, all else is stored, and the run after the fault has it.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from demo_api import DemoServer, Fault
from demo_api.github_faults import BrokenItem
from tests.ingestion.ingestion_bench import Bench, QueryFault, assert_names, repository_id

ATTACKED, OTHER = "legacy-reports", "billing-service"
START = date(2026, 8, 3)
DEEP = "[" * 200_000 + "]" * 200_000
DEEP_DATA = f'{{"data":{DEEP}}}'

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as served:
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
    return QueryFault(
        "status", status=200, body=DEEP_DATA, query=query, repository=ATTACKED, times=None
    )


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
    assert_names(failure.error, f"{table} [larkfield/{ATTACKED}", "request id ")
    assert bench.statuses(table, "github") == {attacked: "failed", other: "complete"}
    count = f"select count(*) from raw_github.{table} where repository_id = ?"
    assert bench.rows(count, int(attacked)) == [(0,)]


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
            QueryFault(
                "status", status=200, body=DEEP_DATA, query="RepositoriesByName", times=None
            ),
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
    assert_names(failure.error, f"repositories [larkfield/{ATTACKED}", "request id ")
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


class EverNew:
    """A server of a list that has a next page behind each, under a cursor that was not there yet.

    Its pages are made of the first true one; ``items_are_new`` or the same again and again.
    """

    def __init__(self, *path: str, items_are_new: bool) -> None:
        self.path = path
        self.items_are_new = items_are_new
        self.first: dict[str, Any] | None = None
        self.numbers = itertools.count(1_000_000)

    def __call__(self, document: dict[str, Any]) -> dict[str, Any]:
        self.first = self.first or copy.deepcopy(document)
        answer = copy.deepcopy(self.first)
        page = answer["data"]["repository"]
        for name in self.path:
            page = page[name]
        page["pageInfo"] = {"hasNextPage": True, "endCursor": f"cursor {next(self.numbers)}"}
        # Many on a page, so that a list of a thousand is found out by a few pages.
        page["nodes"] = [self.node(page["nodes"][0]) for _ in range(200)]
        return answer

    def node(self, node: dict[str, Any]) -> dict[str, Any]:
        for name in ("commits", "files", "reviews"):
            if name in node:
                node[name]["pageInfo"] = {"hasNextPage": False, "endCursor": None}
        number = next(self.numbers) if self.items_are_new else 1_000_000
        return {**node, **({"number": number} if "number" in node else {"oid": f"{number:040}"})}


def endless(query: str, *path: str, items_are_new: bool) -> Fault:
    edit = EverNew(*path, items_are_new=items_are_new)
    return QueryFault("edit", edit=edit, query=query, repository=ATTACKED, times=None)


LISTED = ("PullRequests", "pullRequests")
WALKED = ("DefaultBranchCommits", "defaultBranchRef", "target", "history")
ENDLESS = [
    pytest.param(endless(*LISTED, items_are_new=True), PULLS, "its count of", id="pulls-new"),
    pytest.param(endless(*LISTED, items_are_new=False), PULLS, "nothing new", id="pulls-same"),
    pytest.param(endless(*WALKED, items_are_new=True), COMMITS, "its count of", id="commits-new"),
    pytest.param(endless(*WALKED, items_are_new=False), COMMITS, "nothing new", id="commits-same"),
]


@pytest.mark.parametrize(("fault", "table", "told"), ENDLESS)
def test_a_list_that_never_ends_is_found_out(
    bench: Bench, fault: Fault, table: str, told: str
) -> None:
    bench.server.faults.add(fault)
    (failure,) = bench.github(START).failures
    assert_names(failure.error, f"{table} [larkfield/{ATTACKED}]", told, "request id ")
    assert fault.strikes < 20
    attacked, other = (repository_id(bench, name) for name in (ATTACKED, OTHER))
    assert bench.statuses(table, "github") == {attacked: "failed", other: "complete"}


LINES, EVERYTHING = "line counts", "everything"
BROKEN = [
    pytest.param(COMMITS, ["additions"], True, [LINES], id="commit-lines-time-out"),
    pytest.param(COMMITS, ["deletions"], False, [LINES], id="commit-lines-not-told"),
    pytest.param(COMMITS, ["message"], True, [EVERYTHING, LINES], id="commit-times-out"),
    pytest.param(COMMITS, ["message"], False, [EVERYTHING, LINES], id="commit-not-told"),
    pytest.param(PULLS, ["additions"], True, [LINES], id="pull-lines-time-out"),
    pytest.param(PULLS, ["changedFiles"], False, [LINES], id="pull-lines-not-told"),
    pytest.param(PULLS, ["files"], True, ["files"], id="pull-files-time-out"),
    pytest.param(PULLS, ["commits"], True, ["commits"], id="pull-commits-time-out"),
    pytest.param(PULLS, ["reviews"], False, ["reviews"], id="pull-reviews-not-told"),
    pytest.param(
        PULLS, ["commits", "reviews"], False, ["commits", "reviews"], id="pull-two-not-told"
    ),
    pytest.param(
        PULLS,
        ["files", "reviews"],
        True,
        ["commits", "files", LINES, "reviews"],
        id="pull-two-time-out",
    ),
    pytest.param(
        PULLS,
        ["title"],
        True,
        ["commits", EVERYTHING, "files", LINES, "reviews"],
        id="pull-times-out",
    ),
]
FIELDS_OF_PART = {
    LINES: {"additions", "deletions", "changedFiles", "changedFilesIfAvailable"},
    **{name: {name} for name in ("commits", "files", "reviews")},
}


def an_item(bench: Bench, table: str) -> int | str:
    world = bench.server.github.named(f"larkfield/{ATTACKED}")
    if table == COMMITS:
        assert world.head is not None
        return world.history(world.head)[7].oid
    return world.ordered_pull_requests("updated_at", descending=True)[4].number


def bodies(bench: Bench, table: str) -> dict[str, dict[str, Any]]:
    key = "commit_sha" if table == COMMITS else "pull_request_number"
    rows = bench.rows(f"select {key}::varchar, body from raw_github.{table}")
    assert len(dict(rows)) == len(rows)
    return {key: json.loads(body) for key, body in rows}


@pytest.mark.parametrize(("table", "fields", "times_out", "missing"), BROKEN)
def test_an_item_that_cannot_be_answered_whole_costs_no_other(
    bench: Bench,
    settings_for,
    table: str,
    fields: list[str],
    times_out: bool,
    missing: list[str],
) -> None:
    server = bench.server
    bench.settings = settings_for(server, github_org=None, github_repos=f"larkfield/{ATTACKED}")
    key = str(an_item(bench, table))
    broken = BrokenItem(int(key) if table == PULLS else key, fields, times_out=times_out)
    server.github_api.broken.append(broken)
    report = bench.github(START)
    assert report.failures == []
    assert report.request_count < 60
    unread = "select endpoint, item_key, missing from raw_github.unread_items"
    assert bench.rows(unread) == [(table, key, missing)]
    found = bodies(bench, table)
    is_lost = EVERYTHING in missing
    assert (key in found) is not is_lost
    gone = set().union(*(FIELDS_OF_PART.get(part, ()) for part in missing))
    assert not gone & found.get(key, {}).keys()
    (counted,) = bench.ledger(table, "github").values()
    assert counted.status == ("partial" if is_lost else "complete")
    what = "not at all" if is_lost else f"without {', '.join(missing)}"
    line = f"{table} [larkfield/{ATTACKED}]: 1 could not be read whole, and each run tries again:"
    assert_names(counted.error, line, f"{key} ({what})")
    assert report.warnings[table] == [counted.error]

    server.github_api.broken.clear()
    again = bench.github(START)
    # The probe, and the item.
    assert (again.failures, again.warnings, again.request_count) == ([], {}, 2)
    assert bench.rows(unread) == []
    whole = bodies(bench, table)
    world = server.github.named(f"larkfield/{ATTACKED}")
    assert len(whole) == len(found) + is_lost
    assert {other: body for other, body in whole.items() if other != key} == {
        other: body for other, body in found.items() if other != key
    }
    other = next(body for one, body in whole.items() if one != key)
    assert whole[key].keys() == other.keys()
    (counted,) = bench.ledger(table, "github").values()
    assert (counted.status, counted.error) == ("complete", None)
    assert counted.high_water_mark == (world.head if table == COMMITS else counted.high_water_mark)
