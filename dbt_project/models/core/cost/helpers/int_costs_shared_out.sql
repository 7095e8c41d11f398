{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

-- Long: the steps of one division, exact to the millionth; none means anything alone.
with billed as (

    select *
    from {{ ref('int_costs_billed') }}
    where {{ in_changed_days('usage_date') }}

),

-- Money is whole millionths of a dollar from here on, so that shares are exact; lines, what they are
-- summed by, usage and keys are numbered, as there are many shares and numbers are small.
lines as (

    select
        row_number() over (order by usage_date, cost_source, workspace_id, line_item_key)
            as line_number,
        dense_rank() over (
            order by
                usage_date, cost_source, workspace_id, model, product, cost_type, token_type
        ) as cost_number,
        organization_kind,
        cost_source,
        workspace_id,
        model,
        product,
        cost_type,
        token_type,
        service_tier,
        context_window,
        case
            when cost_type = 'tokens' and token_type = 'none' then 'list_cost'
            when cost_type = 'tokens' then token_type
            when cost_type = 'web_search' and token_type = 'none' then 'web_searches'
            else 'nothing'
        end as weighed_by,
        cast({{ micros('billed_cost_usd') }} as bigint) as billed_micros,
        is_complete_day,
        usage_date
    from billed
    where person_key = 'unknown' and api_key_id = 'none'

),

costs as (

    select
        cost_number,
        any_value(organization_kind) as organization_kind,
        any_value(cost_source) as cost_source,
        any_value(workspace_id) as workspace_id,
        any_value(model) as model,
        any_value(product) as product,
        any_value(cost_type) as cost_type,
        any_value(token_type) as token_type,
        bool_and(is_complete_day) as is_complete_day,
        any_value(usage_date) as usage_date
    from lines
    group by cost_number

),

-- Priority Tier has tokens and no cost: nothing of the bill is its.
priced as (

    select * from {{ ref('int_usage_priced') }}
    where service_tier <> 'priority' and {{ in_changed_days('usage_date') }}

),

kinds_of_usage as (

    select
        row_number() over () as usage_number,
        *
    from (
        select distinct
            organization_kind,
            usage_date,
            workspace_id,
            model,
            service_tier,
            context_window,
            product
        from priced
    ) as kinds

),

-- What a side does not tell matches anything; searches may be billed without a model. Where the
-- report names people and keys, their lines are theirs: the rest is of the usage that has neither.
matches as (

    select
        lines.line_number,
        kinds.usage_number,
        lines.weighed_by,
        lines.cost_source <> 'cost_report' as is_of_nobody,
        -- Batches cost half of the list price.
        case when kinds.service_tier = 'batch' then 1 else 2 end as price_halves
    from lines
    inner join kinds_of_usage as kinds
        on
            lines.organization_kind = kinds.organization_kind
            and lines.usage_date = kinds.usage_date
            and lines.workspace_id = kinds.workspace_id
            and (
                lines.model = kinds.model
                or (lines.weighed_by = 'web_searches' and lines.model = 'none')
            )
            and (
                lines.service_tier = kinds.service_tier
                or 'none' in (lines.service_tier, kinds.service_tier)
            )
            and (
                lines.context_window = kinds.context_window
                or 'none' in (lines.context_window, kinds.context_window)
            )
            and (lines.product = kinds.product or 'none' in (lines.product, kinds.product))

),

keys as (

    select
        row_number() over (order by api_key_id, person_key) as key_number,
        api_key_id,
        person_key
    from (
        select distinct
            api_key_id,
            person_key
        from priced
        union
        select
            'none' as api_key_id,
            'unknown' as person_key
    ) as pairs

),

usage as (

    select
        kinds.usage_number,
        keys.key_number,
        keys.person_key = 'unknown' and not priced.is_key_named as is_of_nobody,
        priced.uncached_input_tokens,
        priced.output_tokens,
        priced.cache_read_tokens,
        priced.cache_creation_5m_tokens,
        priced.cache_creation_1h_tokens,
        priced.web_search_count,
        priced.list_cost_usd,
        priced.is_priced
    from priced
    inner join kinds_of_usage as kinds
        on
            priced.usage_date = kinds.usage_date
            and priced.workspace_id = kinds.workspace_id
            and priced.model = kinds.model
            and priced.organization_kind = kinds.organization_kind
            and priced.service_tier = kinds.service_tier
            and priced.context_window = kinds.context_window
            and priced.product = kinds.product
    inner join keys
        on priced.api_key_id = keys.api_key_id and priced.person_key = keys.person_key

),

-- Within one model and kind of token the list price is one, but for batches at half of it: tokens
-- weigh as their price does, and models without a price are shared out as well. Where a line does
-- not tell the kind of token, all kinds weigh by their list price.
weighed_usage as (

    select
        matches.line_number,
        usage.key_number,
        case matches.weighed_by
            when 'uncached_input_tokens' then usage.uncached_input_tokens * matches.price_halves
            when 'output_tokens' then usage.output_tokens * matches.price_halves
            when 'cache_read_input_tokens' then usage.cache_read_tokens * matches.price_halves
            when 'cache_creation.ephemeral_5m_input_tokens'
                then usage.cache_creation_5m_tokens * matches.price_halves
            when 'cache_creation.ephemeral_1h_input_tokens'
                then usage.cache_creation_1h_tokens * matches.price_halves
            when 'list_cost' then if(usage.is_priced, {{ micros('usage.list_cost_usd') }}, 0)
            when 'web_searches' then usage.web_search_count
        end as weight
    from usage
    inner join matches on usage.usage_number = matches.usage_number
    where usage.is_of_nobody or not matches.is_of_nobody

),

candidates as (

    select
        line_number,
        key_number,
        cast(sum(weight) as bigint) as weight
    from weighed_usage
    where weight > 0
    group by line_number, key_number

),

weights as (

    select
        line_number,
        cast(sum(weight) as bigint) as total_weight
    from candidates
    group by line_number

),

-- Products of a large bill and many tokens need more than 64 bits. Most do not, and there to divide
-- takes a fraction of the time.
totals as (

    select
        weights.line_number,
        weights.total_weight,
        abs(lines.billed_micros) as line_micros,
        cast(abs(lines.billed_micros) as hugeint) * weights.total_weight < 9223372036854775807
            as is_within_64_bits
    from weights
    inner join lines on weights.line_number = lines.line_number

),

weighed as (

    select
        candidates.line_number,
        candidates.key_number,
        case
            when totals.is_within_64_bits
                then totals.line_micros * candidates.weight // totals.total_weight
            else cast(
                cast(totals.line_micros as hugeint) * candidates.weight
                // totals.total_weight as bigint
            )
        end as share_micros,
        case
            when totals.is_within_64_bits
                then totals.line_micros * candidates.weight % totals.total_weight
            else cast(
                cast(totals.line_micros as hugeint) * candidates.weight
                % totals.total_weight as bigint
            )
        end as remainder
    from candidates
    inner join totals on candidates.line_number = totals.line_number

),

remaining as (

    select
        weighed.line_number,
        any_value(totals.line_micros) - sum(weighed.share_micros) as left_micros
    from weighed
    inner join totals on weighed.line_number = totals.line_number
    group by weighed.line_number

),

-- The largest remainders get what rounding down leaves, one millionth each; of equal ones the
-- first by key and person.
ranked as (

    select
        line_number,
        key_number,
        share_micros,
        row_number() over (
            partition by line_number
            order by remainder desc, key_number
        ) as remainder_rank
    from weighed

),

-- Lines that nothing weighs are nobody's.
shares as (

    select
        ranked.line_number,
        ranked.key_number,
        ranked.share_micros
        + case when ranked.remainder_rank <= remaining.left_micros then 1 else 0 end
            as share_micros
    from ranked
    inner join remaining on ranked.line_number = remaining.line_number

    union all by name

    select
        lines.line_number,
        keys.key_number,
        abs(lines.billed_micros) as share_micros
    from lines
    anti join totals on lines.line_number = totals.line_number
    cross join (
        select key_number from keys
        where api_key_id = 'none' and person_key = 'unknown'
    ) as keys

),

allocated as (

    select
        lines.cost_number,
        shares.key_number,
        case
            when keys.person_key = 'unknown' and keys.api_key_id = 'none' then 'unallocated'
            when lines.weighed_by = 'web_searches' then 'by_web_searches'
            when lines.weighed_by = 'list_cost' then 'by_list_cost'
            else 'by_token_cost'
        end as allocation_method,
        sum(sign(lines.billed_micros) * shares.share_micros) as allocated_micros
    from shares
    inner join lines on shares.line_number = lines.line_number
    inner join keys on shares.key_number = keys.key_number
    group by lines.cost_number, shares.key_number, allocation_method

)

select
    costs.cost_source,
    costs.organization_kind,
    costs.workspace_id,
    keys.person_key,
    keys.api_key_id,
    costs.model,
    costs.product,
    costs.cost_type,
    costs.token_type,
    allocated.allocation_method,
    cast(
        cast(allocated.allocated_micros as decimal(18, 0)) * 0.000001 as decimal(18, 6)
    ) as allocated_cost_usd,
    costs.is_complete_day,
    costs.usage_date
from allocated
inner join costs on allocated.cost_number = costs.cost_number
inner join keys on allocated.key_number = keys.key_number
