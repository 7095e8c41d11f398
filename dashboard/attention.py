"""What needs attention, as facts: one query, of which the overview and the alerts are made.

A row is one fact: ``kind``, ``day``, ``level`` (how bad), ``what`` it is of, ``why`` with figures
and units, the ``driver`` or cause where one is known, the ``team_name`` it is of (null: of no
single team), and for whoever tells facts once, ``identity``, ``grade`` and ``measure``:

- the same fact has the same ``identity``, also in a later file;
- ``grade`` rises when it has become news again;
- ``measure`` is what a threshold is held against, null where there is none.

SQL reads `first_day`, `last_day` and `team`. With a team it tells of the team and its people alone,
beside what is of all data.
"""

from __future__ import annotations

from dashboard.conditions import IN_DAYS

_IS_ALL = "getvariable('team') is null"
# From this share of a limit on, the overview shows how near it is.
NEAR_LIMIT = 0.8

# Whose name is not told has a pseudonym, or is in no row.
_PEOPLE = """
    people as (
        select person_key, display_name from dim_people
    ),

    teams as (
        select
            person_key,
            team_name,
            coalesce(valid_from, date '-infinity') as first_day,
            coalesce(valid_to, date 'infinity') as day_after
        from dim_team_memberships
        where is_primary
    )"""


def _costs(scope_type: str, scope_id: str) -> str:
    """Return SQL of what each model cost of the month, of scopes whose budget is in danger."""
    return f"""
        select '{scope_type}' as scope_type, {scope_id} as scope_id, model,
            sum(allocated_cost_usd) as cost_usd
        from month
        where {scope_id} in (select scope_id from danger where scope_type = '{scope_type}')
        group by all
    """


_SCOPES = {
    "team": "team_name",
    "workspace": "workspace_id",
    "person": "person_key",
    "organization": "organization_kind",
}
# The model that cost most of the month, of each scope whose budget is in danger.
_LARGEST = f"""
    newest as (
        select max(usage_date) as usage_date from budget_status_daily
        where usage_date <= getvariable('last_day')
    ),

    danger as (
        select budgets.*
        from budget_status_daily as budgets
        inner join newest using (usage_date)
        where budget_status in ('exhausted', 'forecast_over', 'at_risk')
    ),

    month as (
        select
            *,
            if(starts_with(cost_source, 'enterprise'), 'enterprise', 'console')
                as organization_kind,
            'all' as all_of_it
        from fct_cost_attribution_daily
        where is_complete_day
            and usage_date >= (select date_trunc('month', usage_date) from newest)
            and usage_date <= (select usage_date from newest)
    ),

    largest as (
        select scope_type, scope_id, arg_max(model, cost_usd) as model, max(cost_usd) as cost_usd
        from (
            {" union all ".join(_costs(*one) for one in _SCOPES.items())}
            union all
            {_costs("organization", "all_of_it")}
        )
        where cost_usd > 0 and model not in ('none', 'other')
        group by scope_type, scope_id
    )"""

_BUDGETS = """
    budgets as (
        select
            case when budget_status = 'exhausted' then 'budget_exhausted' else 'budget_forecast' end
                as kind,
            usage_date as day,
            replace(budget_status, '_', ' ') as level,
            'budget of ' || coalesce(scope_name, display_name, scope_id) as what,
            coalesce(
                case when budget_status = 'exhausted'
                    then format('${:,.0f} of ${:,.0f} spent', actual_cost_usd, budget_usd)
                    else format('forecast ${:,.0f} of ${:,.0f}', forecast_cost_usd, budget_usd)
                end,
                'the file tells no amounts'
            ) as why,
            format('{} with ${:,.0f} so far', largest.model, largest.cost_usd) as driver,
            case scope_type when 'team' then scope_id when 'person' then teams.team_name end
                as team_name,
            concat_ws('|', budget_source, scope_type, scope_id, month_start_date) as identity,
            coalesce(
                cast(
                    case when budget_status = 'exhausted' then actual_cost_usd
                        else forecast_cost_usd end as double
                ) / nullif(cast(budget_usd as double), 0),
                case when budget_status <> 'at_risk' then 1.0 end
            ) as measure,
            -- Told again for each tenth of the budget more.
            cast(floor(10 * coalesce(measure, 0)) as bigint) as grade
        from danger
        left join largest using (scope_type, scope_id)
        left join people on scope_type = 'person' and scope_id = people.person_key
        left join teams
            on people.person_key = teams.person_key
            and usage_date >= teams.first_day and usage_date < teams.day_after
    )"""

