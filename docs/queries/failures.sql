-- What failed to load, and what did the source say?
select
    source_system,
    endpoint,
    window_key,
    completeness_status,
    error_message,
    last_fetched_at
from marts.data_completeness
where not is_complete
order by source_system, endpoint, window_key;
