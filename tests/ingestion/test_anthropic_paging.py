"""Lists of several pages: all of one reading, in order, or none."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from ingestion_bench import CLAUDE_CODE, QUICK, Bench, assert_names, records_of

from demo_api import DemoServer, Fault
from ingestion.anthropic.client import open_client
from ingestion.anthropic.endpoints import COST, MESSAGES, ORGANIZATION
from ingestion.anthropic.kinds import BucketReport
from ingestion.anthropic.pages import Page
from ingestion.anthropic.readers import read_object, read_range
from ingestion.http import ApiClient
from ingestion.windows import Days

DAY = date(2026, 10, 20)
KEY = str(DAY)


@pytest.fixture
def busy(own: Bench) -> Bench:
    """A world with a day of 2,240 records, which are three pages, and with 2,030 people."""
    world = own.server.organisation
    once = world.records[KEY]
    world.records[KEY] = [
        replace(one, terminal_type=f"{one.terminal_type}-{number}")
        for number in range(80)
        for one in once
    ][:2_240]
    listed = [person for person in world.people if person.is_in_directory][:1]
    world.people += [
        replace(person, user_id=f"{person.user_id}{number}")
        for person in listed
        for number in range(2_030 - 39)
    ]
    return own


def as_sent(bench: Bench, path: str, queries: list[str]) -> list[str]:
    headers = {"x-api-key": bench.server.admin_key, "anthropic-version": "2023-06-01"}
    return [
        httpx.get(f"{bench.server.url}{path}?{query}", headers=headers).text for query in queries
    ]


def test_all_pages_of_a_day_are_stored_as_they_were_sent(busy: Bench) -> None:
    report = busy.load([DAY])
    assert report.failures == []
    assert busy.pages() == [(KEY, 1, False, 1000), (KEY, 2, False, 1000), (KEY, 3, True, 240)]
    queries = busy.asked("claude_code")
    assert [query.partition("&page=")[0] for query in queries] == [
        f"starting_at={KEY}&limit=1000"
    ] * 3
    bodies = busy.bodies()
    path = "/v1/organizations/usage_report/claude_code"
    sent = as_sent(busy, path, queries)
    # A record a row, and to the byte between the brackets.
    assert [records_of(body) for body in bodies] == [
        page[len('{"data":[') :].partition('],"has_more":')[0] for page in sent
    ]
    longest = busy.rows(f"select max(byte_count), count(*) from raw_anthropic.{CLAUDE_CODE}")
    assert longest[0][0] < 4_000
    assert longest[0][1] == 2_240
    counted = busy.ledger()[KEY]
    assert counted.status == "complete"
    assert (counted.page_count, counted.record_count) == (3, 2240)
    assert [(counted.byte_count,)] == busy.rows(
        f"select sum(strlen(body)) from raw_anthropic.{CLAUDE_CODE}"
    )
    assert busy.rows(
        f"select distinct request_path, request_query, api_version from raw_anthropic.{CLAUDE_CODE}"
    ) == [(path, f"starting_at={KEY}&limit=1000", "2023-06-01")]


def test_results_of_a_long_bucket_are_stored_apart_with_its_time(own: Bench) -> None:
    many_keys(own)
    quiet = date(2026, 9, 27)
    assert own.load([quiet, DAY], (MESSAGES.table.name,)).failures == []
    (query, other) = own.asked("usage_report/messages")
    sent = {
        bucket["starting_at"][:10]: bucket
        for text in as_sent(own, MESSAGES.path, [query, other])
        for bucket in json.loads(text)["data"]
    }
    rows = own.rows(
        "select body, record_count, byte_count, records_before, page_number, is_last_page"
        f" from {MESSAGES.table.qualified_name} where window_key = ? order by records_before",
        KEY,
    )
    bucket = sent[KEY]
    assert len(rows) == len(bucket["results"]) > 400
    # In its own text: the time of the bucket, then one result.
    start, end = (f'"{name}":"{bucket[name]}"' for name in ("starting_at", "ending_at"))
    compact = [json.dumps(one, separators=(",", ":")) for one in bucket["results"]]
    assert [row[0] for row in rows] == [
        f'{{{start},{end},"results":[{result}]}}' for result in compact
    ]
    assert [row[1:] for row in rows] == [
        (1, len(row[0]), number, 1, True) for number, row in enumerate(rows)
    ]
    # An empty bucket says that its day was answered.
    assert [json.loads(body) for body in own.bodies(MESSAGES.table.name, str(quiet))] == [
        sent[str(quiet)]
    ]
    counted = own.ledger(MESSAGES.table.name)
    assert {
        key: (one.status, one.page_count, one.record_count) for key, one in counted.items()
    } == {
        str(quiet): ("complete", 1, 0),
        KEY: ("complete", 1, len(rows)),
    }


def test_a_long_bucket_of_an_earlier_version_is_the_same_reading(own: Bench) -> None:
    many_keys(own)
    table = MESSAGES.table
    own.load([DAY], (table.name,))
    before = own.reading(table.name, KEY)
    own.close()
    with own.opened() as connection:
        connection.execute(
            f"""
            create temp table whole as
            select
                any_value(columns(* exclude (body, record_count, records_before))),
                concat(
                    '{{"starting_at":"{KEY}T00:00:00Z","results":[',
                    string_agg(raw.body->>'$.results[0]', ',' order by records_before),
                    ']}}'
                ) as body,
                count(*) as record_count,
            from {table.qualified_name} as raw
            """
        )
        connection.execute(f"delete from {table.qualified_name}")
        connection.execute(f"insert into {table.qualified_name} by name from whole")
    assert own.reading(table.name, KEY) == before
    read_at = own.rows(f"select max(fetched_at) from {table.qualified_name}")[0][0]
    own.load([DAY], (table.name,))
    assert own.revisions(table.name) == []
    own.server.world.restate_analytics_day(KEY)
    own.load([DAY], (table.name,))
    assert [change for _, change, *_ in own.revisions(table.name)] == ["added", "removed"]
    assert own.rebuilt(table.name, read_at, KEY) == before


def many_keys(bench: Bench) -> None:
    """Have 500 more keys use Claude on the day, which makes its bucket a long one."""
    usage = bench.server.organisation.usage
    row = usage[KEY][0]
    usage[KEY] += [replace(row, api_key_id=f"apikey_{number:04}") for number in range(500)]


def test_a_day_whose_last_page_fails_is_never_complete(busy: Bench) -> None:
    def fail_last_page() -> None:
        busy.server.faults.add(Fault(query_contains="&page=", status=500, after=1, times=None))

    fail_last_page()
    (failure,) = busy.load([DAY]).failures
    assert_names(failure.error, f"{CLAUDE_CODE} [{KEY}]", "HTTP 500", "req_011DemoFault")
    assert busy.pages() == []
    assert busy.statuses() == {KEY: "failed"}

    busy.server.faults.clear()
    busy.load([DAY])
    before = busy.ledger()[KEY]
    fail_last_page()
    (failure,) = busy.load([DAY]).failures
    after = busy.ledger()[KEY]
    # What was complete stays so, with the error beside it.
    assert after == before._replace(error=failure.error)
    assert after.status == "complete"
    assert [page[3] for page in busy.pages()] == [1000, 1000, 240]


@pytest.mark.parametrize("status", [400, 410])
def test_a_refused_cursor_begins_the_window_again_and_mixes_nothing(
    busy: Bench, status: int
) -> None:
    def mark(document: dict[str, Any]) -> dict[str, Any]:
        document["data"][0]["from"] = "the first reading"
        return document

    busy.server.faults.add(
        Fault("edit", path_contains="claude_code", edit=mark, times=2),
        Fault(query_contains="&page=", status=status, after=0),
    )
    report = busy.load([DAY])
    assert report.failures == []
    assert [request.fault for request in busy.server.requests] == [
        "edit",  # page 1
        "edit",  # page 2
        "status",  # page 3, refused
        None,
        None,
        None,
    ]
    assert not any("the first reading" in body for body in busy.bodies())
    assert [page[1:] for page in busy.pages()] == [
        (1, False, 1000),
        (2, False, 1000),
        (3, True, 240),
    ]
    assert busy.ledger()[KEY].record_count == 2240


def test_a_cursor_that_is_refused_each_time_fails_the_window(busy: Bench) -> None:
    busy.server.faults.add(Fault(query_contains="&page=", status=410, times=None))
    report = busy.load([DAY])
    assert report.request_count == 6
    (failure,) = report.failures
    assert_names(failure.error, f"[{KEY}]", "HTTP 410", "req_011DemoFault", "begun again")
    assert busy.pages() == []
    assert busy.statuses() == {KEY: "failed"}


def test_cursors_that_lead_round_in_a_circle_are_found_out(busy: Bench) -> None:
    cursors: list[str] = []

    def lead_back(document: dict[str, Any]) -> dict[str, Any]:
        cursors.append(document["next_page"])
        return document | {"has_more": True, "next_page": document["next_page"] or cursors[0]}

    busy.server.faults.add(
        Fault("edit", path_contains="claude_code", edit=lead_back, times=None),
        Fault("edit", path_contains="users", edit=lambda d: d | {"has_more": True}, times=None),
    )
    report = busy.load([DAY], directories=True)
    assert len(cursors) == 3
    errors = {failure.endpoint: failure.error for failure in report.failures}
    assert set(errors) == {CLAUDE_CODE, "users"}
    assert_names(errors[CLAUDE_CODE], f"[{KEY}]", "a cursor repeats", "req_011Demo0")
    # Behind the last user nothing comes, and no id to go on from.
    assert_names(errors["users"], "users [current]", "no cursor to it", "req_011Demo0")
    assert busy.pages() == busy.pages("users") == []
    assert busy.statuses() == {KEY: "failed"}
    assert busy.statuses("users") == {"current": "failed"}


def test_a_directory_is_read_to_its_end_and_again_when_it_changes(busy: Bench) -> None:
    gone = Fault(path_contains="users", query_contains="after_id", status=400, after=1)
    busy.server.faults.add(gone)
    report = busy.load((), (), directories=True)
    assert report.failures == []
    assert gone.strikes == 1
    assert len(busy.asked("users")) == 6
    assert [page[1:] for page in busy.pages("users")] == [
        (1, False, 1000),
        (2, False, 1000),
        (3, True, 30),
    ]
    people = [one["id"] for body in busy.bodies("users") for one in json.loads(body)["data"]]
    assert len(set(people)) == len(people) == 2030
    counted = busy.ledger("users")["current"]
    assert (counted.status, counted.page_count, counted.record_count) == ("complete", 3, 2030)
    assert counted.window_start is counted.window_end is None
    assert busy.rows("select distinct request_query from raw_anthropic.users") == [("limit=1000",)]


def test_the_directories_hold_archived_workspaces_and_members_of_live_ones(bench: Bench) -> None:
    assert bench.load((), (), directories=True).failures == []
    organisation = bench.server.organisation
    (me,) = bench.bodies("organizations_me")
    assert json.loads(me)["id"] == organisation.organization_id
    (workspaces,) = bench.bodies("workspaces")
    listed = {one["id"]: one["archived_at"] for one in json.loads(workspaces)["data"]}
    live = {key for key, archived_at in listed.items() if archived_at is None}
    assert 0 < len(live) < len(listed)
    assert bench.statuses("workspace_members") == dict.fromkeys(sorted(live), "complete")
    assert set(bench.statuses("api_keys")) == set(bench.statuses("users")) == {"current"}
    assert bench.ledger("api_keys")["current"].record_count == 45


@pytest.fixture
def client(shared_server: DemoServer, settings_for) -> ApiClient:
    shared_server.requests.clear()
    return open_client(settings_for(shared_server), retry=QUICK)


@pytest.mark.parametrize("report", [MESSAGES, COST], ids=lambda report: report.table.name)
def test_buckets_that_come_on_several_pages_are_the_same_buckets(
    client: ApiClient, shared_server: DemoServer, report: BucketReport
) -> None:
    async def read(longest_range: int) -> list[Page]:
        async with client:
            small = replace(report, longest_range=longest_range)
            return await read_range(client, small, Days(DAY, date(2026, 10, 25)))

    one_page, three_pages = asyncio.run(read(31)), asyncio.run(read(2))
    assert len(shared_server.requests) == 1 + 3
    assert [page.body for page in three_pages] == [page.body for page in one_page]
    assert [page.window_key for page in three_pages] == [f"2026-10-{day}" for day in range(20, 25)]
    assert {(page.page_number, page.is_last_page) for page in three_pages} == {(1, True)}
    assert len({page.request_id for page in three_pages}) == 3


def test_the_client_closes_after_its_last_user(client: ApiClient) -> None:
    async def use() -> None:
        async with client, client:
            await read_object(client, ORGANIZATION)
        with pytest.raises(RuntimeError, match="async with"):
            await read_object(client, ORGANIZATION)

    asyncio.run(use())
    # Another event loop: a client may be opened again.
    asyncio.run(_me(client))


async def _me(client: ApiClient) -> None:
    async with client:
        (page,) = await read_object(client, ORGANIZATION)
    assert page.is_last_page
