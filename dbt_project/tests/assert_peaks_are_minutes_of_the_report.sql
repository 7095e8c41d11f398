-- A peak is what its minute adds up to, and no minute of the day adds up to more: told anew from
-- the minutes for all models together, where no rate limit has to be known.
with minutes as (

    select
        case when grouping(workspace_id) = 1 then 'all' else workspace_id end as workspace_id,
        sum(
            uncached_input_tokens
            + cache_creation_5m_tokens
            + cache_creation_1h_tokens
            + output_tokens
        ) as tokens,
        minute_started_at,
        usage_date
    from (
        select * replace (
            coalesce(
                nullif(workspace_id, (select workspace_id from {{ ref('int_default_workspace') }})),
                'default'
            ) as workspace_id
        )
        from {{ ref('stg_anthropic__message_usage_by_minute') }}
        where coalesce(service_tier, 'none') <> 'batch'
    )
    group by grouping sets (
        (workspace_id, minute_started_at, usage_date), (minute_started_at, usage_date)
    )

),

peaks as (

    select *
    from {{ ref('token_rate_headroom') }}
    where
        rate_limit_id = 'all'
        and limit_type = 'tokens_per_minute'
        and peak_unknown_reason is null

),

busiest as (

    select
        workspace_id,
        max(tokens) as tokens,
        arg_min(minute_started_at, (-tokens, minute_started_at)) as minute_started_at,
        usage_date
    from minutes
    group by workspace_id, usage_date

)

select
    peaks.workspace_id,
    peaks.usage_date,
    peaks.peak_tokens,
    busiest.tokens,
    peaks.peak_minute_started_at,
    busiest.minute_started_at
from peaks
left join busiest
    on
        peaks.workspace_id = busiest.workspace_id
        and peaks.usage_date = busiest.usage_date
where
    peaks.peak_tokens <> coalesce(busiest.tokens, 0)
    or (
        peaks.peak_tokens > 0
        and peaks.peak_minute_started_at is distinct from busiest.minute_started_at
    )

union all

-- A limit, its peak and what is left are the same row's; what is null says why.
select
    workspace_id,
    usage_date,
    coalesce(peak_tokens, peak_request_count) as peak_tokens,
    limit_value as tokens,
    peak_minute_started_at,
    null as minute_started_at
from {{ ref('token_rate_headroom') }}
where
    (coalesce(peak_tokens, peak_request_count) is null) <> (peak_unknown_reason is not null)
    or (peak_request_count is not null and limit_type <> 'requests_per_minute')
    or (limit_value is null) <> (limit_unknown_reason is not null)
    or (recommended_lower is null) <> (recommendation_unknown_reason is not null)
    or headroom_tokens + peak_tokens <> limit_value
    or (headroom_tokens is null) <> (peak_tokens is null or limit_value is null)
    or headroom_request_count + peak_request_count <> limit_value
    or (headroom_request_count is null) <> (peak_request_count is null or limit_value is null)
