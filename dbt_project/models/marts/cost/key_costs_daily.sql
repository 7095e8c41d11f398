{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_stamps')) }}",
) }}

{%- set kinds = priced_token_kinds() -%}
with daily as (

    select
        cost_source,
        organization_kind,
        workspace_id,
        api_key_id,
        model,
        cost_type,
        token_type,
        allocation_method,
        cast(sum(allocated_cost_usd) as decimal(18, 6)) as allocated_cost_usd,
        bool_and(is_complete_day) as is_complete_day,
        usage_date
    from {{ ref('int_costs_allocated') }}
    where {{ in_changed_days('usage_date') }}
    group by
        usage_date,
        cost_source,
        organization_kind,
        workspace_id,
        api_key_id,
        model,
        cost_type,
        token_type,
        allocation_method

),

sources as (

    select distinct
        usage_date,
        organization_kind,
        cost_source
    from daily

),

-- Which way the bill of a row of usage went. The legacy report names nobody; the others do, and what
-- they leave open is of the usage that has neither person nor key. Priority Tier is on no bill.
usage as (

    select
        priced.usage_date,
        priced.organization_kind,
        priced.workspace_id,
        priced.model,
        case
            when
                sources.cost_source <> 'cost_report'
                and priced.person_key <> 'unknown' and not priced.is_key_named
                then 'direct'
            when sources.cost_source <> 'cost_report' and priced.is_key_named
                then if(priced.person_key = 'unknown', 'by_key', 'by_key_creator')
            when priced.api_key_id = 'none' and priced.person_key = 'unknown' then 'unallocated'
            else 'by_token_cost'
        end as allocation_method,
        case when allocation_method = 'direct' then 'none' else priced.api_key_id end as api_key_id
        {%- for tokens, _, _ in kinds %},
        priced.{{ tokens }}
        {%- endfor %}
    from {{ ref('int_usage_priced') }} as priced
    inner join sources
        on
            priced.usage_date = sources.usage_date
            and priced.organization_kind = sources.organization_kind
    where priced.service_tier <> 'priority' and {{ in_changed_days('priced.usage_date') }}

),

used as (

    {% for tokens, _, token_type in kinds -%}
    select
        usage_date,
        organization_kind,
        workspace_id,
        api_key_id,
        model,
        '{{ token_type }}' as token_type,
        allocation_method,
        cast(sum({{ tokens }}) as bigint) as billed_tokens
    from usage
    group by all
    having sum({{ tokens }}) > 0
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    daily.cost_source,
    daily.workspace_id,
    daily.api_key_id,
    daily.model,
    daily.cost_type,
    daily.token_type,
    daily.allocation_method,
    {{ allocation_confidence('daily.allocation_method') }} as allocation_confidence,
    daily.allocated_cost_usd,
    used.billed_tokens,
    case
        when used.billed_tokens is not null then null
        when daily.cost_type not in ('tokens', 'none') then 'not_of_tokens'
        when daily.token_type = 'none' then 'token_type_not_told'
        else 'no_usage'
    end as tokens_unknown_reason,
    daily.is_complete_day,
    daily.usage_date
from daily
left join used
    on
        daily.usage_date = used.usage_date
        and daily.organization_kind = used.organization_kind
        and daily.workspace_id = used.workspace_id
        and daily.api_key_id = used.api_key_id
        and daily.model = used.model
        and daily.token_type = used.token_type
        and daily.allocation_method = used.allocation_method
        and daily.cost_type = 'tokens'
