"""Members of the organisation: read when they changed, left out where a token may not see them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from ingestion_bench import Bench, assert_names

from demo_api import DemoServer, Fault

START = date(2026, 10, 28)
ORGANIZATION = "larkfield"
ENDPOINT = "organization_members"
PATH = "/members"


def members(bench: Bench) -> dict[int, str]:
    """Return login by number."""
    return dict(bench.rows("select member_id, body->>'login' from raw_github.organization_members"))


def world(bench: Bench) -> dict[int, str]:
    return {one.database_id: one.login for one in bench.server.github.members[ORGANIZATION]}


def asked(bench: Bench) -> list[str | None]:
    """Return, for each request of a page, what ETag it carried, and forget all requests."""
    found = [one.headers.get("if-none-match") for one in bench.server.requests if PATH in one.path]
    bench.server.requests.clear()
    return found


def crowd(bench: Bench, count: int) -> None:
    """Let the organisation have ``count`` members, more than a page of them."""
    have = len(bench.server.github.members[ORGANIZATION])
    for number in range(count - have):
        bench.server.world.add_member(ORGANIZATION, f"crowd-{number}", 900_000_000 + number)


def test_members_are_stored_as_answered(bench: Bench) -> None:
    assert bench.github(START).failures == []
    assert members(bench) == world(bench)
    assert len(members(bench)) == 39
    (row,) = bench.rows(
        "select organization, body, api_version from raw_github.organization_members"
        " order by member_id limit 1"
    )
    assert (row[0], row[2]) == (ORGANIZATION, "2022-11-28")
    assert json.loads(row[1])["type"] == "User"
    counted = bench.ledger(ENDPOINT, "github")[ORGANIZATION]
    assert (counted.status, counted.page_count, counted.record_count) == ("complete", 1, 39)


def test_nobody_new_costs_one_request_that_is_free(own: Bench) -> None:
    own.github(START)
    first = own.ledger(ENDPOINT, "github")[ORGANIZATION]
    before = members(own)
    asked(own)
    spent = own.server.github_api.rest_budget.used
    assert own.github(START).failures == []
    (etag,) = asked(own)
    assert etag is not None
    assert own.server.github_api.rest_budget.used == spent
    assert members(own) == before
    second = own.ledger(ENDPOINT, "github")[ORGANIZATION]
    assert second.last_fetched_at > first.last_fetched_at
    changing = ("last_fetched_at", "run_id", "window_end")
    assert second._replace(**dict.fromkeys(changing)) == first._replace(**dict.fromkeys(changing))


def test_who_joins_and_leaves_is_history(own: Bench) -> None:
    own.github(START)
    gone, stays = own.server.github.members[ORGANIZATION][3:5]
    own.server.world.remove_member(ORGANIZATION, gone.login)
    own.server.world.add_member(ORGANIZATION, "new-colleague", 5)
    asked(own)
    assert own.github(START).failures == []
    # The page that had changed is not asked for twice.
    assert len(asked(own)) == 1
    assert members(own) == world(own)
    found = own.rows(
        "select entity_id, valid_to is null from raw_github.entity_versions"
        " where directory = ? and scope = ?",
        ENDPOINT,
        ORGANIZATION,
    )
    versions = dict(found)
    assert len(found) == 40
    assert (versions[str(gone.database_id)], versions[str(stays.database_id)]) == (False, True)
    assert versions["5"] is True


@pytest.mark.parametrize(
    ("count", "unchanged_pages"),
    # A full last page is read without a condition: its 304 would not tell of a page behind it.
    [(150, 2), (200, 2)],
)
def test_several_pages_are_followed_and_asked_for_again(
    own: Bench, count: int, unchanged_pages: int
) -> None:
    crowd(own, count)
    assert own.github(START).failures == []
    assert asked(own) == [None, None]
    assert len(members(own)) == count
    own.github(START)
    again = asked(own)
    assert again[0] is not None
    assert len(again) >= unchanged_pages
    own.server.world.add_member(ORGANIZATION, "the-last-one", 999_999_999)
    assert own.github(START).failures == []
    assert members(own) == world(own)
    assert own.ledger(ENDPOINT, "github")[ORGANIZATION].record_count == count + 1


def test_an_organisation_without_members_has_none_stored(own: Bench) -> None:
    own.github(START)
    own.server.github.members[ORGANIZATION].clear()
    assert own.github(START).failures == []
    assert members(own) == {}
    assert own.ledger(ENDPOINT, "github")[ORGANIZATION].record_count == 0


def test_the_token_does_not_follow_to_another_host(own: Bench) -> None:
    crowd(own, 120)
    with DemoServer() as elsewhere:
        link = {"link": f'<{elsewhere.github_api_url}/organizations/1/members>; rel="next"'}
        own.server.faults.add(
            Fault(status=200, path_contains=PATH, body=[{"id": 1, "login": "a"}], headers=link)
        )
        (failure,) = own.github(START).failures
        assert elsewhere.requests == []
    assert_names(failure.error, f"{ENDPOINT} [{ORGANIZATION}]", "another host")
    assert members(own) == {}
    assert own.statuses(ENDPOINT, "github") == {ORGANIZATION: "failed"}
    assert set(own.statuses("commits", "github").values()) == {"complete"}


@pytest.mark.parametrize("status", [403, 404])
def test_a_token_that_may_not_see_members_is_warned_of_and_not_red(
    own: Bench, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    own.server.faults.add(Fault(status=status, path_contains=PATH, times=None))
    for _ in range(2):
        caplog.clear()
        report = own.github(START)
        assert report.failures == []
        (told,) = [
            one.getMessage()
            for one in caplog.records
            if one.levelname == "WARNING" and ENDPOINT in one.getMessage()
        ]
        assert_names(told, f"HTTP {status}", "left out", "read access to Members")
    assert own.statuses(ENDPOINT, "github") == {}
    assert set(own.statuses("commits", "github").values()) == {"complete"}
    own.server.faults.clear()
    own.github(START)
    assert members(own) == world(own)


def test_a_token_that_no_longer_sees_members_is_a_failure(own: Bench) -> None:
    own.github(START)
    before = members(own)
    own.server.github_api.shows_members = False
    (failure,) = own.github(START).failures
    assert_names(failure.error, f"{ENDPOINT} [{ORGANIZATION}]", "HTTP 403", "not accessible")
    assert members(own) == before
    counted = own.ledger(ENDPOINT, "github")[ORGANIZATION]
    assert (counted.status, counted.error) == ("complete", failure.error)
    own.server.github_api.shows_members = True
    assert own.github(START).failures == []
    assert own.ledger(ENDPOINT, "github")[ORGANIZATION].error is None


def test_members_that_cannot_be_read_now_fail_alone_and_are_tried_again(own: Bench) -> None:
    fault = Fault(status=503, path_contains=PATH, times=None)
    own.server.faults.add(fault)
    (failure,) = own.github(START).failures
    assert fault.strikes == 4
    assert (failure.endpoint, failure.window_key) == (ENDPOINT, ORGANIZATION)
    assert own.statuses(ENDPOINT, "github") == {ORGANIZATION: "failed"}
    assert set(own.statuses("pull_requests", "github").values()) == {"complete"}
    own.server.faults.clear()
    assert own.github(START).failures == []
    assert own.statuses(ENDPOINT, "github") == {ORGANIZATION: "complete"}


def test_a_page_that_changes_its_shape_is_not_taken(own: Bench) -> None:
    own.github(START)
    before = members(own)

    def without_id(document: list[dict[str, Any]]) -> list[dict[str, Any]]:
        del document[1]["id"]
        return document

    own.server.world.add_member(ORGANIZATION, "new-colleague", 5)
    own.server.faults.add(Fault("edit", path_contains=PATH, edit=without_id))
    (failure,) = own.github(START).failures
    assert_names(failure.error, ENDPOINT, "not of the documented shape")
    assert members(own) == before


def test_no_organisation_no_members(bench: Bench, settings_for) -> None:
    settings = settings_for(bench.server, github_org=None, github_repos="larkfield/mobile-app")
    assert bench.github(START, settings=settings).failures == []
    assert [one for one in bench.server.requests if PATH in one.path] == []
    assert bench.statuses(ENDPOINT, "github") == {}


def test_the_name_is_taken_in_any_case(own: Bench, settings_for) -> None:
    own.github(START)
    asked(own)
    own.github(START, settings=settings_for(own.server, github_org="LarkField"))
    assert members(own) == world(own)
    assert set(own.statuses(ENDPOINT, "github")) == {ORGANIZATION}
