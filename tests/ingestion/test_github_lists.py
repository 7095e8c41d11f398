"""Branch commits, files and reviews of pull requests: whole, and many pull requests a request."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from ingestion_bench import Bench, QueryFault, assert_names, pulls, repository_id

from demo_api.git_store import Actor, ChangedFile, Commit, GitActor, Review
from demo_api.text import object_id

REPOSITORY = "larkfield/legacy-reports"
START = date(2026, 6, 1)
LISTS = ("commits", "files", "reviews")
NEW = "2026-11-02T09:00:00Z"


def files(count: int) -> list[ChangedFile]:
    return [ChangedFile(f"src/part{i:04}.py", i, 1) for i in range(count)]


def reviews(count: int) -> list[Review]:
    return [Review(7_000_000_000 + i, "COMMENTED", NEW, Actor("reader")) for i in range(count)]


def branch(name: str, count: int) -> list[Commit]:
    actor = GitActor("Test Writer", "writer@larkfield.example", NEW)
    return [Commit(object_id(name, i), f"Step {i}", actor, actor) for i in range(count)]


def documents(bench: Bench, begins: str) -> list[str]:
    """Return the documents sent that begin so, in order."""
    bodies = (json.loads(one.body) for one in bench.server.requests if "graphql" in one.path)
    return [body["query"] for body in bodies if body["query"].startswith(begins)]


def rests(bench: Bench) -> list[str]:
    """Return the documents that went on in long lists alone."""
    return documents(bench, "query PullRequestRests(")


@pytest.fixture
def one(own: Bench, settings_for) -> Bench:
    own.settings = settings_for(own.server, github_org=None, github_repos=REPOSITORY)
    return own


def assert_whole(bench: Bench) -> None:
    """Each list of each stored pull request is the world's, in its order."""
    found = bench.rows(
        "select pull_request_number, body, more_commits, more_files, more_reviews"
        " from raw_github.pull_requests"
    )
    world = bench.server.github.named(REPOSITORY).pull_requests
    assert len(found) == len(world)
    for number, body, *more in found:
        pull = world[number]
        wanted: dict[str, list[Any]] = {
            "commits": [commit.oid for commit in pull.commits],
            "files": [
                (file.path, file.additions, file.deletions, file.change_type)
                for file in pull.files or ()
            ],
            "reviews": [str(review.database_id) for review in pull.reviews],
        }
        keys = {
            "commits": lambda node: node["commit"]["oid"],
            "files": lambda node: tuple(
                node[name] for name in ("path", "additions", "deletions", "changeType")
            ),
            "reviews": lambda node: node["fullDatabaseId"],
        }
        for name, pages in zip(LISTS, map(json.loads, more), strict=True):
            connections = [json.loads(body)[name], *pages]
            nodes = [node for page in connections for node in page["nodes"]]
            assert [keys[name](node) for node in nodes] == wanted[name], (number, name)
            assert {page["totalCount"] for page in connections} == {len(nodes)}


def test_reviews_come_with_who_and_what_and_without_their_text(bench: Bench) -> None:
    assert bench.github(START).failures == []
    bodies = bench.rows(
        "select body from raw_github.pull_requests where repository_id = ?",
        int(repository_id(bench, "storefront")),
    )
    found = [node for (body,) in bodies for node in json.loads(body)["reviews"]["nodes"]]
    assert {frozenset(node) for node in found} == {
        frozenset(("fullDatabaseId", "state", "submittedAt", "author"))
    }
    authors = [node["author"] for node in found]
    assert None in authors
    assert {one["__typename"] for one in authors if one} == {"User", "Bot"}
    world = bench.server.github.named("larkfield/storefront").pull_requests.values()
    # 57 reviews of one are more than fit the first page.
    assert sum(len(pull.reviews) for pull in world) == len(found) + 7


def test_long_lists_of_many_pull_requests_are_one_request(one: Bench) -> None:
    world = one.server.world
    world.add_pull_request(REPOSITORY, files=files(101), reviews=reviews(51))
    world.add_pull_request(REPOSITORY, commits=branch("a", 21), reviews=reviews(150))
    world.add_pull_request(REPOSITORY, commits=branch("b", 119), files=files(200))
    assert one.github(START).failures == []
    assert_whole(one)
    # Beside the three that the repository has already.
    (document,) = rests(one)
    assert document.count("pullRequest(number") == 6
    assert "files(first: 1," in document
    assert "commits(first: 99," in document
    (report_count,) = one.rows("select count(*) from raw_github.pull_requests")
    assert report_count == (len(one.server.github.named(REPOSITORY).pull_requests),)


def test_lists_of_several_pages_are_followed_to_their_end(one: Bench) -> None:
    one.server.world.add_pull_request(REPOSITORY, files=files(431), changed_files=431)
    one.server.world.add_pull_request(REPOSITORY, commits=branch("c", 260), files=files(130))
    assert one.github(START).failures == []
    assert_whole(one)
    # As many as the longest list has pages: 100 and four more.
    assert len(rests(one)) == 4


def test_what_does_not_fit_a_page_rides_along_with_the_next(one: Bench) -> None:
    for _ in range(80):
        one.server.world.add_pull_request(REPOSITORY, reviews=reviews(58))
    assert one.github(START).failures == []
    assert_whole(one)
    pages = documents(one, "query PullRequests(")
    # Fifty are a batch of their own; what the second page leaves rides along with the third.
    assert [page.count("pullRequest(number") for page in pages] == [0, 0, 33]
    assert [page.count("pullRequest(number") for page in rests(one)] == [50]


