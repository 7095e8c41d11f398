-- The teams of a week are all of it, and all of it is each merged pull request of a person once, in
-- the weeks that have activity.
with weeks as (

    select
        week_start_date,
        team_name = 'all' as is_all,
        sum(active_person_count) as active_person_count,
        sum(active_author_count) as active_author_count,
        sum(merged_pull_request_of_active_count) as merged_pull_request_of_active_count,
        sum(merged_pull_request_count) as merged_pull_request_count
    from {{ ref('pull_requests_per_person_weekly') }}
    group by all

),

merged as (

    select
        cast(date_trunc('week', pull_requests.merged_date) as date) as week_start_date,
        count(*) as merged_pull_request_count
    from {{ ref('fct_pull_requests') }} as pull_requests
    inner join {{ ref('dim_people') }} as people
        on pull_requests.person_key = people.person_key
    where
        pull_requests.merged_date is not null
        and people.person_kind in ('member', 'former_member', 'guest', 'git_only')
    group by date_trunc('week', pull_requests.merged_date)

)

select
    whole.week_start_date,
    whole.active_person_count,
    parts.active_person_count as of_teams_count,
    whole.merged_pull_request_count,
    merged.merged_pull_request_count as merged_count
from (select * from weeks where is_all) as whole
full join (select * from weeks where not is_all) as parts using (week_start_date)
left join merged using (week_start_date)
where
    whole.active_person_count is distinct from parts.active_person_count
    or whole.active_author_count is distinct from parts.active_author_count
    or whole.merged_pull_request_of_active_count
    is distinct from parts.merged_pull_request_of_active_count
    or whole.merged_pull_request_count is distinct from parts.merged_pull_request_count
    or whole.merged_pull_request_count <> coalesce(merged.merged_pull_request_count, 0)
    or whole.active_author_count > whole.active_person_count
    or whole.merged_pull_request_of_active_count > whole.merged_pull_request_count
