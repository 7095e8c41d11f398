{#- Each thread holds a hundred thousand rows of all columns until it has written them. -#}
{{ config(
    materialized="incremental",
    unique_key=["request_id"],
    pre_hook="set threads = 1",
    post_hook="reset threads",
) }}

with requests as (

    select
        *,
        -- What LiteLLM's own cache answered went no further, and what failed was not answered.
        status = 'success' and lower(coalesce(cache_hit, '')) <> 'true' as is_usage,
        coalesce(cache_creation_tokens, cache_creation_5m_tokens + cache_creation_1h_tokens)
            as cache_write_tokens
    from {{ source('raw_litellm', 'requests') }} as raw_rows
    where {{ not_staged_yet("raw_rows") }}

),

-- A name is read once, however many requests have it; and of the raw table, as DuckDB would keep
-- all rows of what is read twice in memory.
names as (

    select
        *,
        {{ claude_name_parts("coalesce(model, '')") }} as parts,
        {{ claude_name_parts("coalesce(model_group, '')") }} as group_parts
    from
        (
            select distinct
                model,
                model_group,
                custom_llm_provider,
                vertex_location,
                inference_geo
            from {{ source('raw_litellm', 'requests') }}
        ) as named

),

names_read as (

    select
        model,
        model_group,
        custom_llm_provider,
        vertex_location,
        inference_geo,
        {{ litellm_route('custom_llm_provider', 'model') }} as route,
        coalesce(
            nullif(parts.geography, ''),
            nullif(
                regexp_extract(lower(model), '^bedrock/(?:[a-z]+/)?([a-z]{2}-[a-z-]+-\d)/', 1), ''
            ),
            lower(vertex_location),
            nullif(lower(inference_geo), 'not_available'),
            'unspecified'
        ) as geography,
        -- The name of an inference profile or a deployment may hide the model that was asked for.
        coalesce({{ litellm_model('parts') }}, {{ litellm_model('group_parts') }}, 'unmapped')
            as known_model
    from names

),

read as (

    select
        requests.*,
        names_read.route,
        names_read.geography,
        names_read.known_model,
        coalesce(requests.cache_read_tokens, 0) + coalesce(requests.cache_write_tokens, 0)
            as cached_tokens,
        -- Null where it is not known how many were written, whatever is said of their hour.
        cache_write_tokens - greatest(cache_write_tokens - coalesce(cache_creation_1h_tokens, 0), 0)
            as hour_tokens
    from requests
    left join names_read
        on
            {% for column in [
                "model", "model_group", "custom_llm_provider", "vertex_location", "inference_geo"
            ] -%}
            requests.{{ column }} is not distinct from names_read.{{ column }}
            {{- '\n            and ' if not loop.last }}
            {%- endfor %}

)

select
    request_id,
    'litellm' as gateway,
    route,
    geography,
    known_model as model,
    coalesce(model, model_group, 'unknown') as raw_model,
    model_group,
    call_type,
    case when status = 'success' and not is_usage then 'gateway_cache' else status end
        as request_status,
    key_hash as gateway_key_hash,
    key_alias as gateway_key_alias,
    team_id as gateway_team_id,
    team_alias as gateway_team_alias,
    gateway_organization_id,
    user_hash,
    user_email_hash,
    end_user_hash,
    key_alias_hash,
    session_id,
    client,
    client_version,
    service_tier,
    speed,
    tag,
    tag_count,
    prompt_tokens as reported_prompt_tokens,
    text_tokens as reported_text_tokens,
    case
        when not is_usage then 0
        -- Some versions leave what was cached out by themselves.
        when prompt_tokens < cached_tokens then prompt_tokens
        else prompt_tokens - cached_tokens
    end as uncached_input_tokens,
    case when is_usage then cache_read_tokens else 0 end as cache_read_tokens,
    case
        when not is_usage then 0
        else cache_write_tokens - hour_tokens
    end as cache_creation_5m_tokens,
    case
        when not is_usage then 0
        else hour_tokens
    end as cache_creation_1h_tokens,
    case when is_usage then completion_tokens else 0 end as output_tokens,
    spend_usd as claimed_cost_usd,
    input_cost_usd as claimed_input_cost_usd,
    output_cost_usd as claimed_output_cost_usd,
    cache_read_cost_usd as claimed_cache_read_cost_usd,
    cache_creation_cost_usd as claimed_cache_creation_cost_usd,
    tool_usage_cost_usd as claimed_tool_usage_cost_usd,
    is_usage,
    coalesce(cache_write_tokens, 0) = 0 or cache_creation_1h_tokens is not null
        as is_cache_duration_known,
    not is_usage or (cache_read_tokens is not null and cache_write_tokens is not null)
        as is_cache_known,
    cast({{ utc_timestamp('started_at') }} as date) as usage_date,
    {{ utc_timestamp('started_at') }} as started_at,
    {{ utc_timestamp('ended_at') }} as ended_at,
    {{ utc_timestamp('fetched_at') }} as loaded_at,
    run_id
from read
