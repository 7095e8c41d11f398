"""The Enterprise organisation: its reports and directories, its dates, its limits, its failures."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from ingestion_bench import (
    CLAUDE_CODE,
    CONSOLE_DIRECTORIES,
    CONSOLE_REPORTS,
    DAYS,
    EMPTY_DAY,
    ENTERPRISE_DIRECTORIES,
    ENTERPRISE_REPORTS,
    QUICK,
    Bench,
    assert_names,
    seconds,
)

from demo_api import DemoServer, Fault
from demo_api.faults import past_reset, spend_cap
from ingestion.anthropic import endpoints
from ingestion.anthropic.client import open_client
from ingestion.anthropic.keys import check_settings
from ingestion.anthropic.load import load_anthropic
from ingestion.errors import ConfigurationError
from ingestion.settings import Settings

ACTIVITY, SUMMARIES = "enterprise_user_activity", "enterprise_summaries"
USAGE, COST = "enterprise_usage", "enterprise_cost"
COST_BY_GEOGRAPHY = "enterprise_cost_by_geography"
USER_USAGE, USER_COST = "enterprise_user_usage_report", "enterprise_user_cost_report"
REPORTS = tuple(table.name for table in ENTERPRISE_REPORTS)
KEYS = [str(day) for day in DAYS]


def records(bench: Bench, table: str) -> list[tuple[str, dict[str, Any]]]:
    """Return (window_key, record) of all records of a table."""
    found = bench.rows(f"select window_key, body from raw_anthropic.{table} order by all")
    return [(key, record) for key, body in found for record in json.loads(body)["data"]]


def test_every_report_lands_with_what_is_true(both: Bench) -> None:
    report = both.load([*DAYS, EMPTY_DAY], REPORTS)
    assert (report.failures, report.not_offered, report.not_ready) == ([], [], [])
    assert set(report.loaded) == {ACTIVITY, SUMMARIES, USAGE, COST, COST_BY_GEOGRAPHY}
    truth = both.server.truth().enterprise
    for table in (ACTIVITY, SUMMARIES, USAGE, COST):
        assert both.statuses(table) == dict.fromkeys([str(EMPTY_DAY), *KEYS], "complete")
    commits: Counter[tuple[str, str]] = Counter()
    for key, row in records(both, ACTIVITY):
        core = row["claude_code_metrics"]["core_metrics"]
        commits[row["user"]["email_address"], key] += core["commit_count"]
    assert commits == Counter(
        {key: sums.commits for key, sums in truth.activity.items() if key[1] in KEYS}
    )
    active = {
        key: json.loads(body)["daily_active_user_count"]
        for key, body in both.rows(f"select window_key, body from raw_anthropic.{SUMMARIES}")
    }
    assert active == {key: truth.active_people_by_day[key] for key in (str(EMPTY_DAY), *KEYS)}
    cents: Counter[str] = Counter()
    for key, row in records(both, COST):
        cents[key] += Decimal(row["cost"]["amount"])
    tokens: Counter[str] = Counter()
    for key, row in records(both, USAGE):
        tokens[key] += row["usage"]["total_tokens"]
    for key in KEYS:
        paid = sum(value for (_, day, _), value in truth.cents.items() if day == key)
        assert abs(cents[key] - paid) < Decimal("0.001")
        assert tokens[key] == sum(v for (_, day, _), v in truth.tokens.items() if day == key)
    assert both.bodies(COST, str(EMPTY_DAY)) == ['{"data":[]}']


def test_the_legacy_reports_by_user_are_read_where_the_new_ones_are_not_offered(
    both: Bench,
) -> None:
    both.server.faults.add(
        Fault(path_contains="analytics/usage", status=404, times=None),
        Fault(path_contains="analytics/cost", status=403, times=None),
    )
    days = [date(2026, 10, day) for day in range(1, 24)]
    report = both.load(days, REPORTS)
    assert report.failures == []
    assert set(report.loaded) == {ACTIVITY, SUMMARIES, USER_USAGE, USER_COST}
    # Not ordered by day: rows of a page are of any of the days.
    found = records(both, USER_COST)
    assert found
    assert all(row["starting_at"].startswith(key) for key, row in found)
    assert {row["actor"]["type"] for _, row in found} == {"user_actor"}
    assert all("email" in row["actor"] for _, row in found)
    total = sum(Decimal(row["amount"]) for _, row in found)
    truth = both.server.truth(first_day="2026-10-01", last_day="2026-10-23").enterprise
    assert abs(total - truth.user_report_cents) < Decimal("0.01")
    assert both.rows(f"select distinct api_version from raw_anthropic.{USER_COST}") == [
        ("2023-06-01",)
    ]
    assert both.statuses(USER_USAGE) == {str(day): "complete" for day in days}


def test_the_directories_land_whole(both: Bench) -> None:
    report = both.load((), (), directories=ENTERPRISE_DIRECTORIES)
    assert (report.failures, report.not_offered) == ([], [])
    assert not both.asked("workspaces")
    enterprise = both.server.organisation.enterprise
    users = records(both, "enterprise_users")
    assert len(users) == both.server.truth().enterprise.listed_users
    groups = {row["id"]: row["name"] for _, row in records(both, "enterprise_rbac_groups")}
    assert set(groups.values()) == {group.name for group in enterprise.groups}
    members = Counter(key for key, _ in records(both, "enterprise_rbac_group_members"))
    assert members == Counter({g.group_id: len(g.members) for g in enterprise.groups})
    # A group of nobody is complete too.
    assert both.statuses("enterprise_rbac_group_members") == dict.fromkeys(
        sorted(groups), "complete"
    )
    for table in ("enterprise_spend_limits", "enterprise_effective_spend_limits"):
        assert both.ledger(table)["current"].record_count > 0
        assert both.statuses(table) == {"current": "complete"}
    # Another key, another organisation, another table.
    assert both.rows("select count(*) from raw_anthropic.users") == [(0,)]
    keys = {one.headers["x-api-key"] for one in both.server.requests}
    assert keys == {both.server.enterprise_key}


@pytest.fixture
def clock() -> list[datetime]:
    return [datetime(2026, 10, 23, 9, tzinfo=UTC)]


@pytest.fixture
def timed(new_organisation, settings_for, clock: list[datetime]) -> Iterator[Bench]:
    """A bench whose server goes by a clock of the test's own."""
    with DemoServer(new_organisation(), now=lambda: clock[0]) as server:
        made = Bench(server, settings_for(server, anthropic_analytics_key=server.enterprise_key))
        yield made
        made.close()


