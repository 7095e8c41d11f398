{%- set kinds = priced_token_kinds() -%}
with billed as (

    select
        *,
        case when cost_source like 'enterprise%' then 'enterprise' else 'console' end
            as organization_kind
    from {{ ref('fct_billed_costs_daily') }}

),

memberships as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

-- Lines without a person, numbered. Money is whole millionths of a dollar from here on, so that
-- shares are exact.
lines as (

    select
        row_number() over (order by usage_date, cost_source, workspace_id, line_item_key)
            as line_number,
        organization_kind,
        cost_source,
        workspace_id,
        model,
        product,
        cost_type,
        token_type,
        service_tier,
        context_window,
        cast(billed_cost_usd * 1000000 as hugeint) as billed_micros,
        is_complete_day,
        usage_date
    from billed
    where person_key = 'unknown'

),

-- Priority Tier has tokens and no cost: nothing of the bill is its.
usage as (

    select * from {{ ref('int_usage_priced') }}
    where service_tier <> 'priority'

),

-- Within one model and kind of token the list price is one, but for batches at half of it: tokens
-- weigh as their price does, and models without a price are shared out as well. Where a line does
-- not tell the kind of token, all kinds weigh by their list price.
weights as (

    {% for tokens, _, token_type in kinds %}
    select
        'tokens' as cost_type,
        '{{ token_type }}' as token_type,
        model as line_model,
        * exclude (model),
        {{ tokens }} * case when service_tier = 'batch' then 1 else 2 end as weight
    from usage
    where {{ tokens }} > 0
    union all by name
    {% endfor %}
    select
        'tokens' as cost_type,
        'none' as token_type,
        model as line_model,
        * exclude (model),
        cast(list_cost_usd * 1000000 as hugeint) as weight
    from usage
    where is_priced and list_cost_usd > 0
    union all by name
    select
        'web_search' as cost_type,
        'none' as token_type,
        unnest([model, 'none']) as line_model,
        * exclude (model),
        web_search_count as weight
    from usage
    where web_search_count > 0

),

-- What a side does not tell matches anything. Where the report names people, their lines are
-- theirs: the rest is of the usage that has no person either.
candidates as (

    select
        lines.line_number,
        weights.api_key_id,
        weights.person_key,
        sum(weights.weight) as weight
    from lines
    inner join weights
        on
            lines.organization_kind = weights.organization_kind
            and lines.usage_date = weights.usage_date
            and lines.workspace_id = weights.workspace_id
            and lines.cost_type = weights.cost_type
            and lines.token_type = weights.token_type
            and lines.model = weights.line_model
    where
        (lines.cost_source = 'cost_report' or weights.person_key = 'unknown')
        and (
            lines.service_tier = weights.service_tier
            or 'none' in (lines.service_tier, weights.service_tier)
        )
        and (
            lines.context_window = weights.context_window
            or 'none' in (lines.context_window, weights.context_window)
        )
        and (lines.product = weights.product or 'none' in (lines.product, weights.product))
    group by lines.line_number, weights.api_key_id, weights.person_key

),

weighed as (

    select
        candidates.line_number,
        candidates.api_key_id,
        candidates.person_key,
        lines.billed_micros,
        abs(lines.billed_micros) * candidates.weight as product_of_weight,
        sum(candidates.weight) over (partition by candidates.line_number) as total_weight
    from candidates
    inner join lines on candidates.line_number = lines.line_number

),

-- The largest remainders get what rounding down leaves, one millionth each; of equal ones the
-- first by key and person.
shared as (

    select
        line_number,
        api_key_id,
        person_key,
        billed_micros,
        product_of_weight // total_weight as share_micros,
        row_number() over (
            partition by line_number
            order by product_of_weight % total_weight desc, api_key_id, person_key
        ) as remainder_rank,
        abs(billed_micros)
        - sum(product_of_weight // total_weight) over (partition by line_number) as left_micros
    from weighed

),

allocated as (

    select
        line_number,
        api_key_id,
        person_key,
        sign(billed_micros) * (
            share_micros + case when remainder_rank <= left_micros then 1 else 0 end
        ) as allocated_micros
    from shared

),

unioned as (

    select
        usage_date,
        cost_source,
        workspace_id,
        person_key,
        'none' as api_key_id,
        model,
        product,
        cost_type,
        'direct' as allocation_method,
        billed_cost_usd as allocated_cost_usd,
        is_complete_day
    from billed
    where person_key <> 'unknown'

    union all by name

    select
        lines.usage_date,
        lines.cost_source,
        lines.workspace_id,
        coalesce(allocated.person_key, 'unknown') as person_key,
        coalesce(allocated.api_key_id, 'none') as api_key_id,
        lines.model,
        lines.product,
        lines.cost_type,
        case
            when
                coalesce(allocated.person_key, 'unknown') = 'unknown'
                and coalesce(allocated.api_key_id, 'none') = 'none'
                then 'unallocated'
            when lines.cost_type = 'web_search' then 'by_web_searches'
            when lines.token_type = 'none' then 'by_list_cost'
            else 'by_token_cost'
        end as allocation_method,
        cast(
            cast(coalesce(allocated.allocated_micros, lines.billed_micros) as decimal(18, 0))
            * 0.000001
            as decimal(18, 6)
        ) as allocated_cost_usd,
        lines.is_complete_day
    from lines
    left join allocated on lines.line_number = allocated.line_number

),

daily as (

    select
        usage_date,
        cost_source,
        workspace_id,
        person_key,
        api_key_id,
        model,
        product,
        cost_type,
        allocation_method,
        cast(sum(allocated_cost_usd) as decimal(18, 6)) as allocated_cost_usd,
        bool_and(is_complete_day) as is_complete_day
    from unioned
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
    daily.cost_source,
    daily.workspace_id,
    daily.person_key,
    daily.api_key_id,
    coalesce(memberships.team_name, 'unassigned') as team_name,
    coalesce(memberships.cost_center, 'unassigned') as cost_center,
    daily.model,
    daily.product,
    daily.cost_type,
    daily.allocation_method,
    daily.allocated_cost_usd,
    daily.is_complete_day,
    daily.usage_date
from daily
left join memberships
    on
        daily.person_key = memberships.person_key
        and daily.usage_date >= memberships.valid_from
        and (memberships.valid_to is null or daily.usage_date < memberships.valid_to)
