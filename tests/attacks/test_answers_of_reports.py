"""Answers of Anthropic's reports and directories that are not what is documented.

A row of `RECORDS` is a report, a field of a record of it, the JSON that stands there instead (or
`ABSENT`), and what must be said. The day fails alone: it is not stored, the day before it is, the
line names endpoint, day, request and the command that reads it anew, and the day is due again. A
row of `ENTITIES` is the same for a directory, which has no days, and a row of `HARMLESS` is what
is stored without a word.

A row of `PAGED` is a report or directory whose server ignores the cursor and answers the first page
for ever. A row of `ENDLESS` is one that always has one more page. A row of `DEEP` is one that
answers 200,000 brackets.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from demo_api import DemoServer, Fault
from ingestion.anthropic import paging
from ingestion.anthropic.endpoints import (
    ANALYTICS_COST,
    ANALYTICS_USAGE,
    API_KEYS,
    CLAUDE_CODE,
    COST,
    DIRECTORIES,
    ENTERPRISE_COST,
    ENTERPRISE_EFFECTIVE_SPEND_LIMITS,
    ENTERPRISE_GROUP_MEMBERS,
    ENTERPRISE_GROUPS,
    ENTERPRISE_SPEND_LIMITS,
    ENTERPRISE_SUMMARIES,
    ENTERPRISE_USAGE,
    ENTERPRISE_USER_ACTIVITY,
    ENTERPRISE_USER_COST,
    ENTERPRISE_USER_USAGE,
    ENTERPRISE_USERS,
    MESSAGES,
    MESSAGES_BY_MINUTE,
    ORGANIZATION,
    RATE_LIMITS,
    REPORTS,
    USERS,
    WORKSPACE_MEMBERS,
    WORKSPACE_RATE_LIMITS,
    WORKSPACES,
)
from ingestion.anthropic.kinds import Directory, Endpoint, RangeReport, Report
from ingestion.anthropic.source import ANTHROPIC
from ingestion.plan import due_days
from tests.ingestion.ingestion_bench import Bench, assert_names

BEFORE, ATTACKED = date(2026, 10, 20), date(2026, 10, 21)
DAY = str(ATTACKED)
ABSENT = "absent"
COMMAND = f"`claude-usage run --start {DAY} --end {DAY} --source anthropic`"
_MARK = "here stands what is answered"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as served:
        yield served


@pytest.fixture
def bench(server: DemoServer, settings_for) -> Iterator[Bench]:
    made = Bench(server, settings_for(server, anthropic_analytics_key=server.enterprise_key))
    yield made
    made.close()
    server.faults.clear()
    server.requests.clear()


def path_of(endpoint: Endpoint) -> str:
    return endpoint.path.partition("{}")[2] or endpoint.path


def records_of_the_day(report: Report, document: dict[str, Any]) -> list[dict[str, Any]]:
    if not isinstance(report, RangeReport):
        return document["data"]
    of_day = [one for one in document["data"] if one["starting_at"].startswith(DAY)]
    is_bucket = report.table.records == "results"
    return [result for one in of_day for result in one["results"]] if is_bucket else of_day


def entities(endpoint: Endpoint, document: dict[str, Any]) -> list[dict[str, Any]]:
    return [document] if endpoint is ORGANIZATION else document["data"]


def rewritten(
    records: Callable[[dict[str, Any]], list[dict[str, Any]]], path: str, text: str
) -> Callable[[dict[str, Any]], Any]:
    """Return an edit that puts ``text`` where the first record has ``path``, as it is written."""

    def edit(document: dict[str, Any]) -> Any:
        found = [one for one in records(document) if _holds(one, path)]
        if not found:
            return document
        *outer, last = path.split(".")
        holder: Any = found[0]
        for name in outer:
            holder = holder[int(name) if name.isdigit() else name]
        if text == ABSENT:
            del holder[last]
            return document
        holder[last] = _MARK
        return json.dumps(document).replace(json.dumps(_MARK), text, 1).encode()

    return edit


def _holds(record: Any, path: str) -> bool:
    for name in path.split(".")[:-1]:
        if isinstance(record, list):
            if int(name) >= len(record):
                return False
            record = record[int(name)]
        else:
            record = record.get(name)
        if record is None:
            return False
    return True


def strike(bench: Bench, endpoint: Endpoint, edit: Callable[[Any], Any], **options: Any) -> Fault:
    """Edit all answers of an endpoint; of a report that is asked for day by day, the one day's."""
    query = "bucket_width=1d" if endpoint is MESSAGES else None
    if isinstance(endpoint, Report) and not isinstance(endpoint, RangeReport):
        query = f"={DAY}T00:00:00Z&ending" if endpoint is MESSAGES_BY_MINUTE else f"={DAY}&"
    fault = Fault(
        "edit",
        path_contains=path_of(endpoint),
        query_contains=query,
        edit=edit,
        times=None,
        **options,
    )
    bench.server.faults.add(fault)
    return fault


