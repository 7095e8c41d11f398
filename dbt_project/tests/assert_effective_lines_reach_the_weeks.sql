-- Effective lines of the weeks are those of all merged pull requests.
with weekly as (

    select coalesce(sum(effective_lines_added + effective_lines_removed), 0) as effective_lines
    from {{ ref('contributions_weekly') }}

),

facts as (

    select coalesce(sum(effective_lines_added + effective_lines_removed), 0) as effective_lines
    from {{ ref('fct_pull_requests') }}
    where merged_at is not null

)

select
    weekly.effective_lines as weekly_effective_lines,
    facts.effective_lines as fact_effective_lines
from weekly
cross join facts
where weekly.effective_lines <> facts.effective_lines
