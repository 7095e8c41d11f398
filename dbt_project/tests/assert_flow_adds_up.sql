-- Each reading counts each merged pull request once.
with flow as (

    select
        attribution_reading,
        sum(merged_pull_request_count) as pull_request_count
    from {{ ref('flow_weekly') }}
    group by attribution_reading

)

select
    flow.attribution_reading,
    flow.pull_request_count
from flow
where
    flow.pull_request_count <> (
        select count(*) from {{ ref('fct_pull_requests') }} where merged_at is not null
    )