def test_a_day_that_is_not_ready_is_no_failure_and_is_read_when_it_is(
    timed: Bench, clock: list[datetime]
) -> None:
    def load() -> Any:
        return timed.load(DAYS, (ACTIVITY, SUMMARIES), now=lambda: clock[0].timestamp())

    report = load()
    assert report.failures == []
    assert {str(one) for one in report.not_ready} == {
        f"{table} [2026-10-22]: not ready yet" for table in (ACTIVITY, SUMMARIES)
    }
    for table in (ACTIVITY, SUMMARIES):
        assert timed.statuses(table) == {
            KEYS[0]: "complete", KEYS[1]: "complete", KEYS[2]: "partial",
        }  # fmt: skip
        waiting = timed.ledger(table)[KEYS[2]]
        assert (waiting.page_count, waiting.error) == (0, None)
        assert waiting.window_start == datetime(2026, 10, 22, tzinfo=UTC)
    # The range was asked again up to the newest day that there is.
    assert [query[-10:] for query in timed.asked("summaries")] == ["2026-10-23", "2026-10-22"]
    clock[0] += timedelta(hours=1)
    report = load()
    assert report.not_ready == []
    for table in (ACTIVITY, SUMMARIES):
        assert set(timed.statuses(table).values()) == {"complete"}
        assert timed.revisions(table) == []


def test_a_day_that_was_ready_once_is_kept_when_it_is_not(
    timed: Bench, clock: list[datetime]
) -> None:
    clock[0] += timedelta(hours=2)
    timed.load(DAYS, (ACTIVITY,))
    before, pages = timed.ledger(ACTIVITY), timed.pages(ACTIVITY)
    clock[0] -= timedelta(hours=2)
    report = timed.load(DAYS[2:], (ACTIVITY,))
    assert len(report.not_ready) == 1
    assert timed.ledger(ACTIVITY) == before
    assert timed.pages(ACTIVITY) == pages


def test_days_before_the_first_are_left_out_and_named(both: Bench) -> None:
    days = [date(2025, 12, 31), date(2026, 10, 20)]
    report = both.load(days, REPORTS)
    assert report.failures == []
    assert all(asked == days[1:] for asked in report.asked.values())
    early = {one.endpoint for one in report.not_offered}
    assert early == {ACTIVITY, SUMMARIES, USER_USAGE, USER_COST}
    assert all("2025-12-31" in one.reason for one in report.not_offered)


