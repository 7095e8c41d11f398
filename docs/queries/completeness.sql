-- Which days are not complete, and in which report?
select
    usage_date,
    console_activity_status,
    console_usage_status,
    console_cost_status,
    enterprise_activity_status,
    enterprise_usage_status,
    enterprise_cost_status,
    complete_report_count,
    expected_report_count
from marts.coverage_daily
where not is_complete_day
order by usage_date;
