"""Which days are due, and what is said of each: found out by loading at other times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from ingestion_bench import (
    CLAUDE_CODE,
    CONSOLE_REPORTS,
    COST,
    ENTERPRISE_REPORTS,
    MESSAGES,
    REPORT_TABLES,
    Bench,
)

from demo_api import DemoServer, Fault
from ingestion import warehouse
from ingestion.anthropic.source import ANTHROPIC
from ingestion.plan import DayState, day_states, due_days
from ingestion.settings import Settings
from ingestion.windows import Days

ACTIVITY, SUMMARIES = "enterprise_user_activity", "enterprise_summaries"
ALL = tuple(table.name for table in REPORT_TABLES)
# A day that is read on the 25th at noon.
DAY = date(2026, 10, 20)
NOON = datetime(2026, 10, 25, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> list[datetime]:
    return [NOON]


@pytest.fixture
def timed(new_organisation, settings_for, clock: list[datetime]) -> Iterator[Bench]:
    """A bench with both keys, whose server goes by a clock of the test's own."""
    with DemoServer(new_organisation(), now=lambda: clock[0]) as server:
        made = Bench(server, settings_for(server, anthropic_analytics_key=server.enterprise_key))
        yield made
        made.close()


def due(bench: Bench, now: datetime, settings: Settings | None = None) -> dict[str, list[date]]:
    bench.close()
    with warehouse.prepared(bench.settings.warehouse_path) as connection:
        return due_days(ANTHROPIC, settings or bench.settings, connection, now=now)


def states(bench: Bench, now: datetime) -> dict[tuple[str, str, date], DayState]:
    bench.close()
    with warehouse.prepared(bench.settings.warehouse_path) as connection:
        found = day_states(connection, now=now)
    assert len({(one.source, one.family, one.day) for one in found}) == len(found)
    return {(one.source, one.family, one.day): one for one in found}


def load(bench: Bench, at: datetime, days: list[date], tables: tuple[str, ...] = ALL) -> None:
    assert bench.load(days, tables, now=at.timestamp).failures == []


def test_the_first_time_thirty_days_are_due_of_what_there_is_a_key_of(
    timed: Bench, settings_for
) -> None:
    found = due(timed, NOON)
    month = list(Days(date(2026, 9, 25), date(2026, 10, 25)))
    assert found == dict.fromkeys(ALL, month)
    only_console = settings_for(timed.server)
    assert set(due(timed, NOON, only_console)) == {table.name for table in CONSOLE_REPORTS}
    only_enterprise = settings_for(timed.server, anthropic_admin_key=timed.server.enterprise_key)
    assert set(due(timed, NOON, only_enterprise)) == {t.name for t in ENTERPRISE_REPORTS}
    assert states(timed, NOON) == {}


def test_a_day_of_engagement_is_due_when_it_has_been_aggregated(
    timed: Bench, clock: list[datetime]
) -> None:
    yesterday = date(2026, 10, 24)
    before = datetime(2026, 10, 25, 9, 59, tzinfo=UTC)
    found = due(timed, before)
    for table in (ACTIVITY, SUMMARIES):
        assert yesterday not in found[table]
        assert yesterday - timedelta(days=1) in found[table]
    assert yesterday in found["enterprise_usage"]
    clock[0] = before
    load(timed, before, [yesterday - timedelta(days=1), yesterday])
    key = ("Claude Enterprise", "activity", yesterday)
    assert states(timed, before)[key].state == "not_ready"
    assert yesterday in due(timed, datetime(2026, 10, 25, 10, tzinfo=UTC))[ACTIVITY]


@pytest.mark.parametrize(
    ("table", "look_back"),
    [
        (CLAUDE_CODE, 3),
        (MESSAGES, 7),
        (COST, 7),
        ("analytics_usage", 31),
        ("analytics_cost", 31),
        (ACTIVITY, 7),
        (SUMMARIES, 7),
        ("enterprise_usage", 31),
        ("enterprise_user_cost_report", 31),
    ],
)
def test_a_day_is_read_again_daily_until_it_is_settled(
    timed: Bench, clock: list[datetime], table: str, look_back: int
) -> None:
    ended = datetime(2026, 10, 21, tzinfo=UTC)
    settled = ended + timedelta(days=look_back)
    clock[0] = ended + timedelta(hours=12)
    load(timed, clock[0], [DAY], (table,))
    # Not twice on one UTC day.
    assert DAY not in due(timed, clock[0] + timedelta(hours=11))[table]
    clock[0] = settled - timedelta(minutes=1)
    assert DAY in due(timed, clock[0])[table]
    load(timed, clock[0], [DAY], (table,))
    # Read a minute too early to be the last time.
    assert DAY in due(timed, settled + timedelta(hours=1))[table]
    clock[0] = settled + timedelta(hours=1)
    load(timed, clock[0], [DAY], (table,))
    for later in (timedelta(days=1), timedelta(days=300)):
        assert DAY not in due(timed, settled + later)[table]


