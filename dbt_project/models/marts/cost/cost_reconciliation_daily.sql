{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with estimated as (

    select
        usage_date,
        -- The Enterprise report has no estimates.
        'console' as organization_kind,
        model,
        sum(estimated_cost_usd) as claude_code_estimated_cost_usd,
        bool_and(is_complete_day) as is_complete_day
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where {{ in_changed_days('usage_date') }}
    group by all

),

usage as (

    select
        *,
        uncached_input_tokens
        + output_tokens
        + cache_read_tokens
        + cache_creation_5m_tokens
        + cache_creation_1h_tokens as tokens
    from {{ ref('int_usage_priced') }}
    where {{ in_changed_days('usage_date') }}

),

-- Tokens of Priority Tier are on no bill, so they are beside the rest.
listed as (

    select
        usage_date,
        organization_kind,
        model,
        sum(tokens) filter (where service_tier <> 'priority') as billable_tokens,
        sum(tokens) filter (where service_tier = 'priority') as priority_tier_tokens,
        sum(tokens) filter (where service_tier <> 'priority' and not is_priced)
            as unpriced_tokens,
        sum(list_cost_usd) filter (where service_tier <> 'priority') as list_cost_usd,
        bool_or(has_tiers) as has_tiers,
        bool_and(is_complete_day) as is_complete_day
    from usage
    group by all

),

lines as (

    select
        *,
        {{ micros('billed_cost_usd') }} as billed_micros
    from {{ ref('int_costs_billed') }}
    where {{ in_changed_days('usage_date') }}

),

billed as (

    select
        usage_date,
        organization_kind,
        model,
        sum(billed_cost_usd) filter (where cost_type = 'tokens') as billed_token_cost_usd,
        sum(billed_cost_usd) filter (where cost_type <> 'tokens') as billed_other_cost_usd,
        -- Null as soon as one line has no list cost.
        case
            when
                count(*) filter (where cost_type = 'tokens')
                = count(list_cost_usd) filter (where cost_type = 'tokens')
                then sum(list_cost_usd) filter (where cost_type = 'tokens')
        end as source_list_cost_usd,
        sum(billed_cost_usd) filter (where cost_type = 'tokens' and product = 'claude_code')
            as claude_code_billed_cost_usd,
        count(*) filter (where cost_type = 'tokens') as token_line_count,
        sum({{ us_residency_micros('billed_micros') }})
            filter (where cost_type = 'tokens' and inference_geo = 'us') as us_micros,
        bool_and(is_complete_day) as is_complete_day
    from lines
    group by all

),

-- Of reports that tell where a model ran beside the bill.
geography as (

    select * from {{ ref('int_us_costs_daily') }}
    where {{ in_changed_days('usage_date') }}

),

joined as (

    select
        usage_date,
        organization_kind,
        model,
        cast(estimated.claude_code_estimated_cost_usd as decimal(18, 6))
            as claude_code_estimated_cost_usd,
        cast(billed.claude_code_billed_cost_usd as decimal(18, 6)) as claude_code_billed_cost_usd,
        case
            when listed.billable_tokens > 0 and coalesce(listed.unpriced_tokens, 0) = 0
                then cast(listed.list_cost_usd as decimal(18, 6))
        end as tokens_list_cost_usd,
        cast(billed.billed_token_cost_usd as decimal(18, 6)) as billed_token_cost_usd,
        cast(billed.billed_other_cost_usd as decimal(18, 6)) as billed_other_cost_usd,
        cast(billed.source_list_cost_usd as decimal(18, 6)) as source_list_cost_usd,
        cast(coalesce(listed.billable_tokens, 0) as bigint) as billable_tokens,
        cast(coalesce(listed.priority_tier_tokens, 0) as bigint) as priority_tier_tokens,
        cast(coalesce(listed.unpriced_tokens, 0) as bigint) as unpriced_tokens,
        cast(
            cast(coalesce(billed.us_micros, 0) + coalesce(geography.us_micros, 0) as decimal(18, 0))
            * 0.000001 as decimal(18, 6)
        ) as us_residency_usd,
        coalesce(billed.token_line_count, 0) + coalesce(geography.us_line_count, 0)
            as token_line_count,
        coalesce(listed.has_tiers, false) as has_tiers,
        coalesce(estimated.is_complete_day, true)
        and coalesce(listed.is_complete_day, true)
        and coalesce(billed.is_complete_day, true) as is_complete_day
    from listed
    full join billed using (usage_date, organization_kind, model)
    full join estimated using (usage_date, organization_kind, model)
    left join geography using (usage_date, organization_kind, model)

),

compared as (

    select
        *,
        cast(billed_token_cost_usd - tokens_list_cost_usd as decimal(18, 6)) as difference_usd,
        cast(source_list_cost_usd - billed_token_cost_usd as decimal(18, 6)) as discount_usd
    from joined

),

-- What discount and residency do not explain is rounding where it can be: half a millionth for
-- each line and its residency, and for the list cost.
explained as (

    select
        *,
        difference_usd + coalesce(discount_usd, 0) - us_residency_usd as rest_usd,
        (2 * token_line_count + 1) * 0.0000005 as rounding_bound_usd
    from compared

)

select
    organization_kind,
    model,
    claude_code_estimated_cost_usd,
    claude_code_billed_cost_usd,
    tokens_list_cost_usd,
    source_list_cost_usd,
    billed_token_cost_usd,
    billed_other_cost_usd,
    difference_usd,
    discount_usd,
    us_residency_usd,
    cast(
        case
            when rest_usd is null then null
            when abs(rest_usd) <= rounding_bound_usd then rest_usd
            else 0
        end as decimal(18, 6)
    ) as rounding_usd,
    cast(
        case
            when rest_usd is null then null
            when abs(rest_usd) <= rounding_bound_usd then 0
            else rest_usd
        end as decimal(18, 6)
    ) as unexplained_usd,
    billable_tokens,
    priority_tier_tokens,
    unpriced_tokens,
    case
        when billed_token_cost_usd is null and billable_tokens > 0 then 'not_billed'
        when billed_token_cost_usd is null and priority_tier_tokens > 0 then 'priority_tier_only'
        when billed_token_cost_usd is null and billed_other_cost_usd is null then 'estimate_only'
        when billed_token_cost_usd is null then 'no_tokens'
        when unpriced_tokens > 0 then 'unpriced'
        when billable_tokens = 0 then 'no_usage'
        when abs(rest_usd) <= rounding_bound_usd then 'explained'
        when has_tiers and rest_usd > 0 then 'tiered_price'
        else 'unexplained'
    end as reconciliation_status,
    is_complete_day,
    usage_date
from explained
