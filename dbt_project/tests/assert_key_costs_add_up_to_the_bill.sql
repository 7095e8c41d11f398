-- Keys together cost what was billed, by kind of token, to the last digit; and no token is counted
-- twice: those beside a cost are of the report of usage.
with costs as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        cost_source,
        workspace_id,
        model,
        cost_type,
        token_type,
        sum(billed_cost_usd) as billed_cost_usd
    from {{ ref('fct_billed_costs_daily') }}
    where is_complete_day
    group by all

),

key_costs as (

    select
        month_start_date,
        cost_source,
        workspace_id,
        model,
        cost_type,
        token_type,
        sum(allocated_cost_usd) as allocated_cost_usd,
        sum(billed_tokens) as billed_tokens,
        count(*) filter (where (billed_tokens is null) <> (tokens_unknown_reason is not null))
            as contradicting_row_count
    from {{ ref('key_costs_monthly') }}
    group by all

),

used as (

    {% for tokens, _, token_type in priced_token_kinds() -%}
    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        workspace_id,
        model,
        '{{ token_type }}' as token_type,
        sum({{ tokens }}) as used_tokens
    from {{ ref('int_usage_priced') }}
    where service_tier <> 'priority'
    group by all
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

select
    month_start_date,
    cost_source,
    workspace_id,
    model,
    cost_type,
    token_type,
    costs.billed_cost_usd,
    key_costs.allocated_cost_usd,
    key_costs.billed_tokens,
    used.used_tokens
from costs
full join key_costs using (month_start_date, cost_source, workspace_id, model, cost_type, token_type)
left join used using (month_start_date, workspace_id, model, token_type)
where
    costs.billed_cost_usd is distinct from key_costs.allocated_cost_usd
    or key_costs.contradicting_row_count > 0
    or key_costs.billed_tokens > coalesce(used.used_tokens, 0)
