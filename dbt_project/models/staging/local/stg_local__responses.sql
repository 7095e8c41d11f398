{%- set kinds = priced_token_kinds() -%}
with responses as (

    select * from {{ source('raw_local', 'responses') }}

)

select
    message_id,
    machine_key,
    actor_hash,
    session_key,
    project_key,
    api_request_id,
    {{ anthropic_model('model') }} as model,
    model as raw_model,
    agent_type,
    skill as skill_name,
    coalesce(service_tier, 'standard') as service_tier,
    coalesce(speed, 'standard') as speed,
    inference_geo,
    client_version,
    entrypoint,
    billing_basis,
    {% for tokens, _, _ in kinds -%}
    {{ tokens }},
    {% endfor -%}
    coalesce(web_search_count, 0) as web_search_count,
    is_subagent,
    coalesce(is_partial, false) as is_partial,
    coalesce(is_split_assumed, false) as is_split_assumed,
    cast({{ utc_timestamp('first_at') }} as date) as usage_date,
    {{ utc_timestamp('first_at') }} as first_at,
    {{ utc_timestamp('exported_at') }} as exported_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at,
    run_id
from responses
