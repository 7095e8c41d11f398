-- What does the vendor recommend for a team of our size, and what did our busiest minute use of it?
select
    usage_date,
    limit_type,
    active_person_count,
    recommended_per_person_lower,
    recommended_per_person_upper,
    recommended_lower,
    recommended_upper,
    peak_tokens,
    peak_request_count,
    peak_minute_started_at,
    recommended_lower_used_ratio,
    coalesce(recommendation_unknown_reason, peak_unknown_reason) as unknown_reason,
    published_source_url,
    published_read_on
from marts.token_rate_headroom
where workspace_id = 'all' and rate_limit_id = 'all'
order by usage_date desc, limit_type desc;
