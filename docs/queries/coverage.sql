-- How much of each month's figures rests on people, authors and days that are known?
select
    date_trunc('month', usage_date) as month_start_date,
    sum(complete_report_count) as complete_report_days,
    sum(expected_report_count) as expected_report_days,
    sum(model_usage_rows_with_cost_count) as model_usage_rows_with_cost_count,
    sum(model_usage_row_count) as model_usage_row_count,
    sum(billed_cost_of_people_usd) as billed_cost_of_people_usd,
    sum(billed_cost_usd) as billed_cost_usd,
    sum(commits_of_mapped_authors_count) as commits_of_mapped_authors_count,
    sum(commit_count) as commit_count
from marts.coverage_daily
group by all
order by month_start_date;