def test_both_reports_of_a_family_have_the_same_days_and_either_completes_one(
    timed: Bench,
) -> None:
    load(timed, NOON, [DAY], (COST,))
    load(timed, NOON, [DAY + timedelta(days=1)], ("analytics_cost",))
    found = due(timed, NOON)
    assert found[COST] == found["analytics_cost"] == [date(2026, 10, day) for day in (22, 23, 24)]
    assert found[MESSAGES] == found["analytics_usage"]
    seen = states(timed, NOON)
    for day in (DAY, DAY + timedelta(days=1)):
        assert seen["Claude Console", "cost", day].state == "complete"
    assert not any(source == "Claude Enterprise" for source, _, _ in seen)
    # Of the Enterprise nothing has been asked for: its first days are the last thirty.
    assert found["enterprise_cost"][0] == date(2026, 9, 25)


def test_details_are_due_with_their_report_and_on_days_that_it_tells(timed: Bench) -> None:
    told = DAY + timedelta(days=1)
    # The older report tells the first day, and has no details.
    load(timed, NOON, [DAY], (COST,))
    load(timed, NOON, [told], ("analytics_cost",))

    found = due(timed, NOON)

    open_days = [date(2026, 10, day) for day in (22, 23, 24)]
    assert found["analytics_cost"] == open_days
    assert found["analytics_cost_by_geography"] == [told, *open_days]
    seen = states(timed, NOON)
    details = {day: one for (_, family, day), one in seen.items() if family == "cost by geography"}
    assert {day: one.state for day, one in details.items()} == {told: "missing"}


def test_what_is_missing_partial_or_failed_is_due_and_said_to_be_so(timed: Bench) -> None:
    late = date(2026, 10, 24)
    noon_before = NOON - timedelta(days=1)
    load(timed, noon_before, [DAY, late], (CLAUDE_CODE,))
    timed.server.faults.add(Fault(query_contains="2026-10-22", status=500, times=None))
    assert len(timed.load([date(2026, 10, 22)], (CLAUDE_CODE,)).failures) == 1
    timed.server.faults.clear()
    seen = {
        day: one.state
        for (_, family, day), one in states(timed, NOON).items()
        if family == "claude code"
    }
    assert seen == {
        DAY: "complete",
        date(2026, 10, 21): "missing",
        date(2026, 10, 22): "failed",
        date(2026, 10, 23): "missing",
        late: "partial",
    }
    assert due(timed, NOON + timedelta(days=9))[CLAUDE_CODE] == list(
        Days(date(2026, 10, 21), date(2026, 11, 3))
    )
    # Complete, and failed when it was read again: once more, however long ago that is.
    settled = NOON + timedelta(days=5)
    load(timed, settled, [DAY], (CLAUDE_CODE,))
    assert DAY not in due(timed, settled + timedelta(days=60))[CLAUDE_CODE]
    timed.server.faults.add(Fault(query_contains=str(DAY), status=500, times=None))
    assert len(timed.load([DAY], (CLAUDE_CODE,)).failures) == 1
    assert DAY in due(timed, settled + timedelta(days=60))[CLAUDE_CODE]


def test_a_restated_day_says_when(timed: Bench) -> None:
    load(timed, NOON, [DAY], ("analytics_cost",))
    timed.server.world.restate_analytics_day(str(DAY))
    again = NOON + timedelta(hours=1)
    load(timed, again, [DAY], ("analytics_cost",))
    seen = states(timed, again)["Claude Console", "cost", DAY]
    assert seen == DayState("Claude Console", "cost", DAY, "complete", again)


def test_days_that_cannot_be_asked_for_any_more_are_not_due(timed: Bench) -> None:
    load(timed, NOON, [DAY])
    much_later = NOON + timedelta(days=500)
    found = due(timed, much_later)
    # The old reports know of no bound.
    assert found[MESSAGES][0] == found["analytics_usage"][0] == DAY
    assert found["enterprise_cost"][0] == much_later.date() - timedelta(days=364)
    seen = [day for source, family, day in states(timed, much_later) if family == "cost"]
    assert min(seen) == DAY
