"""What is asked, held against the vendor's own typed client: paths, names and dimensions."""

from __future__ import annotations

import typing
from typing import Any, Literal, get_args, get_type_hints
from urllib.parse import parse_qs

import pytest
from ingestion_bench import DAYS, REPORT_TABLES, Bench

from ingestion.anthropic.kinds import CURRENT_VERSION, LEGACY_VERSION, USAGE_COST_BETA

anthropic = pytest.importorskip("anthropic")

from anthropic.types.anthropic_beta_param import AnthropicBetaParam  # noqa: E402
from anthropic.types.beta.organization import analytics as beta  # noqa: E402
from anthropic.types.organization import (  # noqa: E402
    analytics,
    rate_limit_list_params,
    rbac_group_list_params,
    user_list_params,
    workspace_list_params,
)
from anthropic.types.organization.rbac_groups import member_list_params  # noqa: E402
from anthropic.types.organization.spend_limits import effective_list_params  # noqa: E402

# By the end of a path, what the client lets be asked. It knows nothing of Claude Code's report, of
# the legacy reports and of the list of configured spend limits.
PARAMETERS: dict[str, Any] = {
    "analytics/usage": beta.usage_list_params.UsageListParams,
    "analytics/cost": beta.cost_list_params.CostListParams,
    "user_usage_report": beta.user_usage_report_list_params.UserUsageReportListParams,
    "user_cost_report": beta.user_cost_report_list_params.UserCostReportListParams,
    "analytics/users": analytics.user_list_params.UserListParams,
    "analytics/summaries": analytics.summary_list_params.SummaryListParams,
    "spend_limits/effective": effective_list_params.EffectiveListParams,
    "rbac_groups": rbac_group_list_params.RBACGroupListParams,
    "/rate_limits": rate_limit_list_params.RateLimitListParams,
    "organizations/users": user_list_params.UserListParams,
    "workspaces": workspace_list_params.WorkspaceListParams,
}
REPORTS = tuple(table.name for table in REPORT_TABLES)


def literals(annotation: Any) -> set[str]:
    """Return the values of all literals in an annotation."""
    if typing.get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return set().union(*(literals(part) for part in get_args(annotation)), set())


def test_what_is_asked_can_be_asked(both: Bench) -> None:
    both.load(DAYS, REPORTS, directories=True)
    legacy = ("enterprise_user_usage_report", "enterprise_user_cost_report")
    both.load(DAYS, legacy)
    asked: set[str] = set()
    for request in both.server.requests:
        end = next((end for end in PARAMETERS if request.path.endswith(end)), None)
        members = request.path.startswith("/v1/organizations/rbac_groups/")
        if end is None and not members:
            continue
        asked.add(end or "members")
        known = get_type_hints(
            member_list_params.MemberListParams if members else PARAMETERS[end or ""]
        )
        for name, values in parse_qs(request.query).items():
            plain = name.removesuffix("[]")
            assert plain in known, request.path
            if allowed := literals(known[plain]):
                assert set(values) <= allowed, (request.path, name)
        if request.path.endswith(("analytics/usage", "analytics/cost")):
            assert request.headers["anthropic-beta"] == USAGE_COST_BETA
            # The bound is on dimensions that split rows.
            groups = set(parse_qs(request.query).get("group_by[]", ()))
            assert len(groups - {"cost_type", "token_type"}) <= 5
    assert asked == {*PARAMETERS, "members"}


def test_versions_and_beta_are_the_vendors() -> None:
    client = anthropic.Anthropic(api_key="none")
    assert client.default_headers["anthropic-version"] == CURRENT_VERSION
    assert LEGACY_VERSION < CURRENT_VERSION
    assert USAGE_COST_BETA in literals(AnthropicBetaParam)