# An alarm of one driver is heard in several places, as its person, workspace and organisation:
# it is one fact, of where it is the most out of the usual.
_ALARMS = f"""
    alarms_of_teams as (
        select
            alarms.* replace (
                coalesce(scope_name, people.display_name, scope_id) as scope_name,
                coalesce(driver_name, drivers.display_name, driver_id) as driver_name
            ),
            teams.team_name
        from cost_anomalies_daily as alarms
        left join people on scope_type = 'person' and scope_id = people.person_key
        left join people as drivers
            on driver_type = 'person' and driver_id = drivers.person_key
        left join teams
            on people.person_key = teams.person_key
            and usage_date >= teams.first_day and usage_date < teams.day_after
        where {IN_DAYS}
    ),

    alarms as (
        select
            'cost_anomaly' as kind,
            usage_date as day,
            min(severity) as level,
            arg_max(
                case scope_type
                    when 'organization' then 'organisation'
                    when 'person' then scope_name
                    else replace(scope_type, 'actor_key', 'key') || ' ' || scope_name end,
                anomaly_score
            ) as what,
            coalesce(
                arg_max(
                    format('${{:,.2f}} where ${{:,.2f}} is usual', cost_usd, expected_cost_usd),
                    anomaly_score
                ),
                'the file tells no amounts'
            ) || case when count(*) > 1
                then '; seen in ' || count(*) || ' places' else '' end as why,
            nullif(
                arg_max(
                    case
                        when driver_type = 'undetermined' then ''
                        when driver_type = 'cache_rate' then coalesce(
                            format(
                                'less read from the cache, {{:.0f}} % where {{:.0f}} % is usual',
                                100 * cache_read_ratio, 100 * expected_cache_read_ratio
                            ),
                            'less read from the cache'
                        )
                        when driver_id = scope_id then ''
                        when driver_type = 'person' then driver_name
                        else replace(driver_type, 'actor_key', 'key') || ' ' || driver_name
                    end,
                    anomaly_score
                ),
                ''
            ) as driver,
            max(team_name) as team_name,
            concat_ws('|', usage_date, coalesce(driver_id, scope_id)) as identity,
            cast(max(excess_cost_usd) as double) as measure,
            cast(bool_or(severity = 'critical') as bigint) as grade
        from alarms_of_teams
        where {_IS_ALL} or team_name = getvariable('team')
        group by usage_date, coalesce(driver_id, scope_id)
    )"""

_ANSWERS = """
    answers as (
        select
            'data_failed' as kind,
            cast(coalesce(window_started_at, last_fetched_at) as date) as day,
            completeness_status as level,
            'data: ' || endpoint as what,
            'is not whole: it is read again with the next run' as why,
            error_message as driver,
            cast(null as varchar) as team_name,
            concat_ws('|', source_system, endpoint) as identity,
            cast(null as double) as measure,
            0 as grade
        from data_completeness
        where completeness_status <> 'complete'
            and (window_started_at is null
                or cast(window_started_at as date)
                between getvariable('first_day') and getvariable('last_day'))
    )"""

_CHECKS = """
    checks as (
        select
            'check_failed' as kind,
            cast(checked_at as date) as day,
            case when severity = 'error' then 'failed' else 'warning' end as level,
            'check' || coalesce(' of ' || table_name, '') || ': '
                || replace(check_name, '_', ' ') as what,
            rtrim(split_part(description, '. ', 1), '.')
                || if(failing_row_count > 0, '; rows that fail: ' || failing_row_count, '') as why,
            cast(null as varchar) as driver,
            cast(null as varchar) as team_name,
            concat_ws('|', source, table_name, check_name) as identity,
            cast(failing_row_count as double) as measure,
            0 as grade
        from quality.checks
        where not is_passed
    )"""

# Of the organisation and its workspaces, so it is none of a single team's.
_LIMITS = f"""
    limits as (
        select
            'rate_headroom' as kind,
            usage_date as day,
            case when limit_used_ratio >= 1 then 'critical' else 'warning' end as level,
            'rate limit ' || replace(limit_type, '_', ' ') || ' of '
                || coalesce(rate_limit_name, rate_limit_id)
                || case when workspace_id <> 'all' then ', workspace ' || workspace_id else '' end
                as what,
            format(
                'the busiest minute used {{:.0f}} % of {{:,}}', 100 * limit_used_ratio, limit_value
            ) || coalesce(
                ', ' || strftime(peak_minute_started_at, '%Y-%m-%d %H:%M') || ' UTC', ''
            ) as why,
            cast(null as varchar) as driver,
            cast(null as varchar) as team_name,
            concat_ws('|', workspace_id, rate_limit_id, limit_type) as identity,
            limit_used_ratio as measure,
            cast(floor(10 * limit_used_ratio) as bigint) as grade
        from token_rate_headroom
        where {_IS_ALL}
            and limit_used_ratio is not null
            and usage_date = (
                select max(usage_date) from token_rate_headroom
                where usage_date <= getvariable('last_day')
            )
    )"""

_MACHINES = f"""
    machines as (
        select
            'machine_silent' as kind,
            cast(machines.last_seen_at as date) as day,
            'warning' as level,
            'telemetry of ' || coalesce(people.display_name, 'a machine of nobody who is known')
                as what,
            'a machine is silent for ' || machines.silent_days || ' days' as why,
            cast(null as varchar) as driver,
            teams.team_name,
            machines.machine_key as identity,
            cast(machines.silent_days as double) as measure,
            0 as grade
        from telemetry_machines as machines
        left join people on machines.person_key = people.person_key
        left join teams
            on machines.person_key = teams.person_key
            and machines.as_of_date >= teams.first_day and machines.as_of_date < teams.day_after
        where machines.is_silent
            and ({_IS_ALL} or teams.team_name = getvariable('team'))
    )"""

FACTS = f"""
    with {_PEOPLE},
    {_LARGEST},
    {_BUDGETS},
    {_ALARMS},
    {_ANSWERS},
    {_CHECKS},
    {_LIMITS},
    {_MACHINES}

    select *
    from (
        select * from budgets
        where {_IS_ALL} or team_name = getvariable('team')
        union all by name
        select * from alarms
        union all by name
        select * from answers
        union all by name
        select * from checks
        union all by name
        select * from limits
        union all by name
        select * from machines
    )
    order by kind, day desc, what, identity
"""
