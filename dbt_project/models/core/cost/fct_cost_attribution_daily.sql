{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

workspaces as (

    select * from {{ ref('int_workspaces_known') }}

),

daily as (

    select
        cost_source,
        workspace_id,
        person_key,
        api_key_id,
        model,
        product,
        cost_type,
        allocation_method,
        cast(sum(allocated_cost_usd) as decimal(18, 6)) as allocated_cost_usd,
        bool_and(is_complete_day) as is_complete_day,
        usage_date
    from {{ ref('int_costs_allocated') }}
    where {{ in_changed_days('usage_date') }}
    group by
        usage_date,
        cost_source,
        workspace_id,
        person_key,
        api_key_id,
        model,
        product,
        cost_type,
        allocation_method

)

select
    daily.* exclude (is_complete_day, usage_date),
    {{ allocation_confidence('daily.allocation_method') }} as allocation_confidence,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_row() }} as cost_center,
    daily.is_complete_day,
    daily.usage_date
from daily
{{ join_primary_team('daily', 'usage_date') }}
{{ join_workspace('daily') }}
