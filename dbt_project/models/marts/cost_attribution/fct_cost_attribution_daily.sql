{%- set kinds = priced_token_kinds() -%}
{#- What is weighed: rows, kind of cost, kind of token, weight, and which rows. -#}
{%- set weighings = [] -%}
{%- for tokens, _, token_type in kinds -%}
    {%- do weighings.append([
        "usage",
        "tokens",
        token_type,
        "weights." ~ tokens ~ " * case when weights.service_tier = 'batch' then 1 else 2 end",
        "weights." ~ tokens ~ " > 0",
    ]) -%}
{%- endfor -%}
{%- do weighings.append([
    "usage",
    "tokens",
    "none",
    micros("weights.list_cost_usd"),
    "weights.is_priced and weights.list_cost_usd >= 0.000001",
]) -%}
{%- do weighings.append(
    ["searches", "web_search", "none", "weights.web_search_count", "true"]
) -%}
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

-- Lines without a person. Money is whole millionths of a dollar from here on, so that shares are
-- exact; lines, places and keys are numbered, as there are many shares and numbers are small.
lines as (

    select
        row_number() over (order by usage_date, cost_source, workspace_id, line_item_key)
            as line_number,
        dense_rank() over (order by organization_kind, usage_date, workspace_id, model)
            as place_number,
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
            when cost_type = 'web_search' then 'by_web_searches'
            when token_type = 'none' then 'by_list_cost'
            else 'by_token_cost'
        end as allocation_method,
        {{ micros('billed_cost_usd') }} as billed_micros,
        is_complete_day,
        usage_date
    from billed
    where person_key = 'unknown'

),

places as (

    select distinct place_number, organization_kind, usage_date, workspace_id, model
    from lines

),

priced as (

    select * from {{ ref('int_usage_priced') }}

),

keys as (

    select
        row_number() over (order by api_key_id, person_key) as key_number,
        api_key_id,
        person_key
    from (select distinct api_key_id, person_key from priced) as pairs

),

-- Priority Tier has tokens and no cost: nothing of the bill is its.
usage as (

    select
        places.place_number,
        keys.key_number,
        keys.person_key = 'unknown' as is_nobodys,
        priced.service_tier,
        priced.context_window,
        priced.product,
        {% for tokens, _, _ in kinds -%}
        priced.{{ tokens }},
        {% endfor -%}
        priced.web_search_count,
        priced.list_cost_usd,
        priced.is_priced
    from priced
    inner join places
        on
            priced.organization_kind = places.organization_kind
            and priced.usage_date = places.usage_date
            and priced.workspace_id = places.workspace_id
            and priced.model = places.model
    inner join keys
        on priced.api_key_id = keys.api_key_id and priced.person_key = keys.person_key
    where priced.service_tier <> 'priority'

),

-- Searches may be billed without a model.
searches as (

    select
        places.place_number,
        keys.key_number,
        keys.person_key = 'unknown' as is_nobodys,
        priced.service_tier,
        priced.context_window,
        priced.product,
        priced.web_search_count
    from priced
    inner join places
        on
            priced.organization_kind = places.organization_kind
            and priced.usage_date = places.usage_date
            and priced.workspace_id = places.workspace_id
            and places.model in (priced.model, 'none')
    inner join keys
        on priced.api_key_id = keys.api_key_id and priced.person_key = keys.person_key
    where priced.service_tier <> 'priority' and priced.web_search_count > 0

),

-- Within one model and kind of token the list price is one, but for batches at half of it: tokens
-- weigh as their price does, and models without a price are shared out as well. Where a line does
-- not tell the kind of token, all kinds weigh by their list price. What a side does not tell
-- matches anything. Where the report names people, their lines are theirs: the rest is of the
-- usage that has no person either.
candidates as (

    {% for weighed, cost_type, token_type, weight, condition in weighings %}
    select
        lines.line_number,
        weights.key_number,
        sum({{ weight }}) as weight
    from lines
    inner join {{ weighed }} as weights on lines.place_number = weights.place_number
    where
        lines.cost_type = '{{ cost_type }}'
        and lines.token_type = '{{ token_type }}'
        and {{ condition }}
        and (lines.cost_source = 'cost_report' or weights.is_nobodys)
        and (
            lines.service_tier = weights.service_tier
            or 'none' in (lines.service_tier, weights.service_tier)
        )
        and (
            lines.context_window = weights.context_window
            or 'none' in (lines.context_window, weights.context_window)
        )
        and (lines.product = weights.product or 'none' in (lines.product, weights.product))
    group by lines.line_number, weights.key_number
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

),

totals as (

    select
        line_number,
        sum(weight) as total_weight
    from candidates
    group by line_number

),

weighed as (

    select
        candidates.line_number,
        candidates.key_number,
        abs(lines.billed_micros) * candidates.weight // totals.total_weight as share_micros,
        abs(lines.billed_micros) * candidates.weight % totals.total_weight as remainder
    from candidates
    inner join totals on candidates.line_number = totals.line_number
    inner join lines on candidates.line_number = lines.line_number

),

remaining as (

    select
        weighed.line_number,
        any_value(abs(lines.billed_micros)) - sum(weighed.share_micros) as left_micros
    from weighed
    inner join lines on weighed.line_number = lines.line_number
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

allocated as (

    select
        lines.place_number,
        lines.cost_source,
        lines.product,
        lines.cost_type,
        lines.allocation_method,
        ranked.key_number,
        sum(
            sign(lines.billed_micros) * (
                ranked.share_micros
                + case when ranked.remainder_rank <= remaining.left_micros then 1 else 0 end
            )
        ) as allocated_micros,
        bool_and(lines.is_complete_day) as is_complete_day
    from ranked
    inner join remaining on ranked.line_number = remaining.line_number
    inner join lines on ranked.line_number = lines.line_number
    group by
        lines.place_number,
        lines.cost_source,
        lines.product,
        lines.cost_type,
        lines.allocation_method,
        ranked.key_number

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
        places.usage_date,
        allocated.cost_source,
        places.workspace_id,
        keys.person_key,
        keys.api_key_id,
        places.model,
        allocated.product,
        allocated.cost_type,
        case
            when keys.person_key = 'unknown' and keys.api_key_id = 'none' then 'unallocated'
            else allocated.allocation_method
        end as allocation_method,
        cast(
            cast(allocated.allocated_micros as decimal(18, 0)) * 0.000001 as decimal(18, 6)
        ) as allocated_cost_usd,
        allocated.is_complete_day
    from allocated
    inner join places on allocated.place_number = places.place_number
    inner join keys on allocated.key_number = keys.key_number

    union all by name

    select
        lines.usage_date,
        lines.cost_source,
        lines.workspace_id,
        'unknown' as person_key,
        'none' as api_key_id,
        lines.model,
        lines.product,
        lines.cost_type,
        'unallocated' as allocation_method,
        cast(cast(lines.billed_micros as decimal(18, 0)) * 0.000001 as decimal(18, 6))
            as allocated_cost_usd,
        lines.is_complete_day
    from lines
    anti join totals on lines.line_number = totals.line_number

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
        and {{ day_before_end('daily.usage_date', 'memberships.valid_to') }}
