"""Usage and cost analytics of the Console organisation: rules, paging, and the same bill."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from analytics_clients import Clock, actor_id, client, daily, query, rows
from demo_clients import assert_error

from demo_api import DemoServer, Fault, expired_cursor, past_reset, spend_cap, storm

DAY = {
    "starting_at": "2026-10-13T00:00:00Z",
    "ending_at": "2026-10-14T00:00:00Z",
    "time_bucket_width": "1d",
}
REPORTS = ("analytics/usage", "analytics/cost")
# Whose key `reader` and `own_reader` send.
READER_KEY = "admin_key"


@pytest.mark.parametrize("path", REPORTS)
def test_the_beta_header_is_required(reader: httpx.Client, path: str) -> None:
    for value in ("", "something-else"):
        response = reader.get(path, params=DAY, headers={"anthropic-beta": value})
        assert_error(response, 400, "invalid_request_error")
    among = {"anthropic-beta": "other-beta, analytics-usage-cost-2026-08-24"}
    assert reader.get(path, params=DAY, headers=among).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"starting_at": None},
        {"starting_at": "2026-10-13"},
        {"starting_at": "2026-10-13T00:00:00"},
        {"starting_at": "2025-12-31T00:00:00Z"},
        {"ending_at": None},
        {"ending_at": "2026-10-13T00:00:00Z"},
        {"ending_at": "2026-11-13T00:00:01Z"},
        {"time_bucket_width": "1w"},
        {"time_bucket_width": "1m", "ending_at": "2026-10-14T00:00:01Z"},
        {"limit": "0"},
        {"limit": "1001"},
        {"order": "up"},
        {"order_by": "name"},
        {"group_by[]": "user"},
        {"products[]": "claude-tag"},
        {"exclude_deleted_users": "true"},
        {"page": "page_nonsense"},
    ],
)
@pytest.mark.parametrize("path", REPORTS)
def test_wrong_queries_are_refused(
    reader: httpx.Client, path: str, change: dict[str, str | None]
) -> None:
    params = {name: value for name, value in (DAY | change).items() if value is not None}
    assert_error(reader.get(path, params=params), 400, "invalid_request_error")


def test_days_before_a_year_ago_are_refused(own_reader: httpx.Client, clock: Clock) -> None:
    clock.moment = datetime(2027, 10, 13, 9, tzinfo=UTC)
    assert_error(own_reader.get("analytics/cost", params=DAY), 400, "invalid_request_error")
    clock.moment = datetime(2027, 10, 13, tzinfo=UTC)
    assert own_reader.get("analytics/cost", params=DAY).status_code == 200


def test_five_dimensions_and_the_cost_components_beside_them(reader: httpx.Client) -> None:
    five = ("actor", "workspace_id", "model", "product", "service_tier")
    fine = query(DAY, *five, "cost_type", "token_type")
    assert reader.get("analytics/cost", params=fine).status_code == 200
    six = query(DAY, *five, "speed")
    assert_error(reader.get("analytics/cost", params=six), 400, "invalid_request_error")
    component = query(DAY, "cost_type")
    assert_error(reader.get("analytics/usage", params=component), 400, "invalid_request_error")


def test_costs_are_the_bill_by_actor_day_and_product(
    reader: httpx.Client, larkfield: DemoServer
) -> None:
    truth = larkfield.truth()
    found: dict[tuple[str | None, str, str | None], Decimal] = defaultdict(Decimal)
    for row in daily(reader, "analytics/cost", "actor", "product"):
        assert row["cost"]["amount"] == row["cost"]["list_amount"]
        key = (actor_id(row["group"]["actor"]), row["starting_at"][:10], row["group"]["product"])
        found[key] += Decimal(row["cost"]["amount"])
    assert found == truth.analytics.cents
    assert sum(found.values()) == truth.billed_cents
    assert not [
        row
        for row in daily(reader, "analytics/cost", "service_tier")
        if row["group"]["service_tier"] == "priority"
    ]


def test_components_of_a_cost_add_up_and_know_no_requests(
    reader: httpx.Client, larkfield: DemoServer
) -> None:
    truth = larkfield.truth()
    both = daily(reader, "analytics/cost", "workspace_id", "cost_type", "token_type")
    by_type: dict[str, Decimal] = defaultdict(Decimal)
    for row in both:
        by_type[row["group"]["cost_type"]] += Decimal(row["cost"]["amount"])
        assert row["cost"]["requests"] is None
        assert (row["group"]["token_type"] is None) is (row["group"]["cost_type"] != "tokens")
    assert by_type == truth.billed_cents_by_cost_type
    tokens_only = daily(reader, "analytics/cost", "token_type")
    assert {row["group"]["cost_type"] for row in tokens_only} == {"tokens"}
    assert sum(Decimal(r["cost"]["amount"]) for r in tokens_only) == by_type["tokens"]
    kinds = daily(reader, "analytics/cost", "cost_type")
    assert sum(Decimal(row["cost"]["amount"]) for row in kinds) == truth.billed_cents


def test_usage_is_the_legacy_usage(reader: httpx.Client, larkfield: DemoServer) -> None:
    truth = larkfield.truth()
    by_model: Counter[tuple[str, str]] = Counter()
    for row in daily(reader, "analytics/usage", "model"):
        usage = row["usage"]
        by_model[row["starting_at"][:10], row["group"]["model"]] += usage["total_tokens"]
        parts = usage["uncached_input_tokens"] + usage["cache_read_input_tokens"]
        parts += usage["output_tokens"] + sum(usage["cache_creation"].values())
        assert parts == usage["total_tokens"]
    assert by_model == truth.usage_tokens_by_day_and_model
    by_actor: Counter[tuple[str | None, str, str | None]] = Counter()
    requests: Counter[str] = Counter()
    for row in daily(reader, "analytics/usage", "actor", "product"):
        day, group = row["starting_at"][:10], row["group"]
        by_actor[actor_id(group["actor"]), day, group["product"]] += row["usage"]["total_tokens"]
        requests[day] += row["usage"]["requests"]
    assert by_actor == truth.analytics.tokens
    assert requests == truth.analytics.requests
    tiers = daily(reader, "analytics/usage", "service_tier")
    assert {row["group"]["service_tier"] for row in tiers} == {"standard", "batch", "priority"}


def test_every_kind_of_actor_is_there_in_its_shape(reader: httpx.Client) -> None:
    actors = [row["group"]["actor"] for row in daily(reader, "analytics/usage", "actor")]
    by_type = {actor["type"]: actor for actor in actors if actor}
    assert None in actors
    assert by_type["user_actor"].keys() == {
        "type",
        "user_id",
        "email_address",
        "name",
        "deleted",
    }
    assert by_type["service_account_actor"].keys() == {"type", "service_account_id"}
    assert by_type["federated_actor"].keys() == {"type", "provider", "subject"}
    assert by_type["api_actor"].keys() == {"type", "api_key_id"}
    gone = [actor for actor in actors if actor and actor.get("deleted")]
    assert {actor["email_address"] for actor in gone} == {"nora.eriksen@larkfield.example"}


def test_who_left_can_be_left_out(reader: httpx.Client) -> None:
    params = query(
        {"starting_at": "2026-09-01T00:00:00Z", "ending_at": "2026-10-01T00:00:00Z"}, "actor"
    )
    every = rows(reader, "analytics/cost", params)
    kept = rows(reader, "analytics/cost", [*params, ("exclude_deleted_users", "true")], limit=10)
    assert len(kept) == len(every) - 1


def test_dimensions_are_null_unless_asked_for(reader: httpx.Client, larkfield: DemoServer) -> None:
    (plain,) = rows(reader, "analytics/cost", query(DAY))
    assert len(plain["group"]) == 22
    assert set(plain["group"].values()) == {None}
    assert plain["cost"]["requests"] > 1000
    (usage,) = rows(reader, "analytics/usage", query(DAY))
    assert len(usage["group"]) == 20
    default = next(w.workspace_id for w in larkfield.organisation.workspaces if w.is_default)
    by_workspace = rows(reader, "analytics/cost", query(DAY, "workspace_id"))
    workspaces = {row["group"]["workspace_id"] for row in by_workspace}
    assert default in workspaces
    assert None not in workspaces


def test_a_range_without_buckets_is_one_row_in_full_hours(reader: httpx.Client) -> None:
    params = {"starting_at": "2026-10-13T06:20:00+02:00", "ending_at": "2026-10-13T23:59:00Z"}
    (row,) = rows(reader, "analytics/usage", query(params))
    assert row["starting_at"] == "2026-10-13T04:00:00Z"
    assert row["ending_at"] == "2026-10-13T23:00:00Z"
    (open_end,) = rows(reader, "analytics/usage", query({"starting_at": "2026-10-20T00:00:00Z"}))
    assert open_end["ending_at"] == "2026-11-05T12:00:00Z"
    hours = rows(reader, "analytics/usage", query(DAY | {"time_bucket_width": "1h"}))
    (day,) = rows(reader, "analytics/usage", query(DAY))
    assert len(hours) > 10
    assert sum(r["usage"]["total_tokens"] for r in hours) == day["usage"]["total_tokens"]


def test_rows_come_in_the_asked_order(reader: httpx.Client) -> None:
    week = DAY | {"ending_at": "2026-10-17T00:00:00Z"}

    def ordered(path: str, **more: str) -> list[dict[str, Any]]:
        return rows(reader, path, query(week | more, "model"))

    ranked = [Decimal(row["cost"]["amount"]) for row in ordered("analytics/cost")]
    assert ranked == sorted(ranked, reverse=True)
    rising = [
        r["usage"]["output_tokens"]
        for r in ordered("analytics/usage", order_by="output_tokens", order="asc")
    ]
    assert rising == sorted(rising)
    timed = ordered("analytics/usage", order_by="time", order="asc")
    keys = [(row["starting_at"], -row["usage"]["total_tokens"]) for row in timed]
    assert keys == sorted(keys)
    newest_first = [row["starting_at"] for row in ordered("analytics/usage", order_by="time")]
    assert newest_first == sorted(newest_first, reverse=True)


@pytest.mark.parametrize("path", REPORTS)
def test_pages_of_any_size_hold_the_same_rows(reader: httpx.Client, path: str) -> None:
    params = query(DAY | {"order_by": "time"}, "actor", "model")
    large = rows(reader, path, params)
    assert rows(reader, path, params, limit=7) == large
    first = reader.get(path, params=params).json()
    assert len(first["data"]) == 20
    assert first["has_more"] is True


def test_components_do_not_count_toward_the_limit(reader: httpx.Client) -> None:
    params = query(DAY, "model", "cost_type", "token_type")
    page = reader.get("analytics/cost", params=[*params, ("limit", "2")]).json()
    assert len(page["data"]) > 2
    assert len({row["group"]["model"] for row in page["data"]}) == 2
    assert rows(reader, "analytics/cost", params, limit=2) == rows(reader, "analytics/cost", params)


def test_filters_select_facts(reader: httpx.Client) -> None:
    def found(*filters: tuple[str, str]) -> list[dict[str, Any]]:
        groups = query(DAY, "product", "api_key_id", "model", "service_tier", "actor_type")
        return rows(reader, "analytics/usage", [*groups, *filters])

    def values(name: str, *filters: tuple[str, str]) -> set[str | None]:
        return {row["group"][name] for row in found(*filters)}

    assert values("product", ("products[]", "claude_code")) == {"claude_code"}
    assert values("model", ("models[]", "claude-opus-5")) == {"claude-opus-5"}
    assert values("service_tier", ("service_tiers[]", "batch")) == {"batch"}
    assert values("actor_type", ("actor_types[]", "api_actor")) == {"api_actor"}
    some_key = next(key for key in values("api_key_id") if key)
    assert values("api_key_id", ("api_key_ids[]", some_key)) == {some_key}
    wednesday = query(
        DAY | {"starting_at": "2026-10-14T00:00:00Z", "ending_at": "2026-10-15T00:00:00Z"},
        "product",
        "api_key_id",
    )
    keyless = rows(reader, "analytics/usage", [*wednesday, ("api_key_ids[]", "")])
    assert [row["group"]["product"] for row in keyless] == ["claude_console"]


@pytest.mark.parametrize("path", REPORTS)
def test_a_cursor_is_bound_to_its_query_and_to_the_figures(
    own: DemoServer, own_reader: httpx.Client, path: str
) -> None:
    params = query(DAY | {"limit": "3"}, "actor")
    cursor = ("page", own_reader.get(path, params=params).json()["next_page"])
    assert own_reader.get(path, params=[*params, cursor]).status_code == 200
    changed = own_reader.get(path, params=[*params, ("group_by[]", "model"), cursor])
    assert_error(changed, 400, "invalid_request_error")
    own.world.refresh_analytics()
    assert_error(own_reader.get(path, params=[*params, cursor]), 410, "invalid_request_error")
    again = own_reader.get(path, params=params).json()["next_page"]
    assert own_reader.get(path, params=[*params, ("page", again)]).status_code == 200


def test_what_is_not_refreshed_is_not_there(
    own: DemoServer, own_reader: httpx.Client, clock: Clock
) -> None:
    whole = own_reader.get("analytics/usage", params=DAY).json()
    assert whole["data_refreshed_at"] == "2026-11-05T11:00:00Z"
    own.world.hold_analytics(datetime(2026, 10, 13, 12, tzinfo=UTC))
    part = own_reader.get("analytics/usage", params=DAY).json()
    assert part["data_refreshed_at"] == "2026-10-13T12:00:00Z"
    assert 0 < part["data"][0]["usage"]["total_tokens"] < whole["data"][0]["usage"]["total_tokens"]
    own.world.hold_analytics(datetime(2026, 10, 12, tzinfo=UTC))
    nothing = own_reader.get("analytics/usage", params=DAY).json()
    assert nothing == {"data": [], "has_more": False, "next_page": None, "data_refreshed_at": None}
    own.world.hold_analytics(None)
    clock.moment += timedelta(days=1)
    later = own_reader.get("analytics/usage", params=DAY).json()
    assert later["data_refreshed_at"] == "2026-11-06T11:00:00Z"


def test_a_restated_day_changes_bill_and_analytics_alike(
    own: DemoServer, own_reader: httpx.Client
) -> None:
    def served() -> Decimal:
        return sum(
            (Decimal(row["cost"]["amount"]) for row in daily(own_reader, "analytics/cost")),
            Decimal(0),
        )

    before = served()
    own.world.restate_analytics_day("2026-10-13", output=1_000_000)
    assert served() == own.truth().billed_cents == sum(own.truth().analytics.cents.values())
    assert served() > before


def test_the_admin_key_may_be_refused_the_analytics(own: DemoServer) -> None:
    with client(own, own.admin_key) as reader:
        own.world.set_console_analytics(False)
        response = reader.get("analytics/cost", params=DAY)
        assert_error(response, 403, "permission_error")
        assert "read:analytics" in response.json()["error"]["message"]
        own.world.set_console_analytics(True)
        assert reader.get("analytics/cost", params=DAY).status_code == 200
    with DemoServer(console_analytics=False) as other, client(other, other.admin_key) as reader:
        assert reader.get("analytics/usage", params=DAY).status_code == 403
        assert reader.get("cost_report", params={"starting_at": DAY["starting_at"]}).is_success


def test_rate_limits_have_the_shape_of_their_version(
    reader: httpx.Client, larkfield: DemoServer
) -> None:
    old = {"anthropic-version": "2023-06-01"}
    new_limits = reader.get("rate_limits").json()
    old_limits = reader.get("rate_limits", headers=old).json()
    assert new_limits.keys() == {"data", "next_page"}
    assert len(new_limits["data"]) == len(old_limits["data"]) == 5
    assert new_limits["data"][0]["group"]["type"] == old_limits["data"][0]["group_type"]
    assert "group" not in old_limits["data"][0]
    assert rows(reader, "rate_limits", [], limit=2) == new_limits["data"]
    batch = reader.get("rate_limits", params={"group_type": "batch"}).json()["data"]
    assert [limit["models"] for limit in batch] == [None]
    by_name = {w.name: w.workspace_id for w in larkfield.organisation.workspaces}
    path = f"workspaces/{by_name['Product Assistant']}/rate_limits"
    (override,) = reader.get(path).json()["data"]
    assert [one["type"] for one in override["limits"]] == [
        "requests_per_minute",
        "output_tokens_per_minute",
    ]
    assert override["limits"][0] == {
        "type": "requests_per_minute",
        "value": 1_500,
        "org_limit": 4_000,
        "source": {"type": "workspace"},
    }
    assert "source" not in reader.get(path, headers=old).json()["data"][0]["limits"][0]
    inherited = reader.get(path, params={"include_inherited": "true"}).json()["data"]
    assert len(inherited) == 5
    empty = reader.get(f"workspaces/{by_name['Default']}/rate_limits").json()
    assert empty == {"data": [], "next_page": None}
    assert_error(reader.get("workspaces/wrkspc_none/rate_limits"), 404, "not_found_error")


def test_a_console_organisation_has_one_spend_limit_and_no_effective_ones(
    reader: httpx.Client,
) -> None:
    (limit,) = reader.get("spend_limits").json()["data"]
    assert limit["scope"] == {"type": "usage_tier"}
    for path in ("spend_limits/effective", "rbac_groups"):
        response = reader.get(path)
        assert_error(response, 400, "invalid_request_error")
        details = response.json()["error"]["details"]
        assert details == {"error_code": "organization_type_not_supported"}


def test_invites_are_an_entity_list(reader: httpx.Client) -> None:
    answer = reader.get("invites").json()
    assert [invite["status"] for invite in answer["data"]] == ["expired", "pending"]
    assert answer["last_id"] == answer["data"][-1]["id"]
    pending = reader.get("invites", params={"statuses[]": "pending"}).json()["data"]
    assert len(pending) == 1


def test_limits_and_refusals_can_be_injected(own: DemoServer, own_reader: httpx.Client) -> None:
    own.faults.add(spend_cap(path_contains="analytics/cost"))
    capped = own_reader.get("analytics/cost", params=DAY)
    assert capped.status_code == 429
    assert "retry-after" not in capped.headers
    assert capped.json()["error"]["details"]["error_code"] == "enforced_spend_limit_reached"
    own.faults.add(past_reset(path_contains="analytics/cost"))
    limited = own_reader.get("analytics/cost", params=DAY)
    assert limited.status_code == 429
    assert limited.headers["anthropic-ratelimit-requests-reset"] < "2026-08"
    assert limited.json()["error"]["details"] is None
    own.faults.add(expired_cursor(path_contains="analytics/"))
    params = query(DAY | {"limit": "3"}, "actor")
    first = own_reader.get("analytics/cost", params=params)
    assert first.status_code == 200
    following = [*params, ("page", first.json()["next_page"])]
    assert own_reader.get("analytics/cost", params=following).status_code == 410
    assert own_reader.get("analytics/cost", params=following).status_code == 200


def test_a_storm_strikes_the_new_addresses_too() -> None:
    weather = storm(5, 0.9, in_a_row=2, cursors_expire=True)
    kinds = {
        (fault.kind, fault.status)
        for place in range(400)
        if isinstance(
            fault := weather.strike(
                "GET", "/v1/organizations/analytics/cost", f"page=page_{place}", ""
            ),
            Fault,
        )
    }
    assert ("status", 410) in kinds
    assert ("status", 429) in kinds
    calm = storm(5, 0.9)
    found = [
        calm.strike("GET", "/v1/organizations/analytics/cost", f"page={i}", "") for i in range(400)
    ]
    assert 410 not in {fault.status for fault in found if fault}


def test_what_leaves_a_directory_is_written_down(own: DemoServer, own_reader: httpx.Client) -> None:
    def ids(path: str) -> set[str]:
        data = own_reader.get(path, params={"limit": "1000"}).json()["data"]
        return {item.get("user_id") or item["id"] for item in data}

    workspace = own_reader.get("workspaces").json()["data"][0]["id"]
    members = f"workspaces/{workspace}/members"
    before = {path: ids(path) for path in ("users", "api_keys", members)}
    own.world.remove_user("ada.novak@larkfield.example")
    own.world.remove_api_key("docs-search")
    own.world.remove_workspace_member("Claude Code", "elif.demir@larkfield.example")
    own.world.rename_user("hugo.martin@larkfield.example", "Hugo Martin-Weber")
    gone = {path: before[path] - ids(path) for path in before}
    departed = own.world.departed
    assert gone["users"] == {name for kind, _, name in departed if kind == "users"}
    assert gone["api_keys"] == {name for kind, _, name in departed if kind == "api_keys"}
    assert gone[members] == {
        name for kind, scope, name in departed if kind == "workspace_members" and scope == workspace
    }
    assert all(gone.values())
    found = own_reader.get("users", params={"email": "hugo.martin@larkfield.example"}).json()
    assert found["data"][0]["name"] == "Hugo Martin-Weber"
