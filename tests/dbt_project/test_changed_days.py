"""Models that build only the days that changed end where a full refresh would."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hand_made_warehouse import Warehouse

from demo_api import DemoServer
from ingestion.anthropic import endpoints
from ingestion.anthropic.load import load_anthropic
from ingestion.github.load import load_github
from ingestion.settings import Settings

FIRST = date(2026, 10, 12)
# Over the end of a month.
DAYS = [FIRST + timedelta(days=n) for n in range(24)]
NEXT = DAYS[-1] + timedelta(days=1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REPORTS = [
    report.table
    for report in endpoints.REPORTS
    # Not the older reports by person, which the newer ones stand for.
    if report.is_followed
    and report.table
    not in (
        endpoints.ENTERPRISE_USER_USAGE.table,
        endpoints.ENTERPRISE_USER_COST.table,
    )
]
# What is built by days and what it is made of, without GitHub's models, of which none is.
ALL = ("--quiet", "--select", "+config.materialized:incremental")
BY_DAYS = (
    *(*ALL, "--exclude", "path:models/staging/github", "path:models/intermediate/contributions"),
    *("path:models/core/contributions", "path:models/marts/contributions"),
)
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def read(server: DemoServer, made: Warehouse, days: list[date], *, hours: int) -> None:
    """Load days as the server tells them so many hours later, with all directories and GitHub."""
    settings = Settings(
        anthropic_admin_key=server.admin_key,
        anthropic_analytics_key=server.enterprise_key,
        anthropic_base_url=server.url,
        github_token=server.github_token,
        github_api_url=server.environment["GITHUB_API_URL"],
        github_org=server.environment["GITHUB_ORG"],
        warehouse_path=made.path,
    )
    run = f"after {hours} hours"
    report = load_anthropic(
        settings,
        run_id=run,
        report_days={table.name: days for table in REPORTS},
        now=(NOW + timedelta(hours=hours)).timestamp,
    )
    assert report.failures == []
    assert load_github(settings, run_id=run, start=FIRST).failures == []


def run(made: Warehouse) -> dict[str, set[date]]:
    """Run the models by days; return by model the days, or months, that this made or took away."""
    query = "select model_name, period_start_date, built_by from intermediate.built_days"
    before = set(made.rows(query))
    made.dbt("run", *BY_DAYS)
    days: dict[str, set[date]] = defaultdict(set)
    for model, day, _ in before ^ set(made.rows(query)):
        days[model].add(day)
    return days


def assert_equal_to_a_full_refresh(made: Warehouse) -> None:
    """Build all models anew in a copy and compare each table, row by row."""
    fresh = Warehouse(made.folder / "fresh", made.target, environment=made.environment)
    fresh.folder.mkdir()
    shutil.copy(made.path, fresh.path)
    fresh.dbt("run", "--full-refresh", *BY_DAYS)
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        for name, place in (("grown", made), ("fresh", fresh)):
            connection.execute(f"attach '{place.path}' as {name} (read_only)")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where database_name = 'grown' and schema_name in ('staging', 'intermediate', 'marts')"
            " and table_name in (select model_name from grown.intermediate.built_days)"
        ).fetchall()
        differing = {
            table
            for (table,) in tables
            if connection.execute(
                f"(from grown.{table} except all from fresh.{table})"
                f" union all (from fresh.{table} except all from grown.{table})"
            ).fetchone()
        }
        assert len(tables) > 25
        assert differing == set()
    shutil.rmtree(fresh.folder)


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory, target: Path, server: DemoServer) -> Warehouse:
    """Days over the end of a month, and what is built of them."""
    made = Warehouse(tmp_path_factory.mktemp("weeks"), target)
    (made.folder / "seeds").mkdir()
    made.environment["SEEDS_PATH"] = str(made.folder / "seeds")
    read(server, made, DAYS, hours=0)
    write_teams(made, moved=None)
    made.dbt("build", *NO_TESTS, *ALL)
    return made


@pytest.fixture
def built(weeks: Warehouse, tmp_path: Path) -> Warehouse:
    copy = replace(weeks, folder=tmp_path, environment=dict(weeks.environment))
    shutil.copy(weeks.path, copy.path)
    # Another test may have moved somebody.
    write_teams(copy, moved=None)
    return copy


def write_teams(made: Warehouse, *, moved: date | None) -> None:
    """Give some people a team, which one of them leaves on a day."""
    people = [mail for (mail,) in made.rows(PEOPLE)]
    rows = [f"{mail},,web,cc-1,," for mail in people[1:]]
    if moved:
        rows += [f"{people[0]},,web,cc-1,,{moved}", f"{people[0]},,data,cc-2,{moved},"]
    else:
        rows += [f"{people[0]},,web,cc-1,,"]
    header = "email_address,github_login,team_name,cost_center,valid_from,valid_to"
    path = Path(made.environment["SEEDS_PATH"]) / "team_memberships.csv"
    path.write_text("\n".join([header, *rows]) + "\n")


PEOPLE = """
    select distinct record->'actor'->>'email_address' as mail
    from (
        select unnest(from_json(body, '{"data": ["JSON"]}').data) as record
        from raw_anthropic.usage_report_claude_code
    )
    where mail is not null order by 1 limit 3
