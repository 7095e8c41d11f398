"""What is new is found from what is stored, and gives what a first load would give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ingestion_bench import Bench, assert_names, history, pulls, repository_id

from demo_api.git_store import Repository
from ingestion.settings import Settings

REPOSITORY = "larkfield/billing-service"
START = date(2026, 9, 20)
OLD, NEW = "2026-10-15T09:00:00Z", "2026-12-01T09:00:00Z"

Only = Callable[..., Settings]


@pytest.fixture
def only(own: Bench, settings_for) -> Only:
    """Settings for one repository, whose merges keep their branch commits."""

    def make(name: str = REPOSITORY, **overrides: Any) -> Settings:
        return settings_for(own.server, **{"github_org": None, "github_repos": name, **overrides})

    return make


@pytest.fixture
def fresh(own: Bench, tmp_path: Path) -> Callable[..., dict[str, list[tuple[Any, ...]]]]:
    """What a first load into an empty warehouse gives, as a snapshot."""

    def load(settings: Settings, start: date = START) -> dict[str, list[tuple[Any, ...]]]:
        elsewhere = {"warehouse_path": tmp_path / "fresh.duckdb"}
        other = Bench(own.server, settings.model_copy(update=elsewhere))
        elsewhere["warehouse_path"].unlink(missing_ok=True)
        assert other.github(start).failures == []
        found = other.snapshot("github")
        other.close()
        return found

    return load


def stored(bench: Bench) -> set[str]:
    """The commits that are on the default branch."""
    on_branch = "select commit_sha from raw_github.commits where left_default_branch_at is null"
    return {sha for (sha,) in bench.rows(on_branch)}


def numbers(bench: Bench) -> list[int]:
    found = bench.rows("select pull_request_number from raw_github.pull_requests order by all")
    return [number for (number,) in found]


@contextmanager
def world_of(bench: Bench, name: str = REPOSITORY) -> Iterator[Repository]:
    """The repository itself, for changes that the world has no method for."""
    found = bench.server.github.named(name)
    yield found
    found.touch()


def test_a_first_load_is_bounded_and_the_next_costs_two_requests(own: Bench) -> None:
    start = date(2026, 10, 1)
    first = own.github(start)
    assert first.failures == []
    for repository in own.server.github.repositories:
        key = repository.database_id
        where = f"from raw_github.{{}} where repository_id = {key} order by all"
        reachable = repository.history(repository.head) if repository.head else []
        wanted = sorted(c.oid for c in reachable if c.committed_date >= "2026-10-01")
        rows = own.rows("select commit_sha " + where.format("commits"))
        assert [sha for (sha,) in rows] == wanted
        updated = {n: p.updated_at for n, p in repository.pull_requests.items()}
        rows = own.rows("select pull_request_number " + where.format("pull_requests"))
        assert [n for (n,) in rows] == sorted(n for n, at in updated.items() if at >= "2026-10-01")
        commits = own.ledger("commits", "github")[str(key)]
        assert (commits.status, commits.record_count) == ("complete", len(wanted))
        assert (commits.high_water_mark, commits.error) == (repository.head, None)
        # Also where it is older than the start: a quiet repository is not asked again.
        mark = own.ledger("pull_requests", "github")[str(key)].high_water_mark
        assert mark == max(updated.values(), default=None)
    before = own.snapshot("github")
    second = own.github(start)
    # The probe, and the members, who are as they were.
    assert second.request_count == 2
    assert own.snapshot("github") == before


def test_long_branches_are_stored_whole_and_once(own: Bench, only: Only) -> None:
    own.github(date(2026, 6, 1), settings=only("larkfield/storefront larkfield/mobile-app"))
    sizes = []
    for key, number, body, more in own.rows(
        "select repository_id, pull_request_number, body, more_commits"
        " from raw_github.pull_requests"
    ):
        lists = [json.loads(body)["commits"], *json.loads(more)]
        oids = [node["commit"]["oid"] for one in lists for node in one["nodes"]]
        repository = next(r for r in own.server.github.repositories if r.database_id == key)
        assert oids == [commit.oid for commit in repository.pull_requests[number].commits]
        assert len(lists[0]["nodes"]) <= 20
        assert (len(oids) > 20) == (len(lists) > 1)
        sizes.append(len(oids))
    assert max(sizes) > 120
    assert sum(size > 20 for size in sizes) > 1


def test_people_and_states_come_as_they_are(own: Bench, only: Only) -> None:
    own.server.world.add_pull_request(REPOSITORY, author=None, updated_at=NEW)
    number = own.server.world.add_pull_request(REPOSITORY, closed_at=NEW, updated_at=NEW)
    own.github(date(2026, 11, 20), settings=only())
    bodies = [json.loads(b) for (b,) in own.rows("select body from raw_github.pull_requests")]
    assert sorted((one["author"] is None, one["state"]) for one in bodies) == [
        (False, "CLOSED"),
        (True, "OPEN"),
    ]
    closed = next(one for one in bodies if one["number"] == number)
    assert (closed["closedAt"], closed["mergedAt"], closed["mergeCommit"]) == (NEW, None, None)


def test_new_commits_and_pull_requests_give_what_a_first_load_gives(
    own: Bench, only: Only, fresh
) -> None:
    settings = only()
    own.github(START, settings=settings)
    before = stored(own)
    world = own.server.world
    plain = world.add_commit(REPOSITORY)
    merged = world.merge_old_branch(REPOSITORY, days_old=25, count=3)
    with world_of(own) as repository:
        line = repository.history(repository.head)
        octopus = [commit.oid for commit in line[:1] + line[20:24]]
    many = world.add_commit(REPOSITORY, parents=tuple(octopus))
    new = world.add_pull_request(REPOSITORY)
    number = min(numbers(own))
    world.update_pull_request(REPOSITORY, number, title="Another title", labels=["assisted"])
    report = own.github(START, settings=settings)
    assert report.failures == []
    assert own.snapshot("github") == fresh(settings)
    assert stored(own) - before >= {plain, many, *merged}
    assert new in numbers(own)
    (titles,) = own.rows(
        "select body from raw_github.pull_requests where pull_request_number = ?", number
    )
    assert json.loads(titles[0])["title"] == "Another title"
    # The commits are those that are new, not those of the whole window.
    assert report.loaded["commits"].records == len(stored(own) - before)
    assert report.loaded["pull_requests"].records < 5


def test_a_branch_older_than_the_window_stays_out_of_it(own: Bench, only: Only, fresh) -> None:
    settings = only()
    own.github(START, settings=settings)
    old = own.server.world.merge_old_branch(REPOSITORY, days_old=90)
    own.github(START, settings=settings)
    assert not stored(own) & set(old)
    assert own.snapshot("github") == fresh(settings)


def left(bench: Bench) -> set[str]:
    """The commits that are no longer on the default branch."""
    query = "select commit_sha from raw_github.commits where left_default_branch_at is not null"
    return {sha for (sha,) in bench.rows(query)}


def test_commits_that_a_force_push_dropped_are_marked_and_kept(
    own: Bench, only: Only, fresh, caplog: pytest.LogCaptureFixture
) -> None:
    settings = only()
    own.github(START, settings=settings)
    before = stored(own)
    with world_of(own) as repository:
        old_head = repository.head
    own.server.world.force_push(REPOSITORY, drop=3)
    own.github(START, settings=settings)
    assert own.snapshot("github") == fresh(settings)
    dropped = before - stored(own)
    assert left(own) == dropped
    assert old_head in dropped
    assert f"{len(dropped)} are no longer on the default branch" in caplog.text
    (counted,) = own.ledger("commits", "github").values()
    # All that is stored, those that left included.
    assert counted.record_count == len(stored(own)) + len(dropped)

    # Back to an ancestor: the new head is known, and still it is a rewritten history.
    own.server.world.reset_branch(REPOSITORY, repository.history(repository.head)[5].oid)
    own.github(START, settings=settings)
    assert own.snapshot("github") == fresh(settings)
    assert left(own) > dropped

    # What comes back is on the branch again, by another force push or by a merge.
    own.server.world.reset_branch(REPOSITORY, old_head)
    own.github(START, settings=settings)
    assert own.snapshot("github") == fresh(settings)
    assert stored(own) == before
    assert not left(own) & before


def test_a_commit_that_left_is_back_when_a_merge_brings_it(own: Bench, only: Only, fresh) -> None:
    """Only commits on the branch end a walk: what left it is read again when it returns."""
    settings = only()
    own.github(START, settings=settings)
    with world_of(own) as repository:
        old_head = repository.head
    new_head = own.server.world.force_push(REPOSITORY, drop=2)
    own.github(START, settings=settings)
    assert old_head in left(own)
    own.server.world.add_commit(REPOSITORY, parents=(new_head, old_head), message="Merge it back")
    own.github(START, settings=settings)
    assert left(own) == set()
    assert own.snapshot("github") == fresh(settings)


def test_a_branch_that_is_deleted_leaves_no_commits_on_it(own: Bench, only: Only) -> None:
    settings = only()
    own.github(START, settings=settings)
    before = stored(own)
    with world_of(own) as repository:
        head = repository.head
    own.server.world.empty_repository(REPOSITORY)
    report = own.github(START, settings=settings)
    assert (report.failures, report.request_count) == ([], 1)
    assert (stored(own), left(own)) == (set(), before)
    assert own.github(START, settings=settings).request_count == 1
    own.server.world.reset_branch(REPOSITORY, head)
    assert own.github(START, settings=settings).failures == []
    assert (stored(own), left(own)) == (before, set())


def test_an_earlier_start_reaches_back_and_a_later_one_takes_nothing_away(
    own: Bench, only: Only, fresh
) -> None:
    settings, late, early = only(), date(2026, 10, 20), date(2026, 9, 1)
    own.github(late, settings=settings)
    few = stored(own)
    own.github(early, settings=settings)
    assert own.snapshot("github") == fresh(settings, early)
    assert few < stored(own)
    own.server.world.add_commit(REPOSITORY)
    assert own.github(late, settings=settings).failures == []
    assert own.snapshot("github") == fresh(settings, early)
    window = own.ledger("commits", "github")[repository_id(own, "billing-service")].window_start
    assert window.date() == early


def test_a_pull_request_from_before_a_later_start_is_not_lost(own: Bench, only: Only) -> None:
    """A later start once made the sync forget how far back it had promised to look."""
    settings = only("larkfield/new-initiative")
    own.github(date(2026, 10, 1), settings=settings)
    assert numbers(own) == []
    number = own.server.world.add_pull_request(
        "larkfield/new-initiative", created_at=OLD, updated_at=OLD
    )
    own.github(date(2026, 11, 1), settings=settings)
    assert numbers(own) == [number]


def test_a_pull_request_that_moves_while_the_list_is_read_comes_once(
    own: Bench, only: Only
) -> None:
    settings = only("larkfield/storefront")
    start = date(2026, 9, 1)
    world = own.server.github.named("larkfield/storefront")
    by_update = world.ordered_pull_requests("updated_at", descending=True)
    moving = by_update[70].number
    first_page: list[dict[str, Any]] = []

    def move(document: dict[str, Any]) -> dict[str, Any]:
        own.server.world.update_pull_request("larkfield/storefront", moving, title="Moved")
        first_page.extend(document["data"]["repository"]["pullRequests"]["nodes"])
        return document

    def shift(document: dict[str, Any]) -> dict[str, Any]:
        document["data"]["repository"]["pullRequests"]["nodes"].insert(0, first_page[-1])
        return document

    own.server.faults.add(
        pulls("storefront", "edit", edit=move), pulls("storefront", "edit", edit=shift)
    )
    own.github(start, settings=settings)
    assert own.server.faults.pending == []
    found = numbers(own)
    assert len(set(found)) == len(found) > 100
    # It moved to the front of what was read already: the next run knows it by its update.
    assert moving not in found
    own.github(start, settings=settings)
    found = numbers(own)
    wanted = {n for n, one in world.pull_requests.items() if one.updated_at >= "2026-09-01"}
    assert sorted(wanted) == found
    assert moving in found
    assert own.statuses("pull_requests", "github") == {str(world.database_id): "complete"}


def test_what_failed_is_made_good_by_the_next_run(own: Bench, only: Only, fresh) -> None:
    settings = only()
    own.github(START, settings=settings)
    before, ledger = own.snapshot("github"), own.ledger("pull_requests", "github")
    own.server.world.merge_old_branch(REPOSITORY, days_old=10)
    own.server.world.add_pull_request(REPOSITORY)
    own.server.faults.add(
        pulls("billing-service", "status", status=503, times=None),
        history("billing-service", "status", status=503, times=None),
    )
    report = own.github(START, settings=settings)
    assert report.failed_tables() == {"pull_requests", "commits"}
    key = repository_id(own, "billing-service")
    error = own.ledger("pull_requests", "github")[key].error
    assert_names(error, f"pull_requests [{REPOSITORY}]", "HTTP 503", "request id")
    assert own.ledger("pull_requests", "github")[key] == ledger[key]._replace(error=error)
    assert own.snapshot("github")["github.pull_requests"] == before["github.pull_requests"]
    own.server.faults.clear()
    own.github(START, settings=settings)
    assert own.snapshot("github") == fresh(settings)
