{%- set kinds = priced_token_kinds() -%}
with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

workspaces as (

    select * from {{ ref('int_workspaces_known') }}

),

usage as (

    select * from {{ ref('int_usage_priced') }}
    -- Priority Tier is paid for by commitment: the bill has no line for its tokens.
    where model <> 'none' and service_tier <> 'priority' and is_complete_day

),

models as (

    select
        model,
        {{ priced_model_name('model') }} as priced_name,
        {{ tokenizer_of_model('model_version') }} as tokenizer
    from {{ ref('dim_models') }}

),

prices as (

    select * from {{ ref('list_prices') }}

),

-- Tokens in halves, as batches cost half.
monthly as (

    select
        cast(date_trunc('month', usage.usage_date) as date) as month_start_date,
        usage.organization_kind,
        usage.person_key,
        usage.workspace_id,
        {{ team_of_day() }} as team_name,
        {{ cost_center_of_row() }} as cost_center,
        usage.model,
        {% for tokens, _, _ in kinds -%}
        cast(sum(usage.{{ tokens }}) as bigint) as {{ tokens }},
        sum(usage.{{ tokens }} * case when usage.service_tier = 'batch' then 1 else 2 end)
            as {{ tokens }}_halves,
        {% endfor -%}
        case
            when bool_and(usage.is_priced)
                then cast(sum(usage.list_cost_usd) as decimal(18, 6))
        end as list_cost_usd
    from usage
    {{ join_primary_team('usage', 'usage_date') | indent(4) }}
    {{ join_workspace('usage') | indent(4) }}
    group by
        month_start_date,
        usage.organization_kind,
        usage.person_key,
        usage.workspace_id,
        {{ team_of_day() }},
        {{ cost_center_of_row() }},
        usage.model

),

-- The models the organisation uses itself, at their price on the last day of the month.
alternatives as (

    select
        months.month_start_date,
        models.model as what_if_model,
        models.tokenizer as what_if_tokenizer,
        {% for _, rate, _ in kinds -%}
        prices.{{ rate }},
        {% endfor -%}
        prices.price_source
    from (select distinct month_start_date from monthly) as months
    cross join models
    inner join prices
        on
            models.priced_name = prices.model
            and last_day(months.month_start_date)
            >= coalesce(prices.valid_from, date '0001-01-01')
            and last_day(months.month_start_date)
            < coalesce(prices.valid_to, date '9999-12-31')

),

compared as (

    select
        monthly.*,
        alternatives.what_if_model,
        alternatives.price_source,
        models.tokenizer,
        alternatives.what_if_tokenizer,
        cast(
            {% for tokens, rate, _ in kinds -%}
            {{ list_price_of_tokens(
                'monthly.' ~ tokens ~ '_halves', 'alternatives.' ~ rate
            ) }}{{ ' +' if not loop.last }}
            {% endfor -%}
            as decimal(28, 12)
        ) * 0.5 as what_if_list_cost_usd
    from monthly
    inner join alternatives on monthly.month_start_date = alternatives.month_start_date
    inner join models on monthly.model = models.model

)

select
    organization_kind,
    workspace_id,
    person_key,
    team_name,
    cost_center,
    model,
    what_if_model,
    case
        when 'unknown' in (tokenizer, what_if_tokenizer) then 'unknown'
        when tokenizer = what_if_tokenizer then 'same'
        else 'different'
    end as tokenizer_comparison,
    {% for tokens, _, _ in kinds -%}
    {{ tokens }},
    {% endfor -%}
    list_cost_usd,
    cast(what_if_list_cost_usd as decimal(18, 6)) as what_if_list_cost_usd,
    cast(
        cast(what_if_list_cost_usd as decimal(18, 6)) - list_cost_usd as decimal(18, 6)
    ) as what_if_difference_usd,
    price_source,
    month_start_date
from compared
