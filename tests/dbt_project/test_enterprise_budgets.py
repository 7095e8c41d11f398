"""An Enterprise organisation's cost by its groups, and against its spend limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hand_made_warehouse import Warehouse

from claude_usage.commands.query import Metrics, ask
from demo_api import DemoServer
from demo_api.budgets import Budget, BudgetDay, status_of
from demo_api.organisation import Organisation
from demo_api.truth import compute_truth
from ingestion import warehouse
from ingestion.anthropic import endpoints
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings
from orchestration.assets.transformations import semantic_manifest

QUERY = Path(__file__).parents[2] / "docs" / "queries" / "spend_by_overlapping_team.sql"
FIRST, LAST = date(2026, 9, 1), date(2026, 10, 20)
MONTH = date(2026, 10, 1)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
# What the demo serves: a limit of the organisation, and one of each member of the standard tier.
ORGANIZATION_USD, STANDARD_USD = 20_000, 500
PERSON, ORGANIZATION = "person", "organization"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, target: Path, server: DemoServer) -> Warehouse:
    """A warehouse of Enterprise costs and limits, built as far as its budgets."""
    made = Warehouse(tmp_path_factory.mktemp("limits"), target)
    settings = Settings(
        anthropic_analytics_key=server.enterprise_key,
        anthropic_base_url=server.url,
        warehouse_path=made.path,
    )
    report = load_anthropic(
        settings,
        run_id="limits",
        report_days={
            endpoints.ENTERPRISE_COST.table.name: DAYS,
            endpoints.ENTERPRISE_USER_ACTIVITY.table.name: [LAST],
        },
        now=NOW.timestamp,
    )
    assert report.failures == []
    with warehouse.prepared(made.path):
        pass
    kinds = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    made.dbt("build", *kinds, "--select", "+budget_status_daily", "+dim_team_memberships")
    return made


def true_status(organisation: Organisation) -> dict[tuple[str, str, str], BudgetDay]:
    """Return what is true of each limit, by kind of scope, address or name, and day."""
    enterprise = organisation.enterprise
    paid: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    addresses = {seat.user_id: seat.email for seat in enterprise.seats}
    for (user_id, day, _), cents in compute_truth(organisation).enterprise.cents.items():
        paid["enterprise"][day] += cents
        paid[addresses.get(user_id or "") or ""][day] += cents
    budgets = [Budget(ORGANIZATION, "enterprise", ORGANIZATION_USD, MONTH)]
    budgets += [
        Budget(PERSON, seat.email or "", STANDARD_USD, MONTH)
        for seat in enterprise.seats
        if seat.is_listed and seat.seat_tier == "enterprise_standard"
    ]
    return {
        (one.scope_type, one.scope_name, day): status
        for one in budgets
        for day, status in status_of(one, paid[one.scope_name], [str(day) for day in DAYS]).items()
    }


def test_whoever_is_in_one_group_is_in_that_team_and_most_of_the_bill_with_them(
    built: Warehouse, server: DemoServer
) -> None:
    enterprise = server.organisation.enterprise
    names = {group.group_id: group.name for group in enterprise.groups}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for (user_id, day, _), cents in compute_truth(server.organisation).enterprise.cents.items():
        if str(FIRST) <= day <= str(LAST):
            groups = enterprise.groups_of(user_id, day)
            expected[names[groups[0]] if len(groups) == 1 else "unassigned"] += cents * CENT

    said = dict(
        built.rows(
            "select team_name, sum(allocated_cost_usd) from marts.fct_cost_attribution_daily"
            " group by all"
        )
    )
    assert said.keys() == expected.keys()
    assert all(abs(said[team] - expected[team]) < CENT / 10 for team in said)
    assert 0 < said["unassigned"] < sum(said.values()) * Decimal("0.4")


def test_a_person_in_two_groups_counts_in_both_where_sums_may_overlap(
    built: Warehouse, server: DemoServer
) -> None:
    enterprise = server.organisation.enterprise
    names = {group.group_id: group.name for group in enterprise.groups}
    both: dict[tuple[datetime, str], Decimal] = defaultdict(Decimal)
    alone: dict[tuple[datetime, str], Decimal] = defaultdict(Decimal)
    for (user_id, day, _), cents in compute_truth(server.organisation).enterprise.cents.items():
        if not str(FIRST) <= day <= str(LAST):
            continue
        month, groups = (
            datetime.fromisoformat(day).replace(day=1),
            enterprise.groups_of(user_id, day),
        )
        for group in groups:
            both[month, names[group]] += cents * CENT
            alone[month, names[group]] += cents * CENT * (len(groups) == 1)
        # Whoever is in no group is in no team, and nothing is lost.
        if not groups:
            both[month, "unassigned"] += cents * CENT

    rows = built.rows(QUERY.read_text())

    assert {(month, team) for month, team, *_ in rows} == both.keys()
    for month, team, _, overlapping, primary in rows:
        assert abs(overlapping - both[month, team]) < CENT / 10
        assert abs(primary - alone[month, team]) < CENT / 10
    assert any(overlapping > primary for *_, overlapping, primary in rows)


def test_each_day_of_each_limit_equals_the_truth(built: Warehouse, server: DemoServer) -> None:
    rows = built.rows(
        """
        select scope_type, coalesce(lower(email_address), scope_id), usage_date::text,
            budget_usd, actual_cost_usd, forecast_cost_usd, days_until_exhausted, budget_status
        from marts.budget_status_daily
        left join marts.dim_people on scope_type = 'person' and scope_id = person_key
        where budget_source = 'spend_limit'
        """
    )
    expected = true_status(server.organisation)
    assert {row[:3] for row in rows} == expected.keys()
    for *key, budget, actual, forecast, until, status in rows:
        true = expected[key[0], key[1], key[2]]
        assert (until, status) == (true.days_until_exhausted, true.status), key
        assert budget == true.budget_cents * CENT, key
        assert abs(actual - true.actual_cents * CENT) < CENT / 10, key
        assert true.forecast_cents is not None
        assert float(forecast) == pytest.approx(true.forecast_cents / 100, abs=0.002), key


def test_limits_by_name_say_what_is_true(built: Warehouse, server: DemoServer) -> None:
    names = ["spend_limit_usd", "spend_limit_spent_usd", "spend_limit_used_ratio"]
    answer = ask(
        Settings(warehouse_path=built.path),
        Metrics(semantic_manifest()),
        names,
        ["metric_time__month"],
        "",
    )

    ((_, limit, spent, ratio),) = answer.rows
    people = [
        status
        for (scope_type, _, day), status in true_status(server.organisation).items()
        if scope_type == PERSON and day == str(LAST)
    ]
    true_spent = sum((one.actual_cents for one in people), Decimal(0)) * CENT
    assert limit == STANDARD_USD * len(people)
    assert abs(spent - true_spent) < CENT
    assert ratio == pytest.approx(float(true_spent) / float(limit), abs=1e-6)
