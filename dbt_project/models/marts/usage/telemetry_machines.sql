with requests as (

    select * from {{ ref('int_telemetry_requests') }}

),

signals as (

    select * from {{ ref('int_telemetry_signals') }}
    where machine_key is not null

),

-- The last day of which anything is told, by any machine or by the report of activity: a receiver
-- that is down shows where the report goes on. Without the report it is the day of the last load.
as_of as (

    select
        least(
            (
                select
                    greatest(
                        max(usage_date), (select cast(max(happened_at) as date) from signals)
                    )
                from {{ ref('fct_claude_code_activity_daily') }}
                where is_complete_day
                -- Greatest and least leave nulls out.
                having max(usage_date) is not null
            ),
            -- No machine whose clock is ahead makes the others silent.
            cast(max(last_fetched_at) as date)
        ) as as_of_date
    from {{ ref('data_completeness') }}
    where source_system = 'telemetry'

),

days as (

    select
        machine_key,
        usage_date,
        usage_date - lag(usage_date) over (partition by machine_key order by usage_date)
            as days_since_last
    from (select distinct machine_key, usage_date from signals) as seen

),

habits as (

    select
        machine_key,
        count(*) as active_day_count,
        max(days_since_last) as longest_gap_days
    from days
    group by machine_key

),

machines as (

    select
        machine_key,
        min(happened_at) as first_seen_at,
        max(happened_at) as last_seen_at,
        max(happened_at) filter (where signal_kind = 'event') as last_event_at,
        max(happened_at) filter (where signal_kind = 'point') as last_point_at,
        count(*) filter (where signal_kind = 'event') as event_count,
        count(*) filter (where signal_kind = 'point') as point_count,
        arg_max(person_key, happened_at) as person_key,
        arg_max(client_version, happened_at) as client_version,
        sum(metric_cost_usd) as metric_cost_usd
    from signals
    group by machine_key

),

costs as (

    select
        machine_key,
        count(*) as request_count,
        sum(estimated_cost_usd) as event_cost_usd
    from requests
    group by machine_key

)

select
    machines.machine_key,
    machines.person_key,
    machines.client_version,
    machines.first_seen_at,
    machines.last_seen_at,
    machines.last_event_at,
    machines.last_point_at,
    machines.event_count,
    machines.point_count,
    coalesce(costs.request_count, 0) as request_count,
    cast(costs.event_cost_usd as decimal(24, 12)) as event_cost_usd,
    cast(machines.metric_cost_usd as decimal(24, 12)) as metric_cost_usd,
    habits.active_day_count,
    cast(habits.longest_gap_days as bigint) as longest_gap_days,
    -- Of a machine whose clock is ahead, none.
    greatest(cast(as_of.as_of_date - cast(machines.last_seen_at as date) as bigint), 0)
        as silent_days,
    coalesce(
        as_of.as_of_date - cast(machines.last_seen_at as date) > greatest(
            {{ var('telemetry_silent_days') }}, 2 * coalesce(habits.longest_gap_days, 0)
        ),
        false
    ) as is_silent,
    as_of.as_of_date
from machines
inner join habits on machines.machine_key = habits.machine_key
left join costs on machines.machine_key = costs.machine_key
cross join as_of
