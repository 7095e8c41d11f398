"""The demo's answers against the vendor's own typed client: shapes, paging, error classes.

The client asks over real HTTP, follows pages by its own rules and validates strictly; fields its
types do not know are looked for afterwards. Claude Code's report, ``usage_report/messages`` and
``cost_report`` are not in the client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from demo_api import DemoServer, Fault

anthropic = pytest.importorskip("anthropic", reason="the anthropic package is not installed")
pydantic = pytest.importorskip("pydantic")

NOW = datetime(2026, 10, 20, 12, 30, tzinfo=UTC)
WEEK = {"starting_at": "2026-10-12T00:00:00Z", "ending_at": "2026-10-19T00:00:00Z"}
USAGE_GROUPS = ["actor", "api_key_id", "workspace_id", "model", "service_tier"]
COST_GROUPS = ["actor", "workspace_id", "model", "product", "service_tier"]
COMPONENTS = ["cost_type", "token_type"]
Ask = Callable[[Any], Iterable[Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(now=lambda: NOW) as running:
        yield running


def typed_client(server: DemoServer, key: str) -> Any:
    """Return the vendor's client, strict about answers, for the demo."""
    return anthropic.Anthropic(
        api_key=key, base_url=server.url, max_retries=0, _strict_response_validation=True
    ).beta.organization


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of fields the types do not know."""
    if isinstance(value, pydantic.BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name}"
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from unknown_fields(item, f"{path}[]")


def assert_known(items: Iterable[Any], least: int = 1) -> list[Any]:
    """Read all pages; every item is of its type and has no other fields."""
    found = list(items)
    assert len(found) >= least
    assert sorted(set(unknown_fields(found))) == []
    return found


BOTH: dict[str, Ask] = {
    "users": lambda api: api.users.list(limit=5),
    "spend_limits": lambda api: api.spend_limits.list(limit=2),
    "usage": lambda api: api.analytics.usage.list(
        **WEEK, time_bucket_width="1d", group_by=USAGE_GROUPS, limit=40
    ),
    "usage ungrouped": lambda api: api.analytics.usage.list(**WEEK),
    "usage by product": lambda api: api.analytics.usage.list(
        **WEEK, group_by=["actor_type", "product", "context_window", "inference_geo", "speed"]
    ),
    "cost": lambda api: api.analytics.cost.list(
        **WEEK, time_bucket_width="1d", group_by=[*COST_GROUPS, *COMPONENTS], limit=40
    ),
    "cost by component": lambda api: api.analytics.cost.list(**WEEK, group_by=["cost_type"]),
    "cost in order of time": lambda api: api.analytics.cost.list(
        **WEEK, time_bucket_width="1d", group_by=["actor"], order_by="time", order="asc"
    ),
}
CONSOLE: dict[str, Ask] = {
    "workspaces": lambda api: api.workspaces.list(include_archived=True, limit=2),
    "members": lambda api: api.workspaces.members.list(
        next(iter(api.workspaces.list())).id, limit=9
    ),
    "api_keys": lambda api: api.api_keys.list(limit=9),
    "invites": lambda api: api.invites.list(limit=1),
    "rate_limits": lambda api: api.rate_limits.list(limit=2),
    "workspace rate limits": lambda api: (
        limit
        for workspace in api.workspaces.list()
        for limit in api.workspaces.rate_limits.list(workspace.id, include_inherited=True)
    ),
}
ENTERPRISE: dict[str, Ask] = {
    "effective": lambda api: api.spend_limits.effective.list(limit=3),
    "rbac_groups": lambda api: api.rbac_groups.list(limit=2),
    "members": lambda api: (
        member
        for group in api.rbac_groups.list()
        for member in api.rbac_groups.members.list(group.id, limit=3)
    ),
    "people of a day": lambda api: api.analytics.users.list(date="2026-10-13", limit=3),
    "people of a range": lambda api: api.analytics.users.list(
        starting_date="2026-10-12", ending_date="2026-10-19"
    ),
    "people by group": lambda api: api.analytics.users.list(
        date="2026-10-13", group_by=["rbac_group_id"]
    ),
    "summaries": lambda api: api.analytics.summaries.list(
        starting_date="2026-10-12", ending_date="2026-10-19"
    ),
    "user_usage_report": lambda api: api.analytics.user_usage_report.list(
        **WEEK,
        bucket_width="1d",
        group_by=["product", "model", "context_window", "inference_geo", "speed"],
    ),
    "user_cost_report": lambda api: api.analytics.user_cost_report.list(
        **WEEK, bucket_width="1d", group_by=["product", "model", *COMPONENTS]
    ),
    "user_cost_report ungrouped": lambda api: api.analytics.user_cost_report.list(**WEEK),
}


@pytest.mark.parametrize("name", [*BOTH, *CONSOLE])
def test_the_console_organisation_answers_in_the_vendors_types(
    server: DemoServer, name: str
) -> None:
    assert_known((BOTH | CONSOLE)[name](typed_client(server, server.admin_key)))


@pytest.mark.parametrize("name", [*BOTH, *ENTERPRISE])
def test_the_enterprise_organisation_answers_in_the_vendors_types(
    server: DemoServer, name: str
) -> None:
    assert_known((BOTH | ENTERPRISE)[name](typed_client(server, server.enterprise_key)))


def test_the_organisation_itself_is_typed(server: DemoServer) -> None:
    for key in (server.admin_key, server.enterprise_key):
        assert_known([typed_client(server, key).retrieve()])


def test_pages_say_up_to_when_their_figures_are_whole(server: DemoServer) -> None:
    page = typed_client(server, server.admin_key).analytics.cost.list(**WEEK)
    assert page.data_refreshed_at == datetime(2026, 10, 20, 11, tzinfo=UTC)
    assert page.has_more is False


def test_the_vendors_pager_reads_every_row(server: DemoServer) -> None:
    api = typed_client(server, server.enterprise_key)
    days = {"starting_date": "2026-10-12", "ending_date": "2026-10-19"}
    whole = list(api.analytics.users.list(**days, limit=1000))
    assert list(api.analytics.users.list(**days, limit=3)) == whole
    groups = {"group_by": ["actor", "model"], "time_bucket_width": "1d"}
    every = list(api.analytics.usage.list(**WEEK, **groups, limit=1000))
    assert list(api.analytics.usage.list(**WEEK, **groups, limit=7)) == every
    assert len(every) > 50


def test_refusals_are_the_vendors_error_classes(server: DemoServer) -> None:
    console = typed_client(server, server.admin_key)
    with pytest.raises(anthropic.BadRequestError) as refused:
        console.spend_limits.effective.list()
    assert type(refused.value).__name__ == "OrganizationTypeNotSupportedError"
    with pytest.raises(anthropic.PermissionDeniedError):
        console.analytics.users.list(date="2026-10-13")
    with pytest.raises(anthropic.NotFoundError):
        typed_client(server, server.enterprise_key).rbac_groups.members.list("rbac_group_none")


def test_a_field_missing_or_unknown_is_noticed(server: DemoServer) -> None:
    """The oracle itself: without this, an indulgent client would pass everything."""

    def drop(document: dict[str, Any]) -> dict[str, Any]:
        del document["data"][0]["cost"]["list_amount"]
        return document

    def add(document: dict[str, Any]) -> dict[str, Any]:
        document["data"][0]["group"]["team"] = "Checkout"
        return document

    ask = BOTH["cost by component"]
    server.faults.add(Fault("edit", edit=drop), Fault("edit", edit=add))
    with pytest.raises(anthropic.APIResponseValidationError):
        list(ask(typed_client(server, server.admin_key)))
    with pytest.raises(AssertionError, match=r"group\.team"):
        assert_known(ask(typed_client(server, server.admin_key)))
    assert_known(ask(typed_client(server, server.admin_key)))
