"""A day that its source restates: the marts follow the truth, and keep what was said before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hand_made_warehouse import Warehouse

from demo_api import DemoServer
from ingestion.anthropic.load import load_anthropic
from ingestion.settings import Settings

DAY = date(2026, 10, 21)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REPORTS = ("usage_report_claude_code", "analytics_usage", "analytics_cost")
CENT = Decimal("0.01")


def read(server: DemoServer, made: Warehouse, *, at: datetime) -> None:
    """Load the day as the server tells it ``at`` a moment, and build what is said of it."""
    settings = Settings(
        anthropic_admin_key=server.admin_key,
        anthropic_base_url=server.url,
        warehouse_path=made.path,
    )
    report = load_anthropic(
        settings,
        run_id=f"run at {at:%H}",
        report_days=dict.fromkeys(REPORTS, (DAY,)),
        directories=False,
        now=at.timestamp,
    )
    assert report.failures == []
    made.dbt(
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--select",
        "+report_revisions",
        "+fct_billed_costs_daily",
    )


def billed(made: Warehouse) -> Decimal:
    ((total,),) = made.rows("select sum(billed_cost_usd) from marts.fct_billed_costs_daily")
    return Decimal(total)


def readings(made: Warehouse) -> list[Decimal]:
    """Return what each reading of the day said was billed, the oldest first."""
    rows = made.rows(
        """
        with moments as (select distinct read_at from marts.report_revisions)
        select sum(figure)
        from moments join marts.report_revisions as revisions
            on revisions.read_at <= moments.read_at
            and (superseded_at is null or superseded_at > moments.read_at)
        where metric = 'billed_cost_usd'
        group by moments.read_at order by moments.read_at
        """
    )
    return [Decimal(total) for (total,) in rows]


def is_true(said: Decimal, server: DemoServer) -> bool:
    truth = server.truth(first_day=str(DAY), last_day=str(DAY)).billed_cents * CENT
    return said.quantize(CENT / 100) == truth.quantize(CENT / 100)


def test_the_bill_follows_a_restated_day_and_the_earlier_reading_is_kept(
    tmp_path: Path, target: Path
) -> None:
    made = Warehouse(tmp_path, target)
    with DemoServer() as server:
        read(server, made, at=NOW)
        before = billed(made)
        assert is_true(before, server)

        server.world.restate_analytics_day(str(DAY))
        assert not is_true(before, server), "the world has changed"
        read(server, made, at=NOW + timedelta(hours=1))

        after = billed(made)
        assert is_true(after, server)
        # Readings round each figure to a millionth, the bill each line.
        said = [total.quantize(CENT / 100) for total in readings(made)]
        assert said == [before.quantize(CENT / 100), after.quantize(CENT / 100)]
