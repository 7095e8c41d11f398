-- What a source tells of a day is what its own fact has of it.
with facts as (

    select
        usage_date,
        'admin' as usage_source,
        coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0)
        + coalesce(cache_creation_tokens, 0) + coalesce(output_tokens, 0) as tokens
    from {{ ref('fct_claude_code_model_usage_daily') }}

    union all

    select
        usage_date,
        'gateway' as usage_source,
        coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0)
        + coalesce(cache_creation_5m_tokens, 0) + coalesce(cache_creation_1h_tokens, 0)
        + coalesce(output_tokens, 0) as tokens
    from {{ ref('fct_gateway_usage_daily') }}
    where request_status = 'success'

    union all

    select
        usage_date,
        'telemetry' as usage_source,
        coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0)
        + coalesce(cache_creation_5m_tokens, 0) + coalesce(cache_creation_1h_tokens, 0)
        + coalesce(output_tokens, 0) as tokens
    from {{ ref('fct_telemetry_usage_daily') }}

    union all

    select
        usage_date,
        'local' as usage_source,
        uncached_input_tokens + cache_read_tokens + cache_creation_5m_tokens
        + cache_creation_1h_tokens + output_tokens as tokens
    from {{ ref('fct_local_usage_daily') }}

),

told as (

    select
        usage_date,
        usage_source,
        sum(tokens) as tokens
    from facts
    group by usage_date, usage_source

),

compared as (

    unpivot (
        select
            usage_date,
            sum(admin_tokens) as admin,
            sum(gateway_tokens) as gateway,
            sum(telemetry_tokens) as telemetry,
            sum(local_tokens) as local
        from {{ ref('usage_source_comparison_daily') }}
        group by usage_date
    ) on admin, gateway, telemetry, local into name usage_source value tokens

)

select
    usage_date,
    usage_source,
    told.tokens as told_tokens,
    compared.tokens as compared_tokens
from told
full join compared using (usage_date, usage_source)
where coalesce(told.tokens, 0) <> coalesce(compared.tokens, 0)
