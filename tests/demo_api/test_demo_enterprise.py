"""The Enterprise organisation: its key and scopes, its days, its people, groups and limits."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from analytics_clients import Clock, actor_id, client, daily, query, rows
from demo_clients import assert_error

from demo_api import DemoServer
from demo_api.analytics_truth import EnterpriseSums

NORA = "nora.eriksen@larkfield.example"
DAY = "2026-10-13"
WEEK = {"starting_at": "2026-10-12T00:00:00Z", "ending_at": "2026-10-19T00:00:00Z"}
# Whose key `reader` and `own_reader` send.
READER_KEY = "enterprise_key"


def people(reader: httpx.Client, day: str, limit: int = 1000) -> list[dict[str, Any]]:
    return rows(reader, "analytics/users", [("date", day)], limit=limit)


def test_the_environment_names_both_keys(larkfield: DemoServer) -> None:
    both = larkfield.enterprise_environment
    assert both["ANTHROPIC_ANALYTICS_KEY"].startswith("sk-ant-api01-")
    assert both["ANTHROPIC_ADMIN_KEY"] == larkfield.admin_key
    assert "ANTHROPIC_ANALYTICS_KEY" not in larkfield.environment


def test_a_key_belongs_to_its_organisation(reader: httpx.Client, larkfield: DemoServer) -> None:
    mine = reader.get("me")
    assert mine.json()["id"] == larkfield.organisation.enterprise.organization_id
    assert mine.headers["anthropic-organization-id"] == mine.json()["id"]
    for path in ("workspaces", "api_keys", "cost_report", "usage_report/claude_code"):
        assert_error(reader.get(path), 403, "permission_error")
    with client(larkfield, larkfield.admin_key) as console:
        assert console.get("me").json()["id"] == larkfield.organisation.organization_id
        for path in ("users", "summaries", "user_usage_report", "user_cost_report"):
            response = console.get(f"analytics/{path}")
            assert_error(response, 403, "permission_error")
            assert response.json()["error"]["message"] == (
                "Missing required scopes. Got: ['api:admin'] Needed: ['read:analytics']"
            )


def test_a_missing_scope_is_named() -> None:
    with (
        DemoServer(enterprise_scopes=("read:analytics",)) as server,
        client(server, server.enterprise_key) as reader,
    ):
        assert reader.get("analytics/users", params={"date": DAY}).status_code == 200
        for path, needed in (
            ("users", "read:members"),
            ("rbac_groups", "read:rbac_groups"),
            ("spend_limits", "read:spend_limits"),
            ("spend_limits/effective", "read:spend_limits"),
        ):
            response = reader.get(path)
            assert_error(response, 403, "permission_error")
            assert response.json()["error"]["message"] == (
                f"Missing required scopes. Got: ['read:analytics'] Needed: ['{needed}']"
            )


def test_a_day_is_ready_at_ten_of_the_next(own_reader: httpx.Client, clock: Clock) -> None:
    clock.moment = datetime(2026, 10, 14, 9, 59, 59, tzinfo=UTC)
    early = own_reader.get("analytics/users", params={"date": DAY})
    assert_error(early, 400, "invalid_request_error")
    assert "2026-10-12" in early.json()["error"]["message"]
    clock.moment = datetime(2026, 10, 14, 10, tzinfo=UTC)
    assert own_reader.get("analytics/users", params={"date": DAY}).status_code == 200
    late = {"starting_date": "2026-10-10", "ending_date": "2026-10-15"}
    assert_error(own_reader.get("analytics/summaries", params=late), 400, "invalid_request_error")
    open_end = own_reader.get("analytics/summaries", params={"starting_date": "2026-10-10"})
    assert [entry["starting_at"][:10] for entry in open_end.json()["data"]][-1] == DAY


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"date": "2026-10-13T00:00:00Z"},
        {"date": "2026-13-01"},
        {"date": "2025-12-31"},
        {"date": DAY, "starting_date": DAY},
        {"starting_date": DAY, "ending_date": DAY},
        {"date": DAY, "limit": "1001"},
        {"date": DAY, "filter[]": "team:x"},
        {"date": DAY, "group_by[]": "model"},
        {"date": DAY, "page": "page_nonsense"},
    ],
)
def test_wrong_questions_about_people_are_refused(
    reader: httpx.Client, params: dict[str, str]
) -> None:
    response = reader.get("analytics/users", params=params)
    assert_error(response, 400, "invalid_request_error")


def test_activity_adds_up_by_person_and_day(reader: httpx.Client, larkfield: DemoServer) -> None:
    truth = larkfield.truth().enterprise
    found: dict[tuple[str, str], EnterpriseSums] = {}
    for day in larkfield.organisation.days:
        for row in people(reader, day):
            core = row["claude_code_metrics"]["core_metrics"]
            found[row["user"]["email_address"], day] = EnterpriseSums(
                days=1,
                sessions=core["distinct_session_count"],
                lines_added=core["lines_of_code"]["added_count"],
                lines_removed=core["lines_of_code"]["removed_count"],
                commits=core["commit_count"],
                pull_requests=core["pull_request_count"],
                chat_messages=row["chat_metrics"]["message_count"],
            )
            assert row["last_activity_date"] == day
            assert "date" not in row
            if day < "2026-08-17":
                assert core["artifacts_created_count"] == 0
    assert found == truth.activity
    assert any(sums.sessions == 0 for sums in found.values())
    assert not people(reader, "2026-08-16")
    assert {day for email, day in found if email == NORA} <= {
        day for day in larkfield.organisation.days if day <= "2026-09-15"
    }


def test_people_are_paged_by_token(reader: httpx.Client) -> None:
    page = reader.get("analytics/users", params={"date": DAY, "limit": "4"}).json()
    assert page.keys() == {"data", "next_page"}
    assert people(reader, DAY, limit=4) == people(reader, DAY)
    addresses = [row["user"]["email_address"] for row in people(reader, DAY)]
    assert addresses == sorted(addresses)
    changed = {"date": "2026-10-14", "limit": "4", "page": page["next_page"]}
    assert_error(reader.get("analytics/users", params=changed), 400, "invalid_request_error")


def test_a_range_is_one_row_per_person(reader: httpx.Client, larkfield: DemoServer) -> None:
    week = {"starting_date": "2026-10-12", "ending_date": "2026-10-19"}
    found = reader.get("analytics/users", params=week).json()["data"]
    commits = {
        row["user"]["email_address"]: row["claude_code_metrics"]["core_metrics"]["commit_count"]
        for row in found
    }
    expected: Counter[str] = Counter()
    for (email, day), sums in larkfield.truth().enterprise.activity.items():
        if "2026-10-12" <= day < "2026-10-19":
            expected[email] += sums.commits
    assert commits == expected


def test_groups_overlap(reader: httpx.Client, larkfield: DemoServer) -> None:
    grouped = reader.get("analytics/users", params={"date": DAY, "group_by[]": "rbac_group_id"})
    counts = {row["rbac_group_name"]: row["distinct_user_count"] for row in grouped.json()["data"]}
    assert counts.keys() == {"Engineering", "Checkout squad", "Platform guild"}
    assert sum(counts.values()) > len(people(reader, DAY))
    group = larkfield.organisation.enterprise.group("Checkout squad")
    scoped = reader.get(
        "analytics/users", params={"date": DAY, "filter[]": f"rbac_group_id:{group.group_id}"}
    ).json()["data"]
    assert len(scoped) == counts["Checkout squad"]
    total = sum(Decimal(row["cost"]["amount"]) for row in daily(reader, "analytics/cost"))
    by_group = daily(reader, "analytics/cost", "rbac_group_id")
    assert None in {row["group"]["rbac_group_id"] for row in by_group}
    assert sum(Decimal(row["cost"]["amount"]) for row in by_group) > total


def test_group_members_are_listed(reader: httpx.Client, larkfield: DemoServer) -> None:
    groups = rows(reader, "rbac_groups", [], limit=1)
    assert [group["name"] for group in groups][-1] == "Nobody yet"
    assert reader.get("rbac_groups").json()["has_more"] is False
    assert [group["role_ids"] for group in groups].count(None) == 1
    members = {
        group["name"]: frozenset(
            member["email"].lower()
            for member in rows(reader, f"rbac_groups/{group['id']}/members", [], limit=2)
        )
        for group in groups
    }
    assert members == larkfield.truth().enterprise.group_members
    assert members["Checkout squad"] & members["Platform guild"]
    assert_error(reader.get("rbac_groups/rbac_group_none/members"), 404, "not_found_error")


def test_summaries_count_people(reader: httpx.Client, larkfield: DemoServer) -> None:
    truth = larkfield.truth().enterprise
    span = {"starting_date": "2026-08-03", "ending_date": "2026-11-01", "limit": "2"}
    answer = reader.get("analytics/summaries", params=span).json()
    assert answer["next_page"] is None
    entries = {entry["starting_at"][:10]: entry for entry in answer["data"]}
    assert list(entries) == larkfield.organisation.days
    daily_counts = {day: entry["daily_active_user_count"] for day, entry in entries.items()}
    assert daily_counts == truth.active_people_by_day
    assert {
        day: entry["claude_code_daily_active_user_count"] for day, entry in entries.items()
    } == truth.claude_code_people_by_day
    assert entries["2026-10-31"]["assigned_seat_count"] == truth.listed_users
    assert all(0 <= entry["monthly_adoption_rate"] <= 100 for entry in entries.values())
    assert entries["2026-09-10"]["assigned_seat_count"] == truth.listed_users + 2
    group = larkfield.organisation.enterprise.group("Checkout squad")
    scoped = reader.get(
        "analytics/summaries", params=span | {"filter[]": f"rbac_group_id:{group.group_id}"}
    ).json()["data"]
    assert {entry["daily_adoption_rate"] for entry in scoped} == {None}


def test_costs_and_tokens_add_up(reader: httpx.Client, larkfield: DemoServer) -> None:
    truth = larkfield.truth().enterprise
    paid: dict[Any, Decimal] = defaultdict(Decimal)
    listed: dict[Any, Decimal] = defaultdict(Decimal)
    for row in daily(reader, "analytics/cost", "actor", "product"):
        group = row["group"]
        key = (actor_id(group["actor"]), row["starting_at"][:10], group["product"])
        paid[key] += Decimal(row["cost"]["amount"])
        listed[key] += Decimal(row["cost"]["list_amount"])
    assert paid == truth.cents
    assert listed == truth.list_cents
    tokens: Counter[Any] = Counter()
    for row in daily(reader, "analytics/usage", "actor", "product", "workspace_id", "api_key_id"):
        group = row["group"]
        assert group["workspace_id"] is group["api_key_id"] is None
        key = (actor_id(group["actor"]), row["starting_at"][:10], group["product"])
        tokens[key] += row["usage"]["total_tokens"]
    assert tokens == truth.tokens
    assert sum(truth.cents_by_person.values()) == sum(paid.values())


def test_who_is_gone_and_what_is_nobody(reader: httpx.Client, larkfield: DemoServer) -> None:
    actors = {
        actor["user_id"]: actor
        for row in daily(reader, "analytics/cost", "actor")
        if (actor := row["group"]["actor"])
    }
    by_name = {actor["name"]: actor for actor in actors.values()}
    assert by_name["Deleted User"]["email_address"] is None
    assert by_name["Deleted User"]["deleted"] is True
    assert by_name["Claude Security"]["email_address"] is None
    assert by_name["Claude Security"]["deleted"] is False
    removed = [a for a in actors.values() if a["deleted"] and a["email_address"]]
    assert len(removed) == 1
    listed = reader.get("users", params={"limit": "1000"}).json()["data"]
    assert len(listed) == larkfield.truth().enterprise.listed_users == 13
    assert len(actors.keys() - {user["id"] for user in listed}) == 3
    emails = {user["email"] for user in listed}
    assert removed[0]["email_address"] not in emails
    assert any(email != email.lower() for email in emails)


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_user_reports_have_the_shape_of_their_version(larkfield: DemoServer, version: str) -> None:
    with client(larkfield, larkfield.enterprise_key, version) as reader:
        for path in ("analytics/user_usage_report", "analytics/user_cost_report"):
            answer = reader.get(path, params=WEEK).json()
            old = version == "2023-06-01"
            assert ("organization_id" in answer) is old
            assert answer["data_refreshed_at"]
            actor = answer["data"][0]["actor"]
            assert ("email" in actor) is old
            assert ("email_address" in actor) is not old
            assert answer["data"][0]["starting_at"] is None
            assert answer["data"][0]["product"] is None


def test_user_reports_leave_out_what_has_no_user(
    reader: httpx.Client, larkfield: DemoServer
) -> None:
    truth = larkfield.truth().enterprise
    cost = daily(reader, "analytics/user_cost_report", "product", "model", width="bucket_width")
    total = sum(Decimal(row["amount"]) for row in cost)
    assert total == truth.user_report_cents < sum(truth.cents.values())
    products = {row["product"] for row in cost}
    assert "claude-tag" in products
    assert "claude_tag" not in products
    usage = daily(reader, "analytics/user_usage_report", "product", width="bucket_width")
    assert sum(row["total_tokens"] for row in usage) == sum(
        tokens for (user, _, _), tokens in truth.tokens.items() if user
    )
    parts = daily(
        reader, "analytics/user_cost_report", "cost_type", "token_type", width="bucket_width"
    )
    assert sum(Decimal(row["amount"]) for row in parts) == total
    assert {row["requests"] for row in parts} == {None}
    wrong = query(WEEK, "workspace_id")
    response = reader.get("analytics/user_cost_report", params=wrong)
    assert_error(response, 400, "invalid_request_error")


def test_spend_limits_are_listed_by_scope(reader: httpx.Client) -> None:
    limits = rows(reader, "spend_limits", [], limit=2)
    assert [limit["scope"]["type"] for limit in limits] == [
        "organization",
        "seat_tier",
        "seat_tier",
        "rbac_group",
        "user",
    ]
    assert [limit["amount"] for limit in limits].count(None) == 1
    tiers = reader.get("spend_limits", params={"scope_type[]": "seat_tier"}).json()["data"]
    assert len(tiers) == 2


def test_effective_limits_are_paged_by_member(own: DemoServer, clock: Clock) -> None:
    clock.moment = datetime(2026, 10, 20, 12, tzinfo=UTC)
    with client(own, own.enterprise_key) as reader:
        page = reader.get("spend_limits/effective", params={"limit": "2"}).json()
        assert len(page["data"]) > 2
        assert len({row["actor"]["user_id"] for row in page["data"]}) == 2
        every = rows(reader, "spend_limits/effective", [], limit=2)
        assert every == rows(reader, "spend_limits/effective", [])
        members = {row["actor"]["user_id"] for row in every}
        assert len(members) == 13
        assert {row["period"] for row in every} == {"daily", "weekly", "monthly"}
        assert any(Decimal(row["period_to_date_spend"]) > 0 for row in every)
        assert {row["amount"] for row in every} >= {None, "0"}
        weekly = reader.get("spend_limits/effective", params={"period[]": "weekly"}).json()["data"]
        assert {row["source"]["type"] for row in weekly} == {"rbac_group"}


def test_requests_above_the_limit_are_told_to_wait() -> None:
    with (
        DemoServer(now=Clock(), enterprise_requests_per_minute=3) as server,
        client(server, server.enterprise_key) as reader,
        client(server, server.admin_key) as console,
    ):
        for _ in range(3):
            assert reader.get("analytics/users", params={"date": DAY}).status_code == 200
        response = reader.get("analytics/cost", params=WEEK)
        assert_error(response, 429, "rate_limit_error")
        assert 0 < int(response.headers["retry-after"]) <= 61
        # The directory and the Console organisation are not counted, spend limits by themselves.
        assert reader.get("users").status_code == 200
        assert reader.get("spend_limits").status_code == 200
        assert console.get("analytics/cost", params=WEEK).status_code == 200


def test_the_enterprise_world_changes(own: DemoServer, own_reader: httpx.Client) -> None:
    before = own.truth().enterprise
    own.world.restate_enterprise_day(DAY)
    after = own.truth().enterprise
    assert before.activity != after.activity
    assert sum(
        row["claude_code_metrics"]["core_metrics"]["commit_count"]
        for row in people(own_reader, DAY)
    ) == sum(sums.commits for (_, day), sums in after.activity.items() if day == DAY)
    own.world.restate_enterprise_usage_day(DAY, output=1_000_000)
    served = sum(Decimal(row["cost"]["amount"]) for row in daily(own_reader, "analytics/cost"))
    assert served == sum(own.truth().enterprise.cents.values()) > sum(before.cents.values())
    own.world.empty_enterprise_day(DAY)
    assert people(own_reader, DAY) == []


def test_members_and_groups_come_and_go(own: DemoServer, own_reader: httpx.Client) -> None:
    def members(group_id: str) -> set[str]:
        path = f"rbac_groups/{group_id}/members"
        return {member["email"].lower() for member in rows(own_reader, path, [])}

    enterprise = own.organisation.enterprise
    squad, empty = enterprise.group("Checkout squad"), enterprise.group("Nobody yet")
    leaving, staying = (
        next(seat.email for seat in enterprise.seats if seat.user_id == member.user_id)
        for member in squad.members[:2]
    )
    assert leaving is not None
    assert staying is not None
    own.world.remove_enterprise_member(leaving)
    own.world.rename_enterprise_member(staying, "Another Name")
    own.world.add_group_member("Nobody yet", staying)
    assert members(empty.group_id) == {staying}
    assert leaving not in members(squad.group_id)
    listed = own_reader.get("users", params={"limit": "1000"}).json()["data"]
    names = {user["email"].lower(): user["name"] for user in listed}
    assert leaving not in names
    assert names[staying] == "Another Name"
    own.world.remove_group_member("Nobody yet", staying)
    own.world.remove_group("Checkout squad")
    assert own_reader.get(f"rbac_groups/{squad.group_id}/members").status_code == 404
    kinds = Counter(kind for kind, _, _ in own.world.departed)
    assert kinds["enterprise_users"] == kinds["enterprise_rbac_groups"] == 1
    assert kinds["enterprise_rbac_group_members"] >= 2
    own.world.delete_enterprise_account(staying)
    actors = [row["group"]["actor"] for row in daily(own_reader, "analytics/cost", "actor")]
    gone = {a["user_id"]: a for a in actors if a}[enterprise.seat(staying).user_id]
    assert gone["deleted"] is True
    assert gone["email_address"] is None