COUNT = "Expected `int`"
RECORDS = [
    pytest.param(CLAUDE_CODE, "core_metrics.num_sessions", '"seven"', COUNT, id="a word"),
    pytest.param(CLAUDE_CODE, "core_metrics.num_sessions", "-1", COUNT, id="negative"),
    pytest.param(CLAUDE_CODE, "core_metrics.num_sessions", str(2**70), COUNT, id="over-long"),
    pytest.param(CLAUDE_CODE, "core_metrics.num_sessions", "9" * 5_000, "out of range", id="5,000"),
    pytest.param(CLAUDE_CODE, "core_metrics.num_sessions", "1.5", COUNT, id="a fraction"),
    pytest.param(CLAUDE_CODE, "core_metrics.num_sessions", "null", COUNT, id="null"),
    pytest.param(CLAUDE_CODE, "core_metrics.num_sessions", ABSENT, "field `num_sess", id="absent"),
    pytest.param(
        CLAUDE_CODE,
        "core_metrics.num_sessions",
        '1, "num_sessions": 500',
        "the key `num_sessions` stands twice",
        id="a key twice",
    ),
    pytest.param(
        CLAUDE_CODE,
        "core_metrics.num_sessions",
        '1, "num_sessions" \n\t: 500, "new\\"":1',
        "the key `num_sessions` stands twice",
        id="a key twice, spaced, beside an unknown one",
    ),
    pytest.param(
        CLAUDE_CODE,
        "tool_actions",
        '{"t": {"accepted": 1, "rejected": 0}, "t": {"accepted": 2, "rejected": 0}}',
        "the key `t` stands twice",
        id="a tool twice",
    ),
    pytest.param(CLAUDE_CODE, "tool_actions", "[]", "Expected `object`", id="tools as a list"),
    pytest.param(CLAUDE_CODE, "date", '"2026-10-20T00:00:00Z"', "2026-10-20", id="another day"),
    pytest.param(CLAUDE_CODE, "date", '"yesterday"', "'yesterday'", id="no day"),
    pytest.param(CLAUDE_CODE, "actor", '{"type": "user_actor"}', "no `email_ad", id="nobody"),
    pytest.param(
        CLAUDE_CODE, "actor.type", '"api_actor"', "no `api_key_name`", id="a nameless key"
    ),
    pytest.param(CLAUDE_CODE, "actor.email_address", '" "', "is blank", id="a blank address"),
    pytest.param(
        CLAUDE_CODE,
        "model_breakdown.0.estimated_cost",
        '{"amount": 1, "currency": "EUR"}',
        "'EUR'",
        id="euros",
    ),
    pytest.param(
        CLAUDE_CODE,
        "model_breakdown.0.estimated_cost.amount",
        "1e400",
        "out of range",
        id="beyond doubles",
    ),
    pytest.param(CLAUDE_CODE, "note", '"\\ud800"', "not whole JSON", id="half a character"),
    pytest.param(CLAUDE_CODE, "note", '{"a": 1, "a": 2}', "key `a`", id="a new field's key twice"),
    pytest.param(MESSAGES, "output_tokens", '"many"', COUNT, id="messages"),
    pytest.param(
        MESSAGES, "server_tool_use", ABSENT, "field `server_tool_use`", id="messages less"
    ),
    pytest.param(MESSAGES_BY_MINUTE, "results", "{}", "`array`", id="minutes"),
    pytest.param(COST, "amount", '"1e400"', "a decimal of", id="a cost beyond decimals"),
    pytest.param(COST, "amount", '"NaN"', "a decimal of", id="no number"),
    pytest.param(COST, "amount", "1.5", "Expected `str`", id="a cost as a double"),
    pytest.param(COST, "amount", '"1.00000000001"', "a decimal of", id="a cost too fine"),
    pytest.param(COST, "currency", '"EUR"', "'EUR'", id="a cost in euros"),
    pytest.param(COST, "currency", '"USD", "amount": "0"', "key `amount`", id="two amounts"),
    pytest.param(ANALYTICS_USAGE, "usage.requests", "-5", COUNT, id="negative requests"),
    pytest.param(ANALYTICS_USAGE, "group.actor", '"ada"', "`object", id="an actor by name"),
    pytest.param(
        ANALYTICS_USAGE, "ending_at", '"2026-10-22T00:00:00Z "', "a midnight", id="spaced time"
    ),
    pytest.param(
        ANALYTICS_USAGE, "ending_at", '"2026-10-23T00:00:00Z"', "span a day", id="two days"
    ),
    pytest.param(ANALYTICS_COST, "cost.list_amount", "null", "Expected `str`", id="no list amount"),
    pytest.param(ENTERPRISE_USAGE, "usage.cache_creation", "[]", "`object`", id="enterprise usage"),
    pytest.param(ENTERPRISE_COST, "cost.amount", '"１"', "a decimal of", id="foreign digits"),
    pytest.param(ENTERPRISE_USER_USAGE, "output_tokens", "true", COUNT, id="usage by user"),
    pytest.param(ENTERPRISE_USER_COST, "currency", '"usd"', "'usd'", id="cost by user"),
    pytest.param(
        ENTERPRISE_USER_ACTIVITY,
        "claude_code_metrics.core_metrics.commit_count",
        '"five"',
        COUNT,
        id="activity",
    ),
    pytest.param(ENTERPRISE_USER_ACTIVITY, "user.id", "7", "`str`", id="a user by number"),
    pytest.param(ENTERPRISE_SUMMARIES, "daily_active_user_count", "null", COUNT, id="summaries"),
]


