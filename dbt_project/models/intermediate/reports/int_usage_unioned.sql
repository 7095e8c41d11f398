{%- set analytics_reports = {
    "analytics_usage": "analytics_usage",
    "enterprise_usage": "enterprise_usage",
    "enterprise_user_usage_report": "enterprise_user_usage",
} -%}
with chosen as (

    select * from {{ ref('int_report_days_chosen') }}
    where report_family = 'usage'

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

actors as (

    select * from {{ ref('int_analytics_actors_matched_to_people') }}

),

key_people as (

    select * from {{ ref('int_api_keys_matched_to_people') }}

),

unioned as (

    select
        'usage_report_messages' as usage_source,
        * exclude (result_number)
    from {{ ref('stg_anthropic__message_usage') }}
    {% for endpoint, model_name in analytics_reports.items() %}
    union all by name
    select
        '{{ endpoint }}' as usage_source,
        * exclude (record_number)
    from {{ ref('stg_anthropic__' ~ model_name) }}
    {% endfor %}

)

select
    chosen.organization_kind,
    unioned.usage_source,
    case chosen.organization_kind
        when 'enterprise' then 'none'
        else {{ workspace_or_default("unioned.workspace_id") }}
    end as workspace_id,
    coalesce(unioned.api_key_id, 'none') as api_key_id,
    coalesce(actors.person_key, key_people.person_key, 'unknown') as person_key,
    coalesce(unioned.model, 'none') as model,
    coalesce(unioned.product, 'none') as product,
    coalesce(unioned.service_tier, 'none') as service_tier,
    coalesce(unioned.context_window, 'none') as context_window,
    unioned.uncached_input_tokens,
    unioned.output_tokens,
    unioned.cache_read_tokens,
    unioned.cache_creation_5m_tokens,
    unioned.cache_creation_1h_tokens,
    unioned.web_search_count,
    unioned.request_count,
    chosen.is_complete_day,
    unioned.usage_date
from unioned
inner join chosen
    on unioned.usage_source = chosen.endpoint and unioned.window_key = chosen.window_key
left join actors on unioned.analytics_actor_key = actors.analytics_actor_key
left join key_people on unioned.api_key_id = key_people.api_key_id
