-- How much of what counts does each source see, and how many people does it alone know?
select
    usage_source,
    min(usage_date) as first_date,
    max(usage_date) as last_date,
    sum(seen_tokens_of_record) / nullif(sum(tokens_of_record_of_all), 0) as seen_ratio,
    sum(tokens_of_record) / nullif(sum(tokens_of_record_of_all), 0) as tokens_of_record_ratio,
    max(only_here_person_count) as most_people_only_here
from marts.usage_source_coverage_daily
group by usage_source
order by seen_ratio desc nulls last, usage_source;
