-- How close did the busiest minute of each month come to the organisation's rate limits?
select
    date_trunc('month', usage_date) as month_start_date,
    rate_limit_id,
    coalesce(max(rate_limit_name), rate_limit_id) as models,
    limit_type,
    max(peak_tokens) as peak_tokens,
    max(peak_request_count) as peak_request_count,
    arg_max(peak_minute_started_at, (coalesce(peak_tokens, peak_request_count), -epoch(usage_date)))
        filter (coalesce(peak_tokens, peak_request_count) > 0) as peak_minute_started_at,
    max(limit_value) as limit_value,
    max(limit_value) - max(coalesce(peak_tokens, peak_request_count)) as headroom,
    max(limit_used_ratio) as limit_used_ratio,
    max(limit_unknown_reason) as limit_unknown_reason,
    count(coalesce(peak_tokens, peak_request_count)) as days_with_minutes,
    count(*) as complete_days
from marts.token_rate_headroom
where workspace_id = 'all' and rate_limit_id <> 'all'
group by month_start_date, rate_limit_id, limit_type
order by month_start_date, limit_used_ratio desc nulls last, rate_limit_id, limit_type;