def test_little_rides_along_with_a_page(one: Bench) -> None:
    """A page is heavy enough: 500 further items at most come beside it."""
    for _ in range(30):
        one.server.world.add_pull_request(REPOSITORY, files=files(140))
    for _ in range(30):
        one.server.world.add_pull_request(REPOSITORY)
    assert one.github(START).failures == []
    assert_whole(one)
    pages = documents(one, "query PullRequests(")
    assert [page.count("pullRequest(number") for page in pages] == [0, 12]
    assert [page.count("pullRequest(number") for page in rests(one)] == [21]


def test_nothing_rides_along_once_a_page_was_too_heavy(one: Bench) -> None:
    for _ in range(60):
        one.server.world.add_pull_request(REPOSITORY)
    for _ in range(5):
        one.server.world.add_pull_request(REPOSITORY, reviews=reviews(58))
    heavy = QueryFault("html", query="PullRequests", body_contains="pullRequest0", status=502)
    one.server.faults.add(heavy)
    assert one.github(START).failures == []
    assert heavy.strikes == 1
    assert_whole(one)
    pages = documents(one, "query PullRequests(")
    assert [page.count("pullRequest(number") for page in pages] == [0, 5, 0, 0]
    assert [page.count("pullRequest(number") for page in rests(one)] == [8]


def test_a_batch_that_is_too_heavy_is_halved(one: Bench) -> None:
    for _ in range(16):
        one.server.world.add_pull_request(REPOSITORY, reviews=reviews(60))
    heavy = QueryFault("html", query="PullRequestRests", status=502)
    one.server.faults.add(heavy)
    assert one.github(START).failures == []
    assert heavy.strikes == 1
    assert_whole(one)
    counts = [document.count("pullRequest(number") for document in rests(one)]
    assert counts == [19, 9, 10]


def test_lists_that_end_too_early_are_logged_and_counted(
    one: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    number = one.server.world.add_pull_request(REPOSITORY, files=files(3), labels=["a", "b"])

    def shorten(document: dict[str, Any]) -> dict[str, Any]:
        for node in document["data"]["repository"]["pullRequests"]["nodes"]:
            if node["number"] == number:
                node["files"]["nodes"][1] = None
                node["commits"]["totalCount"] = 251
                node["labels"]["nodes"].pop()
        return document

    one.server.faults.add(pulls("legacy-reports", "edit", edit=shorten))
    report = one.github(START)
    assert (report.failures, report.short_lists) == ([], 3)
    for told in ("2 of 3 files", "0 of 251 commits", "1 labels are not answered", "3 lists hold"):
        assert told in caplog.text


def test_files_that_github_cannot_work_out_are_no_empty_list(
    one: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    number = one.server.world.add_pull_request(REPOSITORY, files=None, changed_files=4_000)
    report = one.github(START)
    assert (report.failures, report.short_lists) == ([], 1)
    assert "4000 files are not answered" in caplog.text
    (found,) = one.rows(
        "select body, more_files from raw_github.pull_requests where pull_request_number = ?",
        number,
    )
    assert json.loads(found[0])["files"] is None
    assert found[1] == "[]"


def test_a_batch_without_one_of_its_pull_requests_is_not_taken(one: Bench) -> None:
    one.server.world.add_pull_request(REPOSITORY, reviews=reviews(60))

    def lose(document: dict[str, Any]) -> dict[str, Any]:
        document["data"]["repository"]["pullRequest0"] = None
        return document

    one.server.faults.add(QueryFault("edit", query="PullRequestRests", edit=lose, times=None))
    (failure,) = one.github(START).failures
    assert_names(failure.error, f"pull_requests [{REPOSITORY}#", "is gone", "DEMO:")
    assert one.rows("select count(*) from raw_github.pull_requests") == [(0,)]
    one.server.faults.clear()
    assert one.github(START).failures == []
    assert_whole(one)


def test_a_new_review_brings_the_pull_request_again(one: Bench) -> None:
    one.github(START)
    world = one.server.github.named(REPOSITORY).pull_requests
    number, pull = next(iter(world.items()))
    more = [*pull.reviews, *reviews(1)]
    one.server.world.update_pull_request(REPOSITORY, number, reviews=more)
    assert one.github(START).failures == []
    assert_whole(one)


def test_pull_requests_from_before_files_and_reviews_are_read_again_once(one: Bench) -> None:
    """A warehouse of an earlier version has them without; their updates say nothing of that."""
    one.github(START)
    one.rows("update raw_github.pull_requests set more_files = null returning 1")
    world = one.server.github.named(REPOSITORY)
    with_old_body = "update raw_github.pull_requests set body = '{}' returning pull_request_number"
    assert len(one.rows(with_old_body)) == len(world.pull_requests)
    gone = next(iter(world.pull_requests))
    removed = world.pull_requests.pop(gone)
    world.touch()
    assert one.github(START).failures == []
    old = "select pull_request_number from raw_github.pull_requests where body = '{}'"
    assert one.rows(old) == [(gone,)]
    assert one.github(START).request_count == 1
    world.pull_requests[gone] = removed
