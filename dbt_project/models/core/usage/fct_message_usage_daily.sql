{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

with usage as (

    select * from {{ ref('int_usage_unioned') }}
    where {{ in_changed_days('usage_date') }}

)

select
    usage_source,
    workspace_id,
    api_key_id,
    person_key,
    model,
    product,
    service_tier,
    context_window,
    cast(sum(uncached_input_tokens) as bigint) as uncached_input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(cache_creation_5m_tokens) as bigint) as cache_creation_5m_tokens,
    cast(sum(cache_creation_1h_tokens) as bigint) as cache_creation_1h_tokens,
    cast(sum(web_search_count) as bigint) as web_search_count,
    cast(sum(request_count) as bigint) as request_count,
    bool_and(is_complete_day) as is_complete_day,
    usage_date
from usage
group by
    usage_date,
    usage_source,
    workspace_id,
    api_key_id,
    person_key,
    model,
    product,
    service_tier,
    context_window