@pytest.mark.parametrize(("report", "path", "text", "told"), RECORDS)
def test_a_day_with_a_record_of_another_shape_fails_alone_and_is_due_again(
    bench: Bench, report: Report, path: str, text: str, told: str
) -> None:
    table = report.table.name
    edit = rewritten(lambda document: records_of_the_day(report, document), path, text)
    fault = strike(bench, report, edit)

    loaded = bench.load([BEFORE, ATTACKED], (table,))

    assert fault.strikes
    (failure,) = loaded.failures
    assert failure.window_key == DAY
    assert_names(failure.error, table, told, "req_011Demo", COMMAND)
    assert bench.statuses(table) == {str(BEFORE): "complete", DAY: "failed"}
    assert bench.ledger(table)[DAY].error == failure.error
    assert {page[0] for page in bench.pages(table)} == {str(BEFORE)}
    with bench.opened() as connection:
        now = datetime(2026, 11, 27, 12, tzinfo=UTC)
        due = due_days(ANTHROPIC, bench.settings, connection, now=now)
    assert ATTACKED in due[table]


ENTITIES = [
    pytest.param(ORGANIZATION, "name", "null", "Expected `str`", id="the organisation"),
    pytest.param(USERS, "added_at", '"garbage"', "a time as of RFC 3339", id="a user's time"),
    pytest.param(USERS, "email", '""', "that is not blank", id="a user's address"),
    pytest.param(ENTERPRISE_USERS, "added_at", '"2026-02-29T00:00:00Z"', "RFC 3339", id="no leap"),
    pytest.param(WORKSPACES, "created_at", '"2026-01-13T09:00:00"', "RFC 3339", id="no zone"),
    pytest.param(WORKSPACES, "tags", '{"a": "1", "a": "2"}', "key `a`", id="a tag twice"),
    pytest.param(WORKSPACES, "id", "null", "Expected `str`", id="no workspace id"),
    pytest.param(WORKSPACE_MEMBERS, "user_id", ABSENT, "field `user_id`", id="no member"),
    pytest.param(API_KEYS, "expires_at", "1", "Expected `str | null`", id="a key's end"),
    pytest.param(API_KEYS, "scope", "[]", "Expected `object | null`", id="a key's scope"),
    pytest.param(RATE_LIMITS, "limits.0.value", '"many"', COUNT, id="a rate limit"),
    pytest.param(RATE_LIMITS, "group", "null", "neither `group` nor", id="no group"),
    pytest.param(ENTERPRISE_SPEND_LIMITS, "amount", '"1,000"', "a decimal of", id="a limit"),
    pytest.param(ENTERPRISE_SPEND_LIMITS, "scope", '"all"', "`object`", id="a limit's scope"),
    pytest.param(
        ENTERPRISE_EFFECTIVE_SPEND_LIMITS, "period_to_date_spend", '"-"', "a decimal", id="spent"
    ),
    pytest.param(ENTERPRISE_GROUPS, "created_at", '"2026-13-01T00:00:00Z"', "RFC", id="a group"),
    pytest.param(ENTERPRISE_GROUP_MEMBERS, "user_id", "[]", "Expected `str`", id="a group member"),
]