def test_a_key_with_fewer_scopes_lacks_directories_and_fails_nothing(
    new_organisation, settings_for
) -> None:
    with DemoServer(new_organisation(), enterprise_scopes=("read:analytics",)) as server:
        bench = Bench(server, settings_for(server, anthropic_admin_key=server.enterprise_key))
        report = bench.load(DAYS, REPORTS, directories=True)
        assert report.failures == []
        assert {one.endpoint for one in report.not_offered} == {
            table.name for table in ENTERPRISE_DIRECTORIES
        }
        for one in report.not_offered:
            assert_names(one.reason, "HTTP 403", "Missing required scopes", "req_011Demo")
        assert bench.statuses("enterprise_users") == {}
        assert set(bench.statuses(ACTIVITY).values()) == {"complete"}
        bench.close()


def test_a_directory_that_could_be_read_before_is_missed_when_it_cannot(both: Bench) -> None:
    both.load((), (), directories=ENTERPRISE_DIRECTORIES)
    both.server.faults.add(Fault(path_contains="rbac_groups", status=403, times=None))
    report = both.load((), (), directories=ENTERPRISE_DIRECTORIES)
    assert report.failed_tables() == {"enterprise_rbac_groups", "enterprise_rbac_group_members"}
    assert report.not_offered == []
    ledger = both.ledger("enterprise_rbac_groups")["current"]
    assert ledger.status == "complete"
    assert_names(ledger.error or "", "HTTP 403")


def test_an_organisation_of_another_type_is_not_offered_limits(both: Bench) -> None:
    """Spend limits that hold for members are Enterprise's: a Console says so in its details."""
    both.server.faults.add(
        Fault(
            path_contains="spend_limits",
            status=400,
            body={
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "message": "This endpoint does not support organizations of this type",
                    "details": {"error_code": "organization_type_not_supported"},
                },
            },
            times=None,
        )
    )
    report = both.load((), (), directories=ENTERPRISE_DIRECTORIES)
    assert report.failures == []
    assert {one.endpoint for one in report.not_offered} == {
        "enterprise_spend_limits",
        "enterprise_effective_spend_limits",
    }


ALL = (CLAUDE_CODE, "usage_report_messages", "analytics_usage", *REPORTS)


def test_an_enterprise_that_fails_costs_the_console_nothing(both: Bench, settings_for) -> None:
    alone = Bench(
        both.server,
        settings_for(both.server, warehouse_path=both.settings.warehouse_path.parent / "alone.db"),
    )
    alone.load(DAYS, ALL, directories=True)
    undisturbed = alone.snapshot("anthropic")
    alone.close()
    wrong = "-".join(("sk", "ant", "api01", "revoked"))
    settings = both.settings.model_copy(
        update={"anthropic_analytics_key": type(both.settings.anthropic_admin_key)(wrong)}
    )
    report = both.load(DAYS, ALL, directories=True, settings=settings)
    console = {table.name for table in (*CONSOLE_REPORTS, *CONSOLE_DIRECTORIES)}
    assert not report.failed_tables() & console
    assert {ACTIVITY, SUMMARIES} <= report.failed_tables()
    for table in console:
        name = f"anthropic.{table}"
        assert both.snapshot("anthropic")[name] == undisturbed[name]
    # And the other way round.
    both.server.faults.add(Fault(path_contains="usage_report", status=500, times=None))
    report = both.load(DAYS, (CLAUDE_CODE, ACTIVITY))
    assert report.failed_tables() == {CLAUDE_CODE}
    assert set(both.statuses(ACTIVITY).values()) == {"complete"}


def test_what_there_is_no_key_of_is_not_offered(bench: Bench) -> None:
    report = bench.load(DAYS, (CLAUDE_CODE, ACTIVITY), directories=ENTERPRISE_DIRECTORIES)
    assert report.failures == []
    assert set(report.loaded) == {CLAUDE_CODE}
    assert {one.endpoint for one in report.not_offered} == {
        ACTIVITY,
        *(table.name for table in ENTERPRISE_DIRECTORIES),
    }
    assert {one.reason for one in report.not_offered} == {
        "there is no key of a Claude Enterprise organisation"
    }


