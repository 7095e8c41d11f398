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

usage as (

    select * from {{ ref('int_usage_priced') }}
    where {{ in_changed_days('usage_date') }}

),

by_workspace as (

    select
        organization_kind,
        workspace_id,
        person_key,
        usage_date,
        sum(uncached_input_tokens) as uncached_input_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_creation_5m_tokens + cache_creation_1h_tokens) as cache_write_tokens,
        coalesce(
            sum(
                uncached_input_tokens
                + cache_read_tokens
                + cache_creation_5m_tokens
                + cache_creation_1h_tokens
            ) filter (where not is_priced),
            0
        ) as unpriced_input_tokens,
        sum(
            cache_creation_5m_tokens_list_cost_usd + cache_creation_1h_tokens_list_cost_usd
        ) filter (where is_priced) as cache_write_cost_usd,
        sum(cache_read_tokens_list_cost_usd) filter (where is_priced) as cache_read_cost_usd,
        sum(cached_at_input_price_usd) filter (where is_priced) as cost_without_cache_usd,
        bool_and(is_complete_day) as is_complete_day
    from usage
    group by organization_kind, workspace_id, person_key, usage_date

),

daily as (

    select
        by_workspace.organization_kind,
        by_workspace.person_key,
        {{ team_of_day() }} as team_name,
        {{ cost_center_of_row() }} as cost_center,
        by_workspace.usage_date,
        {% for tokens in [
            "uncached_input_tokens", "cache_read_tokens", "cache_write_tokens",
            "unpriced_input_tokens",
        ] -%}
        cast(sum(by_workspace.{{ tokens }}) as bigint) as {{ tokens }},
        {% endfor -%}
        {% for cost in ["cache_write_cost_usd", "cache_read_cost_usd", "cost_without_cache_usd"] -%}
        cast(sum(by_workspace.{{ cost }}) as decimal(18, 6)) as {{ cost }},
        {% endfor -%}
        bool_and(by_workspace.is_complete_day) as is_complete_day
    from by_workspace
    {{ join_primary_team('by_workspace', 'usage_date') | indent(4) }}
    {{ join_workspace('by_workspace') | indent(4) }}
    group by
        by_workspace.organization_kind,
        by_workspace.person_key,
        {{ team_of_day() }},
        {{ cost_center_of_row() }},
        by_workspace.usage_date

)

select
    daily.organization_kind,
    daily.person_key,
    daily.team_name,
    daily.cost_center,
    daily.cache_read_tokens,
    daily.cache_write_tokens,
    daily.uncached_input_tokens,
    daily.cache_read_tokens + daily.cache_write_tokens + daily.uncached_input_tokens
        as input_tokens,
    -- Null where there was no input, which is not a share of none.
    daily.cache_read_tokens
    / nullif(
        daily.cache_read_tokens + daily.cache_write_tokens + daily.uncached_input_tokens, 0
    ) as cache_read_ratio,
    daily.unpriced_input_tokens,
    daily.cache_write_cost_usd,
    daily.cache_read_cost_usd,
    daily.cost_without_cache_usd,
    cast(
        daily.cost_without_cache_usd - daily.cache_write_cost_usd - daily.cache_read_cost_usd
        as decimal(18, 6)
    ) as cache_saving_usd,
    daily.is_complete_day,
    daily.usage_date
from daily