@pytest.mark.parametrize(("directory", "path", "text", "told"), ENTITIES)
def test_a_directory_with_an_entity_of_another_shape_is_kept_as_it_was(
    bench: Bench, directory: Directory, path: str, text: str, told: str
) -> None:
    table = directory.table
    assert bench.load((), (), directories=[table]).failures == []
    before = list(map(json.loads, bench.bodies(table.name)))
    strike(bench, directory, rewritten(lambda one: entities(directory, one), path, text))

    failures = bench.load((), (), directories=[table]).failures

    assert {failure.endpoint for failure in failures} == {table.name}
    for failure in failures:
        assert_names(failure.error, told, "req_011Demo", "`claude-usage run --source anthropic`")
    assert list(map(json.loads, bench.bodies(table.name))) == before
    errors = [one.error for one in bench.ledger(table.name).values() if one.error]
    assert sorted(errors) == sorted(failure.error for failure in failures)


@pytest.mark.parametrize("report", [MESSAGES, COST], ids=lambda report: report.table.name)
def test_a_bucket_without_results_fails_its_day_alone(bench: Bench, report: Report) -> None:
    def drop(document: dict[str, Any]) -> dict[str, Any]:
        for bucket in document["data"]:
            if bucket["starting_at"].startswith(DAY):
                del bucket["results"]
        return document

    strike(bench, report, drop)
    (failure,) = bench.load([BEFORE, ATTACKED], (report.table.name,)).failures
    assert_names(failure.error, f"{report.table.name} [{DAY}]", "field `results`", COMMAND)
    assert bench.statuses(report.table.name) == {str(BEFORE): "complete", DAY: "failed"}


@pytest.mark.parametrize("report", [MESSAGES, COST], ids=lambda report: report.table.name)
def test_results_that_stand_in_two_buckets_of_a_day_are_not_stored(
    bench: Bench, report: Report
) -> None:
    def double(document: dict[str, Any]) -> dict[str, Any]:
        (bucket,) = document["data"]
        again = {**bucket, "ending_at": "2026-10-22T00:00:00.0Z"}
        return {**document, "data": [bucket, again]}

    strike(bench, report, double)
    (failure,) = bench.load([ATTACKED], (report.table.name,)).failures
    assert_names(failure.error, f"results of {DAY} were answered twice", COMMAND)


def test_a_directory_with_an_id_twice_is_refused(bench: Bench) -> None:
    def rename(document: dict[str, Any]) -> dict[str, Any]:
        document["data"].append({**document["data"][0], "name": "the same again"})
        return document

    strike(bench, USERS, rename)
    (failure,) = bench.load((), (), directories=[USERS.table]).failures
    assert_names(failure.error, "users [current]", "two records have one id", "req_011Demo")


