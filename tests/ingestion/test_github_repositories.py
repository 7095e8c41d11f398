"""Which repositories there are: gone, back, renamed, empty, no longer listed, not to be seen."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest
from ingestion_bench import Bench, assert_names, repository_id

from demo_api import Fault

START = date(2026, 10, 26)


def repositories(bench: Bench) -> dict[str, bool]:
    return dict(
        bench.rows("select repository, is_active from raw_github.repositories order by all")
    )


def count(bench: Bench, table: str, key: str) -> int:
    query = f"select count(*) from raw_github.{table} where repository_id = ?"
    (found,) = bench.rows(query, int(key))
    return int(found[0])


def test_an_empty_repository_is_complete_with_nothing_in_it(bench: Bench) -> None:
    assert bench.github(START).failures == []
    key = repository_id(bench, "new-initiative")
    for table in ("commits", "pull_requests"):
        counted = bench.ledger(table, "github")[key]
        assert (counted.status, counted.record_count, counted.page_count) == ("complete", 0, 0)
        assert count(bench, table, key) == 0
    assert repositories(bench)["larkfield/new-initiative"] is True
    assert bench.ledger("repositories", "github")["current"].record_count == 6


def test_a_repository_that_left_the_organisation_keeps_its_rows(own: Bench) -> None:
    own.github(START)
    key = repository_id(own, "mobile-app")
    rows = count(own, "commits", key)
    ledger = own.ledger("commits", "github")[key]
    gone = own.server.world.delete_repository("larkfield/mobile-app")
    assert own.github(START).failures == []
    assert repositories(own)["larkfield/mobile-app"] is False
    assert sum(repositories(own).values()) == 5
    assert count(own, "commits", key) == rows > 0
    assert own.ledger("commits", "github")[key] == ledger
    own.server.world.restore_repository(gone)
    own.github(START)
    assert all(repositories(own).values())


def test_a_listed_repository_that_cannot_be_seen_is_a_named_failure(
    own: Bench, settings_for
) -> None:
    # Names are written in any case, as GitHub takes them.
    names = "Larkfield/Mobile-App, larkfield/legacy-reports larkfield/never-was"
    settings = settings_for(own.server, github_org=None, github_repos=names)
    (failure,) = own.github(START, settings=settings).failures
    assert_names(failure.error, "repositories [larkfield/never-was]", "no such", "DEMO:")
    assert own.statuses("repositories", "github") == {
        "current": "complete",
        "larkfield/never-was": "failed",
    }
    key = repository_id(own, "mobile-app")
    rows = count(own, "commits", key)
    gone = own.server.world.delete_repository("larkfield/mobile-app")
    failures = own.github(START, settings=settings).failures
    assert {one.window_key for one in failures} == {"Larkfield/Mobile-App", "larkfield/never-was"}
    assert repositories(own) == {"larkfield/mobile-app": False, "larkfield/legacy-reports": True}
    assert count(own, "commits", key) == rows > 0
    assert own.statuses("commits", "github")[key] == "complete"

    own.server.world.restore_repository(gone)
    names = "larkfield/mobile-app"
    assert (
        own.github(START, settings=settings.model_copy(update={"github_repos": names})).failures
        == []
    )
    # Found again, and the failures of names that nobody lists any more are gone.
    assert own.statuses("repositories", "github") == {"current": "complete"}
    # What is not asked for any more is not known to be there.
    assert repositories(own) == {"larkfield/mobile-app": True, "larkfield/legacy-reports": False}


def test_one_forbidden_repository_of_a_list_fails_alone(bench: Bench, settings_for) -> None:
    def forbid(document: dict[str, Any]) -> dict[str, Any]:
        document["data"]["repository1"] = None
        message = "Resource protected by organization SAML enforcement."
        error = {"type": "FORBIDDEN", "path": ["repository1"], "message": message}
        return document | {"errors": [error]}

    bench.server.faults.add(Fault("edit", body_contains="RepositoriesByName", edit=forbid))
    names = "larkfield/storefront,larkfield/mobile-app,larkfield/data-platform"
    settings = settings_for(bench.server, github_org=None, github_repos=names)
    (failure,) = bench.github(START, settings=settings).failures
    assert_names(failure.error, "repositories [larkfield/mobile-app]", "token may not see it")
    assert set(repositories(bench)) == {"larkfield/storefront", "larkfield/data-platform"}
    assert len(bench.statuses("commits", "github")) == 2


def test_a_part_that_is_forbidden_inside_a_repository_is_not_taken_for_nothing(
    bench: Bench, settings_for
) -> None:
    def forbid(document: dict[str, Any]) -> dict[str, Any]:
        document["data"]["repository0"]["defaultBranchRef"] = None
        path = ["repository0", "defaultBranchRef"]
        error = {"type": "FORBIDDEN", "path": path, "message": "not accessible by this token"}
        return document | {"errors": [error]}

    bench.server.faults.add(Fault("edit", body_contains="RepositoriesByName", edit=forbid))
    settings = settings_for(bench.server, github_org=None, github_repos="larkfield/storefront")
    (failure,) = bench.github(START, settings=settings).failures
    assert_names(failure.error, "repositories [larkfield/storefront]", "FORBIDDEN")
    assert repositories(bench) == {}
    assert bench.statuses("repositories", "github") == {"current": "failed"}


def test_a_renamed_repository_keeps_its_id_and_its_rows(own: Bench, settings_for) -> None:
    names = "larkfield/data-platform"
    settings = settings_for(own.server, github_org=None, github_repos=names)
    own.github(START, settings=settings)
    key = repository_id(own, "data-platform")
    rows = count(own, "pull_requests", key)
    own.server.world.rename_repository("larkfield/data-platform", "lakehouse")
    own.server.world.add_commit("larkfield/lakehouse")
    # The old name leads to it, and so does the new one: one repository.
    both = settings.model_copy(update={"github_repos": f"{names},larkfield/lakehouse"})
    assert own.github(START, settings=both).failures == []
    assert own.rows("select repository_id, repository from raw_github.repositories") == [
        (int(key), "larkfield/lakehouse")
    ]
    assert count(own, "pull_requests", key) == rows > 0
    assert set(own.statuses("commits", "github")) == {key}
    assert own.ledger("commits", "github")[key].record_count == count(own, "commits", key)


def versions(bench: Bench, directory: str = "repositories") -> list[tuple[Any, ...]]:
    """Return (entity_id, name, is_current), oldest first."""
    return bench.rows(
        "select entity_id, coalesce(body->>'nameWithOwner', body->>'login'), valid_to is null"
        " from raw_github.entity_versions where directory = ?"
        " order by entity_id::bigint, valid_from",
        directory,
    )


def test_a_repository_that_is_transferred_is_the_same_one(own: Bench, settings_for) -> None:
    names = "larkfield/mobile-app,larkfield/legacy-reports"
    settings = settings_for(own.server, github_org=None, github_repos=names)
    own.github(START, settings=settings)
    key = repository_id(own, "mobile-app")
    rows = count(own, "commits", key)
    own.server.world.transfer_repository("larkfield/mobile-app", "elsewhere")
    own.server.world.add_commit("elsewhere/mobile-app")
    # The old name leads to it; the commit is the only thing that is new.
    report = own.github(START, settings=settings)
    assert report.failures == []
    assert repositories(own) == {"elsewhere/mobile-app": True, "larkfield/legacy-reports": True}
    assert count(own, "commits", key) == rows + 1
    mine = [version[1:] for version in versions(own) if version[0] == key]
    assert mine == [("larkfield/mobile-app", False), ("elsewhere/mobile-app", True)]


def test_a_repository_made_anew_under_the_same_name_is_another_one(own: Bench) -> None:
    own.github(START)
    key = repository_id(own, "mobile-app")
    rows = count(own, "commits", key)
    made = str(own.server.world.recreate_repository("larkfield/mobile-app").database_id)
    oid = own.server.world.add_commit("larkfield/mobile-app", committed_at="2026-11-02T09:00:00Z")
    assert own.github(START).failures == []
    known = own.rows(
        "select repository_id, is_active from raw_github.repositories"
        " where repository = 'larkfield/mobile-app'"
    )
    assert dict(known) == {int(key): False, int(made): True}
    assert count(own, "commits", key) == rows > 0
    mine = "select commit_sha from raw_github.commits where repository_id = ?"
    assert own.rows(mine, int(made)) == [(oid,)]
    assert (key, "larkfield/mobile-app", False) in versions(own)
    assert (made, "larkfield/mobile-app", True) in versions(own)


def test_what_changes_of_a_repository_makes_a_version_and_a_push_none(own: Bench) -> None:
    own.github(START)
    assert {one[2] for one in versions(own)} == {True}
    own.server.world.add_commit("larkfield/storefront")
    own.server.world.add_pull_request("larkfield/storefront")
    assert own.github(START).failures == []
    assert len(versions(own)) == 6

    # Another name of the branch moves no commit: the repository is not read again for it.
    own.server.world.archive_repository("larkfield/storefront")
    own.server.world.rename_default_branch("larkfield/billing-service", "trunk")
    report = own.github(START)
    assert (report.failures, report.request_count) == ([], 2)
    assert len(versions(own)) == 8
    own.server.world.delete_repository("larkfield/data-platform")
    own.github(START)
    current = {one[1] for one in versions(own) if one[2]}
    assert "larkfield/data-platform" not in current
    assert len(current) == 5
    times = own.rows(
        "select entity_id, valid_from, valid_to from raw_github.entity_versions"
        " where directory = 'repositories' order by all"
    )
    for (entity, _, ends), (following, begins, _) in itertools.pairwise(times):
        assert entity != following or ends == begins


def test_many_that_vanish_at_once_are_one_warning(
    own: Bench, settings_for, caplog: pytest.LogCaptureFixture
) -> None:
    own.github(START)
    for name in ("mobile-app", "storefront", "data-platform"):
        own.server.world.delete_repository(f"larkfield/{name}")
    caplog.clear()
    assert own.github(START).failures == []
    (told,) = [one.getMessage() for one in caplog.records if "no longer listed" in one.getMessage()]
    assert_names(told, "3 of 6 are no longer listed", "larkfield/storefront", "token")
    assert sum(repositories(own).values()) == 3

    names = "larkfield/billing-service,larkfield/storefront,larkfield/mobile-app"
    caplog.clear()
    settings = settings_for(own.server, github_org=None, github_repos=names)
    assert len(own.github(START, settings=settings).failures) == 2
    (told,) = [one.getMessage() for one in caplog.records if "cannot be seen" in one.getMessage()]
    assert_names(told, "2 that are listed", "larkfield/storefront, larkfield/mobile-app")


def test_an_archived_repository_is_read_once(own: Bench, settings_for) -> None:
    settings = settings_for(own.server, github_org=None, github_repos="larkfield/legacy-reports")
    start = date(2026, 8, 1)
    assert own.github(start, settings=settings).request_count > 3
    assert own.github(start, settings=settings).request_count == 1


def test_an_organisation_that_cannot_be_seen_changes_nothing(own: Bench, settings_for) -> None:
    own.github(START)
    before = own.snapshot("github")
    settings = settings_for(own.server, github_org="nobody-here")
    report = own.github(START, settings=settings)
    (failure,) = report.failures
    assert report.request_count == 1
    assert_names(failure.error, "repositories [nobody-here]", "NOT_FOUND", "DEMO:")
    after = own.snapshot("github")
    assert all(after[table] == before[table] for table in before if "ledger" not in table)
    current = own.ledger("repositories", "github")["current"]
    assert (current.status, current.error) == ("complete", failure.error)
    own.github(START)
    assert own.snapshot("github") == before
