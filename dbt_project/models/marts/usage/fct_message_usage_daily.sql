with message_usage as (

    select
        usage_date,
        coalesce(workspace_id, 'default') as workspace_id,
        coalesce(api_key_id, 'none') as api_key_id,
        coalesce(model, 'none') as model,
        coalesce(service_tier, 'none') as service_tier,
        coalesce(context_window, 'none') as context_window,
        uncached_input_tokens,
        output_tokens,
        cache_read_tokens,
        cache_creation_5m_tokens,
        cache_creation_1h_tokens,
        web_search_count
    from {{ ref('stg_anthropic__message_usage') }}

)

select
    workspace_id,
    api_key_id,
    model,
    service_tier,
    context_window,
    cast(sum(uncached_input_tokens) as bigint) as uncached_input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(cache_creation_5m_tokens) as bigint) as cache_creation_5m_tokens,
    cast(sum(cache_creation_1h_tokens) as bigint) as cache_creation_1h_tokens,
    cast(sum(web_search_count) as bigint) as web_search_count,
    usage_date
from message_usage
group by
    usage_date,
    workspace_id,
    api_key_id,
    model,
    service_tier,
    context_window