def test_a_person_who_has_two_rows_of_a_day_fails_it(bench: Bench) -> None:
    def double(document: dict[str, Any]) -> dict[str, Any]:
        document["data"].append({**document["data"][0], "web_search_count": 1_000})
        return document

    strike(bench, ENTERPRISE_USER_ACTIVITY, double)
    table = ENTERPRISE_USER_ACTIVITY.table.name
    (failure,) = bench.load([ATTACKED], (table,)).failures
    assert_names(failure.error, f"{table} [{DAY}]", "two records have one id", COMMAND)


HARMLESS = [
    pytest.param(CLAUDE_CODE, "terminal_type", '"a new terminal"', id="a new terminal"),
    pytest.param(CLAUDE_CODE, "customer_type", '"partner"', id="a new kind of customer"),
    pytest.param(CLAUDE_CODE, "actor", '{"type": "agent_actor", "agent": 1}', id="a new actor"),
    pytest.param(CLAUDE_CODE, "is_remote", ABSENT, id="an edition without `is_remote`"),
    pytest.param(CLAUDE_CODE, "subscription_type", ABSENT, id="without `subscription_type`"),
    pytest.param(CLAUDE_CODE, "note", '{"say": ["\\"a\\": 1", -2, 1e400]}', id="a new field"),
    pytest.param(CLAUDE_CODE, "date", f'"{DAY}"', id="a plain date"),
    pytest.param(CLAUDE_CODE, "tool_actions", "{}", id="no tools"),
    pytest.param(CLAUDE_CODE, "model_breakdown", "[]", id="no models"),
    pytest.param(COST, "amount", '"-12.5"', id="a credit"),
    pytest.param(COST, "cost_type", '"storage"', id="a new kind of cost"),
    pytest.param(MESSAGES, "service_tier", '"night"', id="a new tier"),
    pytest.param(ANALYTICS_COST, "group.new_dimension", "null", id="a new dimension"),
    pytest.param(ENTERPRISE_SUMMARIES, "assigned_seat_count", "null", id="no seats told"),
]


@pytest.mark.parametrize(("report", "path", "text"), HARMLESS)
def test_what_may_come_without_notice_is_stored(
    bench: Bench, report: Report, path: str, text: str
) -> None:
    table = report.table.name
    fault = strike(
        bench, report, rewritten(lambda one: records_of_the_day(report, one), path, text)
    )
    assert bench.load([ATTACKED], (table,)).failures == []
    assert fault.strikes
    assert bench.statuses(table) == {DAY: "complete"}