"""


def test_days_of_which_something_changed_are_built_and_no_other(
    built: Warehouse, server: DemoServer
) -> None:
    restated = DAYS[15]
    server.world.restate_analytics_day(str(restated))
    read(server, built, [restated, NEXT], hours=1)
    days = run(built)

    for model in ("fct_claude_code_activity_daily", "fct_cost_attribution_daily"):
        assert days[model] == {restated, NEXT}
    assert days["cost_profile_monthly"] == {
        restated.replace(day=1),
        NEXT.replace(day=1),
    }
    # Whose baseline it is in, and who is new, hangs on the days after it.
    assert min(days["int_cost_baselines"]) == restated
    assert days["adoption_daily"] == {day for day in [*DAYS, NEXT] if day >= restated}

    # Somebody changes team.
    moved = DAYS[14]
    write_teams(built, moved=moved)
    days = run(built)

    since = {day for day in [*DAYS, NEXT] if day >= moved}
    for model in ("fct_cost_attribution_daily", "fct_claude_code_activity_daily"):
        assert days[model] == since
    assert days["fct_billed_costs_daily"] == set()
    assert_equal_to_a_full_refresh(built)


def test_whose_a_row_is_and_days_that_go_reach_what_they_are_of(
    built: Warehouse, server: DemoServer
) -> None:
    ((other,),) = built.rows("select max(user_id) from staging.stg_anthropic__users")
    built.execute(
        "update raw_anthropic.api_keys set body = regexp_replace(body,"
        f' \'("created_by": ?\\{{[^}}]*"id": ?")[^"]+\', \'\\1{other}\')',
        "update raw_anthropic.workspaces set body = replace(body, 'cost_center', 'former_center')",
        "delete from marts.fct_commits where rowid % 3 = 0",
    )
    days = run(built)

    assert days["fct_cost_attribution_daily"]
    assert days["fct_repository_costs_daily"]
    assert_equal_to_a_full_refresh(built)

    gone, partial = DAYS[3], DAYS[4]
    for table in REPORTS:
        built.execute(
            f"delete from {table.qualified_name} where window_key = '{gone}'",
            f"delete from raw_anthropic.completeness_ledger where window_key = '{gone}'",
            "update raw_anthropic.completeness_ledger set status = 'partial'"
            f" where window_key = '{partial}'",
        )
    server.world.restate_analytics_day(str(DAYS[6]))
    read(server, built, [DAYS[6]], hours=1)
    # First some of the models, one of them before what it is made of.
    built.dbt("run", "--quiet", "--select", "path:models/staging", "int_day_fingerprints")
    built.dbt("run", "--quiet", "--select", "fct_cost_attribution_daily", "int_cost_series")
    days = run(built)

    # The keys have their owners again: more days than these.
    assert days["fct_cost_attribution_daily"] >= {partial, DAYS[6]}
    assert_equal_to_a_full_refresh(built)


def test_a_day_that_only_a_gateway_tells_of_is_compared(built: Warehouse) -> None:
    alone = FIRST - timedelta(days=1)
    for day in (alone, DAYS[2]):
        built.execute(
            "insert into raw_litellm.requests by name"
            f" select 'of-{day}' as request_id, timestamptz '{day} 10:00:00+00' as started_at,"
            " 'success' as status, 'anthropic/claude-sonnet-4-5' as model, 100 as prompt_tokens,"
            f" 20 as completion_tokens, timestamptz '{NOW}' as fetched_at, 'first' as run_id"
        )
    days = run(built)

    assert days["usage_source_comparison_daily"] == {alone, DAYS[2]}

    built.execute(
        "update raw_litellm.requests set completion_tokens = 21, run_id = 'second',"
        f" fetched_at = fetched_at + interval 1 hour where request_id = 'of-{alone}'"
    )
    days = run(built)

    assert days["usage_source_comparison_daily"] == {alone}
    assert days["fct_cost_attribution_daily"] == set()
    assert_equal_to_a_full_refresh(built)
