-- Every commit of a default branch and every pull request that was read is in its fact, once.
with counts as (

    select
        'commits' as contribution,
        (
            select count(*) from {{ ref('stg_github__commits') }}
            where left_default_branch_at is null
        ) as staged_count,
        (select count(*) from {{ ref('fct_commits') }}) as mart_count
    union all by name
    select
        'pull requests' as contribution,
        (select count(*) from {{ ref('stg_github__pull_requests') }}) as staged_count,
        (select count(*) from {{ ref('fct_pull_requests') }}) as mart_count

)

select
    contribution,
    staged_count,
    mart_count
from counts
where staged_count <> mart_count