def with_more(document: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a page after which there seems to be another, with a cursor nobody has seen."""
    if "first_id" in document:
        return {**document, "has_more": True, "last_id": f"never_seen_{number}"}
    more = {"has_more": True} if "has_more" in document else {}
    return {**document, **more, "next_page": f"page_{number}"}


PAGED = [
    pytest.param(endpoint, id=endpoint.table.name)
    for endpoint in (*REPORTS, *DIRECTORIES)
    # Most workspaces have no limits of their own, and an empty page may come twice.
    if endpoint not in (ORGANIZATION, WORKSPACE_RATE_LIMITS)
]


@pytest.mark.parametrize("endpoint", PAGED)
def test_a_server_that_ignores_the_cursor_fails_what_was_asked(
    bench: Bench, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A group without members is a list of empty pages, which may come twice.
    monkeypatch.setattr(paging, "LONGEST_READING", 12)
    numbers = itertools.count()
    strike(
        bench,
        endpoint,
        lambda document: with_more(document, next(numbers)),
        ignored=("page", "after_id"),
    )
    table = endpoint.table
    of_directory = isinstance(endpoint, Directory)
    days, tables = ((), ()) if of_directory else ([ATTACKED], (table.name,))

    failures = bench.load(days, tables, directories=[table] if of_directory else False).failures

    found = [f for f in failures if "there is more after 12 pages" not in f.error]
    assert found
    for failure in found:
        assert_names(failure.error, table.name, "records of an earlier page", "req_011Demo")
    assert bench.pages(table.name) == []
    assert set(bench.statuses(table.name).values()) == {"failed"}


def test_a_page_that_holds_one_record_of_an_earlier_page_fails_its_day(bench: Bench) -> None:
    pages: list[list[Any]] = []

    def overlap(document: dict[str, Any]) -> dict[str, Any]:
        half = len(document["data"]) // 2
        first, second = document["data"][:half], document["data"][half - 1 :]
        pages.append(second)
        if len(pages) % 2:
            return with_more({**document, "data": first}, len(pages))
        return {**document, "data": second}

    strike(bench, CLAUDE_CODE, overlap, ignored=("page",))
    (failure,) = bench.load([BEFORE, ATTACKED]).failures
    assert_names(failure.error, f"[{DAY}]", "records of an earlier page", COMMAND)
    # Begun again twice, as if a list had moved.
    assert len(pages) == 6
    assert bench.statuses() == {str(BEFORE): "complete", DAY: "failed"}


def test_what_was_stored_of_a_day_before_stays(bench: Bench) -> None:
    assert bench.load([ATTACKED]).failures == []
    before, counted = bench.bodies(), bench.ledger()[DAY]
    path, text = "core_metrics.num_sessions", '"seven"'
    strike(bench, CLAUDE_CODE, rewritten(lambda document: document["data"], path, text))
    (failure,) = bench.load([ATTACKED]).failures
    assert bench.bodies() == before
    assert bench.ledger()[DAY] == counted._replace(error=failure.error)
    bench.server.faults.clear()
    assert bench.load([ATTACKED]).failures == []
    assert bench.ledger()[DAY].error is None


def test_empty_pages_and_equal_records_of_one_page_are_stored(bench: Bench) -> None:
    numbers = itertools.count(1)

    def empty_first(document: dict[str, Any]) -> dict[str, Any]:
        number = next(numbers)
        if number <= 2:
            return with_more({**document, "data": []}, number)
        return {**document, "data": [document["data"][0]] * 2}

    strike(bench, CLAUDE_CODE, empty_first, ignored=("page",))
    assert bench.load([ATTACKED]).failures == []
    assert [page[1:] for page in bench.pages()] == [(1, False, 0), (2, False, 0), (3, True, 2)]
    assert bench.statuses() == {DAY: "complete"}


ENDLESS = [
    pytest.param(endpoint, id=endpoint.table.name)
    for endpoint in (CLAUDE_CODE, MESSAGES, ANALYTICS_USAGE, ENTERPRISE_USER_ACTIVITY, USERS)
]


@pytest.mark.parametrize("endpoint", ENDLESS)
def test_a_server_that_always_has_one_more_page_is_asked_so_often_and_no_more(
    bench: Bench, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LONGEST_READING", 12)
    numbers = itertools.count()
    fault = strike(
        bench,
        endpoint,
        lambda document: with_more({**document, "data": []}, next(numbers)),
        ignored=("page", "after_id"),
    )
    table = endpoint.table
    of_directory = isinstance(endpoint, Directory)
    days, tables = ((), ()) if of_directory else ([ATTACKED], (table.name,))

    report = bench.load(days, tables, directories=[table] if of_directory else False)

    (failure,) = report.failures
    assert_names(failure.error, table.name, "there is more after 12 pages", "req_011Demo")
    assert fault.strikes == 12
    assert bench.pages(table.name) == []


DEEP = [
    pytest.param(lambda document, deep: b'{"data": [' + deep + b"], " + document[1:], id="record"),
    pytest.param(lambda document, deep: b'{"note": ' + deep + b", " + document[1:], id="new field"),
    pytest.param(lambda _, deep: deep, id="answer"),
]


@pytest.mark.parametrize("text", DEEP)
@pytest.mark.parametrize("brackets", [200_000, 700, 50])
def test_brackets_without_end_fail_a_day_or_harm_nothing(
    bench: Bench, text: Callable[[bytes, bytes], bytes], brackets: int
) -> None:
    deep = b"[" * brackets + b"]" * brackets
    strike(bench, CLAUDE_CODE, lambda document: text(json.dumps(document).encode(), deep))
    failures = bench.load([BEFORE, ATTACKED]).failures
    statuses = bench.statuses()
    assert statuses.pop(str(BEFORE)) == "complete"
    assert statuses == {DAY: "failed" if failures else "complete"}
    if brackets == 200_000:
        (failure,) = failures
        assert_names(failure.error, f"[{DAY}]", "req_011Demo", COMMAND)
