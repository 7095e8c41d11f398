"""Marts of an invented organisation in which each figure tells by its digits whose it is.

Person n's amounts are a small random number times 1000 to the power of n + 1. So three digits of a
sum, or of a difference of sums, tell what of it is of one person, and the last three are of nobody:
counts of rows and people are less than 1000. One kind of figure is written so at a time, and the
others are 1, so that no difference of unlike figures looks like somebody's.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

MINIMUM = 3
BASE = 1000
# Whom the roster says, a team of fewer than the minimum among them, and somebody without a team.
TEAMS = {"Large": range(5), "Middle": range(5, 8), "Pair": range(8, 10)}
LONER = 10
PEOPLE = 11
FIRST, DAYS = date(2026, 11, 2), 42
AMOUNT = "decimal(38, 0)"
FIGURES = (
    *("cost", "estimate", "tokens", "searches"),
    *("sessions", "commits", "decisions", "lines"),
)

# Each mart as a query over `work`, one row per person, day, model and so on.
MARTS = {
    "dim_people": (
        "select person_key, 'member' as person_kind, null::varchar as github_login from everybody"
    ),
    "dim_api_keys": "select 'key_1' as api_key_id",
    "dim_claude_code_actors": "select person_key as actor_key, person_key from everybody",
    "dim_team_memberships": (
        "select person_key, team_name, true as is_primary, date '2026-01-01' as valid_from,"
        " null::date as valid_to from everybody where team_name <> 'unassigned'"
    ),
    "dim_teams": (
        "select team_name, count(*) filter (where team_name <> 'unassigned') as person_count"
        " from everybody group by all"
    ),
    "fct_cost_attribution_daily": (
        "select 'cost' as cost_source, workspace_id, person_key, 'key_1' as api_key_id, team_name,"
        " 'c' as cost_center, model, product, cost_type, 'direct' as allocation_method,"
        " cost as allocated_cost_usd, true as is_complete_day, usage_date from work"
    ),
    "fct_billed_costs_daily": (
        "select 'cost' as cost_source, workspace_id, person_key, md5(model) as line_item_key,"
        " model, product, cost_type, cost as billed_cost_usd, cost as list_cost_usd,"
        " true as is_complete_day, usage_date from work"
    ),
    "fct_claude_code_model_usage_daily": (
        "select 'o' as organization_id, person_key as actor_key, 'user' as actor_type, person_key,"
        " 'api' as customer_type, 'none' as subscription_type, terminal_type, model,"
        " 1 as input_tokens, tokens as output_tokens, 1 as cache_read_tokens,"
        " 1 as cache_creation_tokens, estimate as estimated_cost_usd, false as is_remote,"
        " true as is_complete_day, usage_date from work"
    ),
    "fct_message_usage_daily": (
        "select 'usage' as usage_source, workspace_id, 'key_1' as api_key_id, person_key, model,"
        " product, 'standard' as service_tier, 'none' as context_window,"
        " 1 as uncached_input_tokens, tokens as output_tokens, 1 as cache_read_tokens,"
        " 1 as cache_creation_5m_tokens, 0 as cache_creation_1h_tokens,"
        " case when product = 'chat' or workspace_id = 'v' then searches end as web_search_count,"
        " 1 as request_count, true as is_complete_day, usage_date from work"
    ),
    "fct_claude_code_activity_daily": (
        "select 'r' as source_report, 'o' as organization_id, person_key as actor_key,"
        " 'user' as actor_type, person_key, 'api' as customer_type, 'none' as subscription_type,"
        " terminal_type, sessions as session_count, 1 as lines_added, 0 as lines_removed,"
        " case when model <> 'a' then commits end as commit_count, 0 as pull_request_count,"
        " false as is_remote, true as is_complete_day, usage_date from work"
    ),
    "fct_claude_code_tool_actions_daily": (
        "select 'r' as source_report, 'o' as organization_id, person_key as actor_key,"
        " 'user' as actor_type, person_key, 'api' as customer_type, 'none' as subscription_type,"
        " terminal_type, model as tool_name, decisions as accepted_count, 1 as rejected_count,"
        " false as is_remote, true as is_complete_day, usage_date from work"
    ),
    "fct_repository_costs_daily": (
        "select person_key, 1 as repository_id, repository, 'by_lines' as allocation_method,"
        " 'high' as allocation_confidence, estimate as estimated_cost_usd, true as is_complete_day,"
        " usage_date from work"
    ),
    "fct_pull_requests": (
        "select repository, person_key, claude_attribution, lines as effective_lines_added,"
        " lines as effective_lines_removed, usage_date::timestamp as merged_at from work"
    ),
    "fct_commits": (
        "select repository, person_key, claude_attribution, lines as lines_added,"
        " false as is_merge, usage_date::timestamp as committed_at from work"
    ),
    "cache_efficiency_daily": (
        "select 'console' as organization_kind, person_key, team_name, sum(tokens) as input_tokens,"
        " usage_date from work group by all"
    ),
    "claude_code_activity_set_aside_daily": (
        "select 'no_claude_code' as counting_rule, count(distinct person_key) as user_count,"
        " sum(lines) as lines_added, usage_date from work group by all"
    ),
    "cost_reconciliation_daily": (
        "select 'console' as organization_kind, model, sum(estimate) as"
        " claude_code_estimated_cost_usd, sum(cost) as billed_token_cost_usd, usage_date"
        " from work group by all"
    ),
    "report_revisions": (
        "select 'cost' as report, workspace_id, model, 'cost' as metric, sum(cost) as figure,"
        " true as is_current, usage_date from work group by all"
    ),
    "coverage_daily": (
        "select count(distinct person_key) as active_person_count, sum(cost) as billed_cost_usd,"
        " usage_date from work group by all"
    ),
    "token_rate_headroom": (
        "select workspace_id, max(tokens)::hugeint as peak_tokens, usage_date from work"
        " group by all"
    ),
    "budget_status_daily": (
        "select 'team' as scope_type, team_name as scope_id, sum(sum(cost)) over (partition by"
        " team_name, date_trunc('month', usage_date) order by usage_date) as actual_cost_usd,"
        " date_trunc('month', usage_date) as month_start_date, usage_date from work"
        " group by team_name, usage_date union all by name"
        " select 'organization' as scope_type, null as scope_id, sum(sum(cost)) over (partition by"
        " date_trunc('month', usage_date) order by usage_date) as actual_cost_usd,"
        " date_trunc('month', usage_date) as month_start_date, usage_date from work group by"
        " usage_date"
    ),
    "cost_anomalies_daily": (
        "select 'team' as scope_type, team_name as scope_id, sum(cost) as cost_usd, usage_date"
        " from work group by all union all by name"
        " select 'model' as scope_type, model as scope_id, sum(cost) as cost_usd, usage_date"
        " from work group by all"
    ),
    "person_costs_monthly": (
        "select person_key, sum(cost) as allocated_cost_usd, sum(estimate) as estimated_cost_usd,"
        " date_trunc('month', usage_date) as month_start_date from work group by all"
    ),
    "model_what_if_monthly": (
        "select person_key, team_name, model, sum(tokens) as output_tokens,"
        " date_trunc('month', usage_date) as month_start_date from work group by all"
    ),
    "cost_per_outcome_monthly": (
        "select 'team' as scope_type, team_name, 'all' as repository, 'billed' as cost_basis,"
        " sum(cost) as allocated_cost_usd, count(distinct person_key) as people_count,"
        " count(distinct person_key) as author_count, count(distinct person_key) as"
        " liberal_author_count, count(distinct person_key) as change_author_count,"
        " sum(lines) filter (where claude_attribution = 'with_claude') as effective_lines_added,"
        " sum(sum(cost)) over (partition by date_trunc('month', usage_date)) as month_cost_usd,"
        " 7 as complete_cost_day_count, 1 as repository_count, 1 as repositories_read_count,"
        " false as is_complete_month, date_trunc('month', usage_date) as month_start_date from work"
        " group by team_name, date_trunc('month', usage_date) union all by name"
        " select 'repository' as scope_type, 'all' as team_name, repository,"
        " 'estimated' as cost_basis, sum(estimate) as allocated_cost_usd,"
        " count(distinct person_key) as people_count, count(distinct person_key) as author_count,"
        " count(distinct person_key) as liberal_author_count, count(distinct person_key) as"
        " change_author_count, sum(lines) as effective_lines_added,"
        " sum(sum(estimate)) over (partition by date_trunc('month', usage_date)) as month_cost_usd,"
        " 7 as complete_cost_day_count, 1 as repository_count, 1 as repositories_read_count,"
        " false as is_complete_month, date_trunc('month', usage_date) as month_start_date from work"
        " group by repository, date_trunc('month', usage_date)"
    ),
    "contributions_monthly": (
        "select repository, team_name, 'member' as person_kind, claude_attribution,"
        " claude_attribution as attribution_balanced, count(*) as merged_pull_request_count,"
        " sum(lines) as effective_lines_added, sum(lines) as effective_lines_removed,"
        " count(distinct person_key) as people_count,"
        " date_trunc('month', usage_date) as month_start_date from work group by all"
    ),
    "contributions_weekly": (
        "select repository, team_name, claude_attribution, sum(lines) as effective_lines_added,"
        " count(distinct person_key) as people_count,"
        " date_trunc('week', usage_date) as week_start_date from work group by all"
    ),
    "cost_profile_monthly": (
        "select 'o' as organization_id, 'team' as scope_type, team_name,"
        " count(distinct person_key) as developer_count, sum(estimate) as"
        " developer_estimated_cost_usd, date_trunc('month', usage_date) as month_start_date"
        " from work group by all union all by name"
        " select 'o' as organization_id, 'organization' as scope_type, 'all' as team_name,"
        " count(distinct person_key) as developer_count, sum(estimate) as"
        " developer_estimated_cost_usd, date_trunc('month', usage_date) as month_start_date"
        " from work group by all"
    ),
    "a_mart_of_tomorrow_daily": (
        "select model, sum(cost) as cost_usd, usage_date from work group by all"
    ),
}


def write(path: Path, figure: str) -> None:
    """Write the marts into a new warehouse file, with the digits in one of `FIGURES`."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create temp table everybody (person_key varchar, team_name varchar);"
            "create temp table work (person_key varchar, team_name varchar, usage_date date,"
            " model varchar, workspace_id varchar, product varchar, cost_type varchar,"
            " terminal_type varchar, repository varchar, claude_attribution varchar,"
            f" {', '.join(f'{name} {AMOUNT}' for name in FIGURES)})"
        )
        team_of = {number: team for team, numbers in TEAMS.items() for number in numbers}
        everybody = [(f"p{n}", team_of.get(n, "unassigned")) for n in range(PEOPLE)]
        for table, rows in (("everybody", everybody), ("work", _work(team_of, figure))):
            names = [f"c{number}" for number in range(len(rows[0]))]
            columns = pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
            connection.execute(f"insert into {table} select * from columns")
            assert columns.num_rows
        connection.execute("create schema marts")
        for name, query in MARTS.items():
            connection.execute(f"create table marts.{name} as {query}")


