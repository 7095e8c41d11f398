{{ config(
    materialized="incremental",
    unique_key="month_start_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

{%- set kinds = priced_token_kinds() -%}
{#- By months: where each developer has a key, keys by day and kind of token are several times as
    many rows as the whole usage report has. -#}
with costs as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        cost_source,
        workspace_id,
        api_key_id,
        model,
        cost_type,
        token_type,
        allocation_method,
        cast(sum(allocated_cost_usd) as decimal(18, 6)) as allocated_cost_usd
    from {{ ref('int_costs_allocated') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}
    group by all

),

sources as (

    select distinct
        usage_date,
        organization_kind,
        cost_source
    from {{ ref('int_costs_billed') }}
    where is_complete_day and {{ in_changed_days('usage_date') }}

),

-- Which way the bill of a row of usage went. The legacy report names nobody; the others do, and what
-- they leave open is of the usage that has neither person nor key. Priority Tier is on no bill.
usage as (

    select
        cast(date_trunc('month', priced.usage_date) as date) as month_start_date,
        sources.cost_source,
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
        sum(priced.{{ tokens }}) as {{ tokens }}
        {%- endfor %}
    from {{ ref('int_usage_priced') }} as priced
    inner join sources
        on
            priced.usage_date = sources.usage_date
            and priced.organization_kind = sources.organization_kind
    where priced.service_tier <> 'priority' and {{ in_changed_days('priced.usage_date') }}
    group by all

),

-- Apart by kind when people are added up, and not before: there are fewer keys.
used as (

    {% for tokens, _, token_type in kinds -%}
    select
        month_start_date,
        cost_source,
        workspace_id,
        api_key_id,
        model,
        '{{ token_type }}' as token_type,
        allocation_method,
        cast({{ tokens }} as bigint) as billed_tokens
    from usage
    where {{ tokens }} > 0
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    costs.cost_source,
    costs.workspace_id,
    costs.api_key_id,
    costs.model,
    costs.cost_type,
    costs.token_type,
    costs.allocation_method,
    {{ allocation_confidence('costs.allocation_method') }} as allocation_confidence,
    costs.allocated_cost_usd,
    used.billed_tokens,
    case
        when used.billed_tokens is not null then null
        when costs.cost_type not in ('tokens', 'none') then 'not_of_tokens'
        when costs.token_type = 'none' then 'token_type_not_told'
        else 'no_usage'
    end as tokens_unknown_reason,
    costs.month_start_date
from costs
-- Costs that are not of tokens have no kind of token. That they are not is no condition of the join:
-- with one on one side alone it takes twenty times as long.
left join used
    on
        costs.month_start_date = used.month_start_date
        and costs.cost_source = used.cost_source
        and costs.workspace_id = used.workspace_id
        and costs.api_key_id = used.api_key_id
        and costs.model = used.model
        and costs.token_type = used.token_type
        and costs.allocation_method = used.allocation_method
