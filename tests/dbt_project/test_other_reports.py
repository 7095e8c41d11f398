"""Marts of reports that the demo does not read, legacy and Enterprise, against what is true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hand_made_warehouse import Warehouse

from demo_api import DemoServer
from demo_api.analytics_truth import kinds_of_row
from demo_api.prices import UNKNOWN_MODEL
from demo_api.truth import GroundTruth, compute_truth
from ingestion import warehouse
from ingestion.anthropic import endpoints
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings

FIRST, LAST = date(2026, 9, 28), date(2026, 10, 13)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CENT = Decimal("0.01")
# Of sums of lines that are rounded to millionths.
NEARLY = Decimal("0.001")
REPORTS = (
    *(endpoints.COST.table, endpoints.MESSAGES.table),
    *(endpoints.ENTERPRISE_COST.table, endpoints.ENTERPRISE_USAGE.table),
    endpoints.ENTERPRISE_USER_ACTIVITY.table,
)
MARTS = (
    *("key_costs_monthly", "person_discounts_monthly", "enterprise_product_activity_daily"),
    "dim_people",
)
OWN_TESTS = ("assert_key_costs_add_up_to_the_bill", "assert_person_discounts_are_of_the_bill")
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


@pytest.fixture(scope="module")
def truth(server: DemoServer) -> GroundTruth:
    return compute_truth(server.organisation, first_day=str(FIRST), last_day=str(LAST))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, target: Path, server: DemoServer) -> Warehouse:
    """A warehouse of the legacy reports of the Console and of an Enterprise organisation."""
    made = Warehouse(tmp_path_factory.mktemp("reports"), target)
    settings = Settings(
        anthropic_admin_key=server.admin_key,
        anthropic_analytics_key=server.enterprise_key,
        anthropic_base_url=server.url,
        warehouse_path=made.path,
    )
    report = load_anthropic(
        settings,
        run_id="reports",
        report_days={table.name: DAYS for table in REPORTS},
        now=NOW.timestamp,
    )
    assert report.failures == []
    with warehouse.prepared(made.path):
        pass
    made.dbt("build", *NO_TESTS, "--select", *(f"+{mart}" for mart in MARTS))
    made.dbt("test", "--select", *OWN_TESTS)
    return made


def assert_near(said: dict[tuple[str, ...], Decimal], true: dict[tuple[str, ...], Decimal]) -> None:
    assert said.keys() == true.keys()
    assert {k: (said[k], true[k]) for k in said if abs(said[k] - true[k]) >= NEARLY} == {}


def test_the_discount_of_people_with_a_seat_equals_the_truth(
    built: Warehouse, server: DemoServer, truth: GroundTruth
) -> None:
    emails = {seat.user_id: seat.email for seat in server.organisation.enterprise.seats}
    listed: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    paid: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for (user_id, day, product), cents in truth.enterprise.list_cents.items():
        key = (day[:7], emails.get(user_id or "") or "nobody")
        listed[key] += cents * CENT
        paid[key] += truth.enterprise.cents[user_id, day, product] * CENT
    rows = built.rows(
        """
        select strftime(month_start_date, '%Y-%m'), coalesce(email_address, 'nobody'),
            sum(allocated_cost_usd), sum(list_cost_usd), min(discount_ratio), max(discount_ratio)
        from marts.person_discounts_monthly
        join marts.dim_people using (person_key)
        where cost_source = 'enterprise_cost' and list_cost_basis = 'report'
        group by all
        """
    )
    assert_near({row[:2]: row[2] for row in rows}, dict(paid))
    assert_near({row[:2]: row[3] for row in rows}, dict(listed))
    assert len(rows) > 20
    for *_, least, most in rows:
        assert least == pytest.approx(0.1, abs=0.01)
        assert most == pytest.approx(0.1, abs=0.01)


def test_where_the_report_gives_no_list_cost_it_is_that_of_the_persons_tokens(
    built: Warehouse, server: DemoServer
) -> None:
    emails = {person.user_id: person.email for person in server.organisation.people}
    keys = {
        key.api_key_id: emails[key.created_by_id]
        for key in server.organisation.api_keys
        if key.is_listed and key.name.startswith("claude_code_key_")
    }
    expected: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for day in map(str, DAYS):
        for row in server.organisation.usage.get(day, []):
            owner = keys.get(row.api_key_id or "")
            if owner is not None and row.model != UNKNOWN_MODEL:
                listed = sum((cents for *_, cents in kinds_of_row(row)), Decimal(0))
                expected[day[:7], owner, row.model] += listed * CENT
    rows = built.rows(
        """
        select strftime(month_start_date, '%Y-%m'), email_address, model,
            sum(list_cost_usd), sum(allocated_cost_usd)
        from marts.person_discounts_monthly
        join marts.dim_people using (person_key)
        where cost_source = 'cost_report' and list_cost_basis = 'list_prices'
            and person_key <> 'unknown'
        group by all
        """
    )
    assert_near({row[:3]: row[3] for row in rows}, dict(expected))
    # Nobody has a discount there: what is billed is the list price.
    assert_near({row[:3]: row[4] for row in rows}, dict(expected))
    reasons = dict(
        built.rows(
            "select distinct case when cost_type <> 'tokens' then 'other' else model end,"
            " list_cost_unknown_reason from marts.person_discounts_monthly"
            " where cost_source = 'cost_report' and list_cost_usd is null"
        )
    )
    assert reasons == {"other": "not_of_tokens", UNKNOWN_MODEL: "unpriced_model"}


def test_keys_of_the_legacy_bill_have_the_true_tokens(built: Warehouse, server: DemoServer) -> None:
    expected: dict[tuple[str | None, str], int] = defaultdict(int)
    for day in map(str, DAYS):
        for row in server.organisation.usage.get(day, []):
            if row.service_tier != "priority":
                for kind, tokens, _ in kinds_of_row(row):
                    expected[row.api_key_id, kind] += tokens
    said = {
        (key, kind): tokens
        for key, kind, tokens in built.rows(
            "select nullif(api_key_id, 'none'), token_type, sum(billed_tokens)"
            " from marts.key_costs_monthly where cost_source = 'cost_report'"
            " and billed_tokens is not null group by all"
        )
    }
    assert said == dict(expected)


def test_activity_outside_claude_code_equals_the_truth(
    built: Warehouse, truth: GroundTruth
) -> None:
    said = {
        (email, str(day), product): tuple(counts)
        for email, day, product, *counts in built.rows(
            """
            select email_address, usage_date, product, coalesce(message_count, 0),
                coalesce(conversation_count, session_count, 0), coalesce(action_count, 0),
                coalesce(web_search_count, 0)
            from marts.enterprise_product_activity_daily
            join marts.dim_people using (person_key)
            where is_complete_day
            """
        )
    }
    assert said == truth.enterprise.other_products
    assert {product for *_, product in said} == {"chat", "cowork", "office_excel", "none"}
    # Days without Claude Code are there too.
    without = {key[:2] for key in said} - {
        (email, day) for (email, day), done in truth.enterprise.activity.items() if done.sessions
    }
    assert without
