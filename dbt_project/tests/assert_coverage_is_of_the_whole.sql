-- No part is more than its whole, and the bill is all of it.
with coverage as (

    select * from {{ ref('coverage_daily') }}

),

billed as (

    select
        usage_date,
        sum(billed_cost_usd) as billed_cost_usd
    from {{ ref('fct_billed_costs_daily') }}
    group by usage_date

)

select coverage.usage_date
from coverage
left join billed on coverage.usage_date = billed.usage_date
where
    coverage.billed_cost_usd is distinct from billed.billed_cost_usd
    or coverage.complete_report_count > coverage.expected_report_count
    or coverage.seats_used_count > coverage.seat_count
    or coverage.active_people_on_github_count > coverage.active_person_count
    or coverage.model_usage_rows_with_cost_count > coverage.model_usage_row_count
    or coverage.commits_of_mapped_authors_count > coverage.commit_count
    or coverage.mapped_author_count > coverage.author_count
    or coverage.repositories_read_count > coverage.repository_count

union all by name

select billed.usage_date
from billed
anti join coverage on billed.usage_date = coverage.usage_date