def test_an_enterprise_key_alone_is_an_enterprise(bench: Bench, settings_for) -> None:
    settings = settings_for(bench.server, anthropic_admin_key=bench.server.enterprise_key)
    report = bench.load(DAYS, (CLAUDE_CODE, ACTIVITY), directories=True, settings=settings)
    assert report.failures == []
    assert [one.endpoint for one in report.not_offered] == [CLAUDE_CODE]
    assert set(report.loaded) == {ACTIVITY, *(t.name for t in ENTERPRISE_DIRECTORIES)}


def _key(*parts: str) -> str:
    return "-".join(("sk", "ant", *parts))


@pytest.mark.parametrize(
    ("admin", "analytics", "told"),
    [
        (None, None, "ANTHROPIC_ADMIN_KEY is not set"),
        (_key("api03", "x"), None, "ANTHROPIC_ADMIN_KEY holds an inference key"),
        (_key("admin01", "x"), _key("api03", "x"), "ANTHROPIC_ANALYTICS_KEY holds an inference"),
        (None, _key("admin01", "x"), "put it into ANTHROPIC_ADMIN_KEY"),
        (_key("api01", "x"), _key("api01", "y"), "unset one of them"),
    ],
)
def test_a_key_of_the_wrong_kind_is_told_before_anything_is_asked(
    bench: Bench, settings_for, admin: str | None, analytics: str | None, told: str
) -> None:
    settings: Settings = settings_for(
        bench.server, anthropic_admin_key=admin, anthropic_analytics_key=analytics
    )
    with pytest.raises(ConfigurationError, match=told) as caught:
        check_settings(settings)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigurationError):
        load_anthropic(settings, run_id="run", report_days={CLAUDE_CODE: DAYS})
    assert bench.server.requests == []


def test_a_client_keeps_to_the_requests_a_minute_that_it_may_make(
    new_organisation, settings_for
) -> None:
    days = [date(2026, 10, day) for day in range(1, 26)]
    with DemoServer(new_organisation()) as server:
        settings = settings_for(server, anthropic_admin_key=server.enterprise_key)
        assert open_client(settings, "enterprise").a_minute == 60
        assert open_client(settings, "console").a_minute is None
        bench = Bench(server, settings)
        at = time.monotonic()
        report = bench.load(days, (ACTIVITY,), enterprise_requests_a_minute=80)
        took = time.monotonic() - at
        bench.close()
    assert report.failures == []
    # 20 at once, and a second for each of the other five.
    assert report.request_count == 25
    assert 4.9 < took < 12


def test_a_spend_cap_is_told_from_a_limit_whose_reset_is_over(both: Bench) -> None:
    both.server.faults.add(
        spend_cap(path_contains="effective", times=None),
        past_reset(path_contains="analytics/users", query_contains=KEYS[1], times=2),
    )
    report = both.load(DAYS, (ACTIVITY,), directories=ENTERPRISE_DIRECTORIES, retry=QUICK)
    (failure,) = report.failures
    assert failure.endpoint == "enterprise_effective_spend_limits"
    assert_names(failure.error, "HTTP 429", "Waiting does not help", "req_011DemoFault")
    assert len(both.asked("effective")) == 1
    assert len([q for q in both.asked("analytics/users") if KEYS[1] in q]) == 3


def test_progress_is_told_window_by_window(both: Bench) -> None:
    told: list[tuple[str, int, int]] = []
    both.load(
        DAYS,
        (ACTIVITY, USAGE),
        directories=[endpoints.ENTERPRISE_USERS.table],
        on_progress=lambda *news: told.append(news),
    )
    assert [news for news in told if news[0] == ACTIVITY] == [
        (ACTIVITY, done, 3) for done in (1, 2, 3)
    ]
    assert (USAGE, 3, 3) in told
    assert ("enterprise_users", 1, 1) in told


def test_midday_is_partial_for_every_report(timed: Bench, clock: list[datetime]) -> None:
    clock[0] = datetime(2026, 10, 22, 12, tzinfo=UTC)
    tables = ("analytics_usage", "cost_report", CLAUDE_CODE, USAGE, COST)
    report = timed.load(DAYS, tables, now=lambda: seconds(2026, 10, 22, 12))
    assert report.failures == []
    for table in tables:
        assert timed.statuses(table) == {
            KEYS[0]: "complete", KEYS[1]: "complete", KEYS[2]: "partial",
        }  # fmt: skip
