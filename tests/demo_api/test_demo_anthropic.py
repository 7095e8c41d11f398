"""The Admin API as documented: keys, versions, three kinds of lists, cursors, parameters."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from demo_clients import all_pages, assert_error

from demo_api import DemoServer

DAY = "2026-10-26"
REPORTS = {
    "usage_report/claude_code": {"starting_at": DAY, "limit": "2"},
    "usage_report/messages": {"starting_at": f"{DAY}T00:00:00Z", "limit": "2"},
    "cost_report": {"starting_at": f"{DAY}T00:00:00Z", "limit": "2"},
}


@pytest.mark.parametrize("path", ["me", "users", "api_keys", "cost_report"])
def test_keys_are_checked(server: DemoServer, path: str) -> None:
    url = f"{server.url}/v1/organizations/{path}"
    version = {"anthropic-version": "2023-06-01"}
    assert_error(httpx.get(url, headers=version), 401, "authentication_error")
    wrong = version | {"x-api-key": "sk-ant-admin01-wrong"}
    assert_error(httpx.get(url, headers=wrong), 401, "authentication_error")
    enterprise = version | {"x-api-key": "sk-ant-api01-demo"}
    assert_error(httpx.get(url, headers=enterprise), 403, "permission_error")


def test_the_version_header_is_required_and_checked(server: DemoServer) -> None:
    url = f"{server.url}/v1/organizations/me"
    key = {"x-api-key": server.admin_key}
    assert_error(httpx.get(url, headers=key), 400, "invalid_request_error")
    unknown = key | {"anthropic-version": "2020-01-01"}
    assert_error(httpx.get(url, headers=unknown), 400, "invalid_request_error")


def test_an_unknown_address_is_not_found(admin: httpx.Client) -> None:
    assert_error(admin.get("analytics/somethings"), 404, "not_found_error")
    assert_error(admin.get("workspaces/wrkspc_none/members"), 404, "not_found_error")


def test_entity_lists_page_by_last_id(admin: httpx.Client, server: DemoServer) -> None:
    first = admin.get("users").json()
    assert len(first["data"]) == 20
    assert first["has_more"] is True
    last = admin.get("users", params={"after_id": first["last_id"], "limit": 1000}).json()
    assert last["has_more"] is False
    assert last["last_id"] == last["data"][-1]["id"]
    listed = [user["id"] for user in first["data"] + last["data"]]
    assert len(listed) == len(set(listed)) == server.truth().listed_users == 39
    before = admin.get("users", params={"before_id": last["first_id"], "limit": 3}).json()
    assert [user["id"] for user in before["data"]] == listed[17:20]


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"after_id": "user_nobody"}]
)
def test_wrong_list_parameters_are_refused(admin: httpx.Client, params: dict[str, str]) -> None:
    assert_error(admin.get("users", params=params), 400, "invalid_request_error")


def test_archived_and_default_workspaces_come_on_request_only(admin: httpx.Client) -> None:
    def names(**params: str) -> list[str]:
        answer = admin.get("workspaces", params=params).json()
        return [workspace["name"] for workspace in answer["data"]]

    assert names() == ["Claude Code", "Product Assistant", "Evaluation"]
    assert names(include_archived="true")[-1] == "Summer Prototype"
    assert names(include_default="true")[0] == "Default"


def test_api_keys_depend_on_the_version(admin: httpx.Client) -> None:
    old = admin.get("api_keys", params={"limit": 1000}).json()["data"]
    newer = {"anthropic-version": "2026-10-21"}
    new = admin.get("api_keys", params={"limit": 1000}, headers=newer).json()["data"]
    assert all("workspace_id" in key for key in old)
    assert all("workspace_id" not in key for key in new)
    by_name = {key["name"]: key for key in old}
    assert by_name["legacy-import"]["created_by"] is None
    assert by_name["ci-nightly"]["workspace_id"] is None
    assert by_name["ci-nightly"]["scope"]["workspace_id"]
    assert "claude_code_key_deleted_qzxw" not in by_name
    assert len(by_name) == len(old) - 1


def test_members_page_by_user(admin: httpx.Client) -> None:
    workspace = admin.get("workspaces").json()["data"][0]
    answer = admin.get(f"workspaces/{workspace['id']}/members").json()
    assert answer["last_id"] == answer["data"][-1]["user_id"]
    assert {member["workspace_id"] for member in answer["data"]} == {workspace["id"]}


def test_small_and_large_pages_give_the_same_records(admin: httpx.Client) -> None:
    path = "usage_report/claude_code"
    small = all_pages(admin, path, {"starting_at": DAY, "limit": "3"})
    large = all_pages(admin, path, {"starting_at": DAY, "limit": "1000"})
    assert small == large
    assert len(all_pages(admin, path, {"starting_at": DAY})) == len(large) > 20


@pytest.mark.parametrize("path", REPORTS)
def test_a_cursor_is_bound_to_its_query(admin: httpx.Client, path: str) -> None:
    params = REPORTS[path]
    cursor = admin.get(path, params=params).json()["next_page"]
    assert admin.get(path, params=params | {"page": cursor}).status_code == 200
    changed = params | {"limit": "3", "page": cursor}
    assert_error(admin.get(path, params=changed), 400, "invalid_request_error")
    regrouped = [*params.items(), ("page", cursor), ("group_by[]", "workspace_id")]
    assert_error(admin.get(path, params=regrouped), 400, "invalid_request_error")
    foreign = "page_" + base64.urlsafe_b64encode(b"something of another server").decode()
    for garbled in ("page_", "nonsense", foreign, cursor[:-4] + "AAAA", "päge"):
        response = admin.get(path, params=params | {"page": garbled})
        assert_error(response, 400, "invalid_request_error")


@pytest.mark.parametrize("day", [None, "2026-10-26T00:00:00Z", "2026-13-01", "26-10-2026"])
def test_claude_code_takes_a_single_day(admin: httpx.Client, day: str | None) -> None:
    params = {} if day is None else {"starting_at": day}
    response = admin.get("usage_report/claude_code", params=params)
    assert_error(response, 400, "invalid_request_error")


def test_days_outside_the_story_and_quiet_sundays_are_empty(admin: httpx.Client) -> None:
    for day in ("2026-08-02", "2026-08-16", "2026-09-27", "2026-11-01"):
        answer = admin.get("usage_report/claude_code", params={"starting_at": day}).json()
        assert answer == {"data": [], "has_more": False, "next_page": None}


def test_empty_buckets_are_returned_with_no_results(admin: httpx.Client) -> None:
    span = {"starting_at": "2026-08-15T12:00:00Z", "ending_at": "2026-08-18T00:00:00Z"}
    for path in ("usage_report/messages", "cost_report"):
        buckets = admin.get(path, params=span).json()["data"]
        assert [bucket["starting_at"][:10] for bucket in buckets] == [
            "2026-08-15",
            "2026-08-16",
            "2026-08-17",
        ]
        assert buckets[1]["results"] == []
        assert buckets[0]["results"]
        assert buckets[0]["ending_at"] == buckets[1]["starting_at"]


def test_bucket_limits_are_the_documented_ones(admin: httpx.Client) -> None:
    start = {"starting_at": "2026-08-03T00:00:00Z"}
    for width, default, maximum in (("1d", 7, 31), ("1h", 24, 168), ("1m", 60, 1440)):
        params = start | {"bucket_width": width}
        answer = admin.get("usage_report/messages", params=params).json()
        assert len(answer["data"]) == default
        most = admin.get("usage_report/messages", params=params | {"limit": str(maximum)})
        assert len(most.json()["data"]) == maximum
        over = admin.get("usage_report/messages", params=params | {"limit": str(maximum + 1)})
        assert_error(over, 400, "invalid_request_error")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"starting_at": "2026-08-03"},
        {"starting_at": "2026-08-03T00:00:00Z", "ending_at": "2026-08-03T00:00:00Z"},
        {"starting_at": "2026-08-03T00:00:00Z", "bucket_width": "1w"},
        {"starting_at": "2026-08-03T00:00:00Z", "group_by[]": "user"},
    ],
)
@pytest.mark.parametrize("path", ["usage_report/messages", "cost_report"])
def test_wrong_report_parameters_are_refused(
    admin: httpx.Client, path: str, params: dict[str, str]
) -> None:
    assert_error(admin.get(path, params=params), 400, "invalid_request_error")


def test_at_most_five_groups(admin: httpx.Client) -> None:
    groups = ["account_id", "api_key_id", "context_window", "model", "service_tier", "workspace_id"]
    params = [("starting_at", "2026-08-03T00:00:00Z"), *(("group_by[]", g) for g in groups)]
    assert admin.get("usage_report/messages", params=params[:-1]).status_code == 200
    response = admin.get("usage_report/messages", params=params)
    assert_error(response, 400, "invalid_request_error")


def test_groups_split_the_same_tokens(admin: httpx.Client) -> None:
    def results(*groups: str) -> list[dict[str, Any]]:
        params = [("starting_at", f"{DAY}T00:00:00Z"), ("limit", "1")]
        params += [("group_by[]", group) for group in groups]
        return admin.get("usage_report/messages", params=params).json()["data"][0]["results"]

    whole, by_model, both = results(), results("model"), results("model", "workspace_id")
    assert len(whole) == 1
    assert whole[0]["model"] is None
    assert len({row["model"] for row in by_model}) == len(by_model) > 3
    for split in (by_model, both):
        assert sum(row["output_tokens"] for row in split) == whole[0]["output_tokens"]
    hours = admin.get(
        "usage_report/messages",
        params={"starting_at": f"{DAY}T00:00:00Z", "bucket_width": "1h"},
    ).json()["data"]
    hourly = sum(row["output_tokens"] for bucket in hours for row in bucket["results"])
    assert hourly == whole[0]["output_tokens"]


def test_filters_select_rows(admin: httpx.Client) -> None:
    params = {"starting_at": f"{DAY}T00:00:00Z", "models[]": "claude-opus-5", "limit": "1"}
    answer = admin.get("usage_report/messages", params=params | {"group_by[]": "model"}).json()
    assert [row["model"] for row in answer["data"][0]["results"]] == ["claude-opus-5"]


def test_ungrouped_cost_is_one_row_a_day_without_dimensions(admin: httpx.Client) -> None:
    answer = admin.get("cost_report", params={"starting_at": f"{DAY}T00:00:00Z"}).json()
    assert len(answer["data"]) == 6
    (row,) = answer["data"][0]["results"]
    assert isinstance(row["amount"], str)
    assert "." in row["amount"]
    assert {row[name] for name in row if name not in ("amount", "currency")} == {None}


def test_planted_surprises_are_served(admin: httpx.Client) -> None:
    def records(day: str) -> list[dict[str, Any]]:
        return all_pages(admin, "usage_report/claude_code", {"starting_at": day, "limit": "1000"})

    week = [record for day in range(12, 15) for record in records(f"2026-10-{day}")]
    models = {use["model"] for record in week for use in record["model_breakdown"]}
    assert "claude-nova-1-preview" in models
    assert any("browser_tool" in record["tool_actions"] for record in week)
    assert any(record["customer_type"] == "subscription" for record in week)
    assert any(record["is_remote"] for record in week)
    assert {record["actor"]["type"] for record in week} == {"user_actor", "api_actor"}
    assert all(record["effort_level"] == "high" for record in records(DAY))
