{%- set analytics_reports = {
    "analytics_cost": "analytics_cost",
    "enterprise_cost": "enterprise_cost",
    "enterprise_user_cost_report": "enterprise_user_cost",
} -%}
with chosen as (

    select * from {{ ref('int_report_days_chosen') }}
    where report_family = 'cost'

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

actors as (

    select * from {{ ref('int_analytics_actors_matched_to_people') }}

),

unioned as (

    select
        'cost_report' as cost_source,
        * exclude (result_number)
    from {{ ref('stg_anthropic__cost_items') }}
    {% for endpoint, model_name in analytics_reports.items() %}
    union all by name
    select
        '{{ endpoint }}' as cost_source,
        * exclude (record_number)
    from {{ ref('stg_anthropic__' ~ model_name) }}
    {% endfor %}

)

select
    chosen.organization_kind,
    unioned.cost_source,
    case chosen.organization_kind
        when 'enterprise' then 'none'
        else {{ workspace_or_default("unioned.workspace_id") }}
    end as workspace_id,
    coalesce(actors.person_key, 'unknown') as person_key,
    coalesce(unioned.line_item_description, 'none') as line_item_description,
    coalesce(unioned.cost_type, 'none') as cost_type,
    coalesce(unioned.model, 'none') as model,
    coalesce(unioned.product, 'none') as product,
    coalesce(unioned.token_type, 'none') as token_type,
    coalesce(unioned.service_tier, 'none') as service_tier,
    coalesce(unioned.context_window, 'none') as context_window,
    coalesce(unioned.inference_geo, 'none') as inference_geo,
    unioned.billed_cost_cents,
    unioned.list_cost_cents,
    chosen.is_complete_day,
    unioned.usage_date
from unioned
inner join chosen
    on unioned.cost_source = chosen.endpoint and unioned.window_key = chosen.window_key
left join actors on unioned.analytics_actor_key = actors.analytics_actor_key