def _work(team_of: dict[int, str], figure: str) -> list[tuple[object, ...]]:
    chance = random.Random(20261101)
    rows: list[tuple[object, ...]] = []
    for day in (FIRST + timedelta(n) for n in range(DAYS)):
        for person in _present(day, chance):
            for model in _models(person, day, chance):
                amount = str(chance.randint(1, 9) * BASE ** (person + 1))
                amounts = [amount if name == figure else "1" for name in FIGURES]
                rows.append(
                    (
                        f"p{person}",
                        team_of.get(person, "unassigned"),
                        day,
                        model,
                        "solo" if person == 0 and model == "b" else chance.choice("vw"),
                        "chat" if person == 6 else "claude_code",
                        "web_search" if person == 7 and day.day % 5 == 0 else "tokens",
                        "vscode" if person in (3, 8) else "terminal",
                        "acme/solo" if person == LONER else chance.choice(["acme/a", "acme/b"]),
                        chance.choice(["with_claude", "without_claude"])
                        if person != 4
                        else "undetermined",
                        *amounts,
                    )
                )
    return rows


def _present(day: date, chance: random.Random) -> list[int]:
    weekday = day.isoweekday()
    if weekday == 7:
        return []
    if weekday == 6:
        # One person's Saturdays, two people's, and a team's with one who is not of it.
        return [[9], [8, 9], [*TEAMS["Middle"], LONER], [1, 2]][day.isocalendar().week % 4]
    return [person for person in range(PEOPLE) if chance.random() < 0.8]


def _models(person: int, day: date, chance: random.Random) -> list[str]:
    models = ["a"]
    if chance.random() < 0.4:
        models.append("b")
    if person == 2 and day.day % 3 == 0:
        models.append("rare")
    return models
