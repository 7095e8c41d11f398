-- Up to which day is each report complete, and when was it last read?
select
    source_system,
    endpoint,
    count(*) filter (where is_complete) as complete_window_count,
    count(*) as window_count,
    max(window_ended_at) filter (where is_complete) as complete_until_at,
    max(last_fetched_at) as last_fetched_at
from marts.data_completeness
group by all
order by source_system, endpoint;
