"""What was so before: records that a report lost and gained, and entities that came and went."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ingestion_bench import (
    CLAUDE_CODE,
    CONSOLE_DIRECTORIES,
    COST,
    DAYS,
    ENTERPRISE_DIRECTORIES,
    ENTERPRISE_REPORTS,
    MESSAGES,
    TABLES,
    Bench,
)

from demo_api import Fault
from ingestion import loading, raw, warehouse
from ingestion.anthropic import endpoints

DAY = DAYS[1]
KEY = str(DAY)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

# By raw table, what its source may restate of a day.
RESTATE: dict[str, Callable[[Any], None]] = {
    CLAUDE_CODE: lambda world: world.revise_day(KEY, keep=3),
    MESSAGES: lambda world: world.restate_analytics_day(KEY),
    COST: lambda world: world.restate_analytics_day(KEY),
    "analytics_usage": lambda world: world.restate_analytics_day(KEY),
    "analytics_cost": lambda world: world.restate_analytics_day(KEY),
    "enterprise_user_activity": lambda world: world.restate_enterprise_day(KEY),
    "enterprise_summaries": lambda world: world.empty_enterprise_day(KEY),
    "enterprise_usage": lambda world: world.restate_enterprise_usage_day(KEY),
    "enterprise_cost": lambda world: world.restate_enterprise_usage_day(KEY),
    "enterprise_user_usage_report": lambda world: world.restate_enterprise_usage_day(KEY),
    "enterprise_user_cost_report": lambda world: world.empty_enterprise_day(KEY),
}


def load(bench: Bench, at: datetime, tables: Any, days: Any = DAYS, **options: Any) -> None:
    assert bench.load(days, tables, now=at.timestamp, **options).failures == []


@pytest.mark.parametrize("table", RESTATE)
def test_a_restated_day_leaves_what_it_was_before(both: Bench, table: str) -> None:
    load(both, NOW, (table,))
    first = both.reading(table, KEY)
    RESTATE[table](both.server.world)
    load(both, NOW + HOUR, (table,))
    second = both.reading(table, KEY)
    assert second != first
    assert both.rebuilt(table, NOW, KEY) == first
    assert both.rebuilt(table, NOW + HOUR, KEY) == second
    revised = both.rows(
        "select distinct window_key, read_at, revised_at, run_id"
        " from raw_anthropic.record_revisions where endpoint = ?",
        table,
    )
    assert revised == [(KEY, NOW, NOW + HOUR, "run-2")]
    ledger = both.ledger(table)
    assert (ledger[KEY].revised_at, ledger[KEY].revision_count) == (NOW + HOUR, 1)
    # The days beside it are as they were, and what did not change is not kept twice.
    assert {one.revised_at for key, one in ledger.items() if key != KEY} == {None}
    assert sum((first - second).values()) + sum((second - first).values()) == sum(
        count for _, _, _, count in both.revisions(table)
    )
    # The same again is no revision, and what is known of the last one stays.
    load(both, NOW + 2 * HOUR, (table,))
    assert both.ledger(table)[KEY].revised_at == NOW + HOUR
    assert both.rebuilt(table, NOW, KEY) == first


def test_each_of_several_restatements_can_be_rebuilt(own: Bench) -> None:
    world, usage = own.server.world, own.server.organisation.usage
    changes: list[Callable[[], None]] = [
        lambda: None,
        lambda: world.restate_analytics_day(KEY, output=7),
        lambda: world.restate_analytics_day(KEY, output=-7),
        lambda: world.revise_cost_day(KEY),
        lambda: usage[KEY].extend([replace(row, day=KEY) for row in usage[str(DAYS[0])]] * 2),
    ]
    seen: dict[datetime, Counter[str]] = {}
    for number, change in enumerate(changes):
        change()
        load(own, NOW + number * HOUR, (MESSAGES, "analytics_usage"))
        seen[NOW + number * HOUR] = own.reading("analytics_usage", KEY)
    for at, expected in seen.items():
        assert own.rebuilt("analytics_usage", at, KEY) == expected
        assert own.rebuilt("analytics_usage", at + HOUR / 2, KEY) == expected
    assert own.ledger("analytics_usage")[KEY].revision_count == 4


def test_records_that_are_the_same_twice_are_counted(own: Bench) -> None:
    load(own, NOW, (CLAUDE_CODE,))
    before = own.reading(CLAUDE_CODE, KEY)
    own.server.world.repeat_record(KEY)
    own.server.world.repeat_record(KEY)
    load(own, NOW + HOUR, (CLAUDE_CODE,))
    ((_, change, record, count),) = own.revisions(CLAUDE_CODE)
    assert (change, count) == ("added", 2)
    assert own.reading(CLAUDE_CODE, KEY)[record] == before[record] + 2
    assert own.rebuilt(CLAUDE_CODE, NOW, KEY) == before


def test_what_does_not_fit_the_memory_meant_for_it_is_stored_all_the_same(
    own: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    load(own, NOW, (CLAUDE_CODE,))
    before = own.reading(CLAUDE_CODE, KEY)
    own.server.world.revise_day(KEY, keep=3)
    monkeypatch.setattr(loading, "MEMORY", "1MB")
    caplog.set_level("INFO", logger="ingestion.loading")
    load(own, NOW + HOUR, (CLAUDE_CODE,))
    assert "storing again with all the memory there is" in caplog.text
    assert own.ledger()[KEY].revision_count == 1
    assert sum(own.reading(CLAUDE_CODE, KEY).values()) == 3
    assert own.rebuilt(CLAUDE_CODE, NOW, KEY) == before


def test_order_and_paging_are_no_revision(own: Bench) -> None:
    records = own.server.organisation.records
    # No record stands on two pages of one reading.
    records[KEY] = [
        replace(one, terminal_type=f"{one.terminal_type}-{number}")
        for number in range(50)
        for one in records[KEY]
    ][:1_200]
    load(own, NOW, (CLAUDE_CODE,))
    assert len(own.pages()) == 4
    records[KEY].reverse()
    load(own, NOW + HOUR, (CLAUDE_CODE,))
    # Cursors differ in each reading; here the records' places do, too.
    assert own.revisions(CLAUDE_CODE) == []
    assert own.ledger()[KEY].revised_at is None

    def reorder(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "data": document["data"][::-1]}

    load(own, NOW, ("analytics_usage",))
    own.server.faults.add(Fault("edit", path_contains="analytics/usage", edit=reorder))
    load(own, NOW + HOUR, ("analytics_usage",))
    assert own.revisions("analytics_usage") == []


def test_a_day_that_was_read_too_early_is_no_revision(own: Bench) -> None:
    noon = datetime(2026, 10, 21, 12, tzinfo=UTC)
    load(own, noon, (CLAUDE_CODE, COST))
    own.server.world.revise_day(KEY, keep=1)
    own.server.world.revise_cost_day(KEY)
    load(own, NOW, (CLAUDE_CODE, COST))
    assert own.revisions(CLAUDE_CODE) == own.revisions(COST) == []
    # From then on it is.
    own.server.world.revise_day(KEY)
    load(own, NOW + HOUR, (CLAUDE_CODE, COST))
    assert [row[1] for row in own.revisions(CLAUDE_CODE)] == ["removed"]


def test_a_warehouse_of_an_earlier_version_is_brought_up_to_date(own: Bench) -> None:
    load(own, NOW, (CLAUDE_CODE, COST), directories=True)
    columns = "window_key, page_number, is_last_page, record_count, body"
    names = (COST, "users", "workspace_members", "rate_limits")
    queries = [f"select {columns} from raw_anthropic.{name} order by all" for name in names]
    stored, versions = [own.rows(query) for query in queries], len(own.versions("users"))
    own.close()
    with warehouse.prepared(own.settings.warehouse_path) as connection:
        for table in TABLES:
            if table.schema == raw.PAGES:
                connection.execute(f"alter table {table.qualified_name} drop data_refreshed_at")
        for table in (
            *ENTERPRISE_REPORTS,
            endpoints.ANALYTICS_USAGE.table,
            endpoints.RATE_LIMITS.table,
        ):
            connection.execute(f"drop table {table.qualified_name}")
        connection.execute("drop table raw_anthropic.record_revisions")
        connection.execute("drop table raw_anthropic.entity_versions")
        for column in ("revised_at", "revision_count"):
            connection.execute(f"alter table raw_anthropic.completeness_ledger drop {column}")
    own.server.world.revise_day(KEY, keep=2)
    load(own, NOW + HOUR, (CLAUDE_CODE, COST), directories=True)
    assert [own.rows(query) for query in queries] == stored
    assert len(own.versions("users")) == versions
    assert own.ledger()[KEY].revision_count == 1
    assert set(own.statuses(COST).values()) == {"complete"}


def entity(bench: Bench, directory: str, name: str) -> list[tuple[Any, ...]]:
    """Return (valid_from, valid_to) of the versions of the entity that a text is found in."""
    return [row[3:] for row in bench.versions(directory) if name in row[2]]


def test_who_leaves_is_kept_and_who_returns_begins_anew(own: Bench) -> None:
    world = own.server.world
    person = next(one for one in own.server.organisation.people if one.is_in_directory)
    directories = CONSOLE_DIRECTORIES
    load(own, NOW, (), directories=directories)
    first = own.versions("users")
    assert len(first) == 39
    assert {row[3:] for row in first} == {(NOW, None)}
    load(own, NOW + HOUR, (), directories=directories)
    assert own.versions("users") == first

    world.remove_user(person.email)
    load(own, NOW + 2 * HOUR, (), directories=directories)
    assert entity(own, "users", person.user_id) == [(NOW, NOW + 2 * HOUR)]
    assert len(own.versions("users")) == 39
    person.is_in_directory = True
    load(own, NOW + 3 * HOUR, (), directories=directories)
    assert entity(own, "users", person.user_id) == [
        (NOW, NOW + 2 * HOUR),
        (NOW + 3 * HOUR, None),
    ]
    # In each workspace too: a scope of its own.
    scopes = [row[0] for row in own.versions("workspace_members") if row[1] == person.user_id]
    assert scopes
    world.rename_user(person.email, "Another Name")
    load(own, NOW + 4 * HOUR, (), directories=directories)
    versions = [row for row in own.versions("users") if row[1] == person.user_id]
    assert [row[3:] for row in versions] == [
        (NOW, NOW + 2 * HOUR),
        (NOW + 3 * HOUR, NOW + 4 * HOUR),
        (NOW + 4 * HOUR, None),
    ]
    names = [json.loads(row[2])["name"] for row in versions]
    assert names[0] == names[1] != names[2] == "Another Name"


def test_keys_and_members_that_are_gone_still_have_a_name(own: Bench) -> None:
    load(own, NOW, (), directories=True)
    own.server.world.remove_api_key("ci-nightly")
    member = own.server.organisation.members[0]
    person = next(p for p in own.server.organisation.people if p.user_id == member.user_id)
    space = next(
        w for w in own.server.organisation.workspaces if w.workspace_id == member.workspace_id
    )
    own.server.world.remove_workspace_member(space.name, person.email)
    load(own, NOW + HOUR, (), directories=True)
    assert entity(own, "api_keys", '"ci-nightly"') == [(NOW, NOW + HOUR)]
    gone = [row for row in own.versions("workspace_members") if row[4] is not None]
    assert [row[:2] for row in gone] == [(space.workspace_id, person.user_id)]
    # The default workspace's limits and the like are not kept as history.
    assert {row[0] for row in own.rows(
        "select distinct directory from raw_anthropic.entity_versions"
    )} == {"users", "workspaces", "workspace_members", "api_keys"}  # fmt: skip


def test_a_list_that_could_not_be_read_closes_nothing(own: Bench) -> None:
    load(own, NOW, (), directories=True)
    before = own.versions("users"), own.versions("workspace_members")
    for person in own.server.organisation.people[:5]:
        own.server.world.remove_user(person.email)
    own.server.faults.add(
        Fault(path_contains="organizations/users", status=500, times=None),
        Fault(path_contains="/members", status=500, times=None),
    )
    report = own.load((), (), directories=True, now=(NOW + HOUR).timestamp)
    assert report.failed_tables() == {"users", "workspace_members"}
    assert (own.versions("users"), own.versions("workspace_members")) == before


def test_groups_and_their_members_come_and_go(both: Bench) -> None:
    world, enterprise = both.server.world, both.server.organisation.enterprise
    directories = ENTERPRISE_DIRECTORIES
    load(both, NOW, (), directories=directories)
    squad, guild = enterprise.group("Checkout squad"), enterprise.group("Platform guild")
    members = "enterprise_rbac_group_members"
    left = squad.members[0].user_id
    email = next(seat.email for seat in enterprise.seats if seat.user_id == left)
    count = len(guild.members)
    world.remove_group_member("Checkout squad", email)
    world.remove_group("Platform guild")
    load(both, NOW + HOUR, (), directories=directories)
    gone = [row for row in both.versions(members) if row[4] is not None]
    # Who was in a group that is gone is in it no longer.
    assert Counter(row[0] for row in gone) == {squad.group_id: 1, guild.group_id: count}
    assert {row[3:] for row in gone} == {(NOW, NOW + HOUR)}
    assert entity(both, "enterprise_rbac_groups", "Platform guild") == [(NOW, NOW + HOUR)]
    world.add_group_member("Checkout squad", email)
    load(both, NOW + 2 * HOUR, (), directories=directories)
    assert [row[3:] for row in both.versions(members) if row[:2] == (squad.group_id, left)] == [
        (NOW, NOW + HOUR),
        (NOW + 2 * HOUR, None),
    ]


def test_roles_that_cannot_be_told_for_a_while_make_no_version(both: Bench) -> None:
    load(both, NOW, (), directories=ENTERPRISE_DIRECTORIES)
    group = both.server.organisation.enterprise.group("Engineering")
    group.role_ids = None
    load(both, NOW + HOUR, (), directories=ENTERPRISE_DIRECTORIES)
    assert entity(both, "enterprise_rbac_groups", "Engineering") == [(NOW, None)]
    group.name = "Engineers"
    load(both, NOW + 2 * HOUR, (), directories=ENTERPRISE_DIRECTORIES)
    assert entity(both, "enterprise_rbac_groups", "Engineering") == [(NOW, NOW + 2 * HOUR)]
    assert entity(both, "enterprise_rbac_groups", "Engineers") == [(NOW + 2 * HOUR, None)]
