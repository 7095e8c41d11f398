-- The first of anything that shows Claude Code in somebody's hands: a report's row, or a mark.
with signs as (

    select
        person_key,
        usage_date as seen_on,
        'activity' as adoption_sign
    from {{ ref('fct_claude_code_activity_daily') }}

    union all by name

    select
        person_key,
        usage_date as seen_on,
        'activity' as adoption_sign
    from {{ ref('fct_claude_code_model_usage_daily') }}

    union all by name

    -- Who signs in with a seat may be in no activity report, and is in this one.
    select
        person_key,
        usage_date as seen_on,
        'billed_usage' as adoption_sign
    from {{ ref('fct_message_usage_daily') }}
    where product = 'claude_code'

    union all by name

    select
        person_key,
        cast(authored_at as date) as seen_on,
        'marked_change' as adoption_sign
    from {{ ref('fct_commits') }}
    where claude_attribution = 'with_claude' and not is_merge

    union all by name

    select
        person_key,
        cast(created_at as date) as seen_on,
        'marked_change' as adoption_sign
    from {{ ref('fct_pull_requests') }}
    where claude_attribution = 'with_claude'

    union all by name

    -- The marked commits of a branch, which are older than its pull request.
    select
        pull_requests.person_key,
        cast(branch_commits.authored_at as date) as seen_on,
        'marked_change' as adoption_sign
    from {{ ref('int_branch_commits_with_claude') }} as branch_commits
    inner join {{ ref('fct_pull_requests') }} as pull_requests
        on
            branch_commits.repository_id = pull_requests.repository_id
            and branch_commits.pull_request_number = pull_requests.pull_request_number

),

adoptions as (

    select
        person_key,
        min(seen_on) as adopted_on,
        arg_min(adoption_sign, (seen_on, adoption_sign)) as adoption_sign
    from signs
    where person_key <> 'unknown' and seen_on is not null
    group by person_key

),

activity_days as (

    select
        usage_date,
        complete_day_count_56d
    from {{ ref('int_activity_days_complete') }}
    where organization_id = 'all'

),

activity_known as (

    select min(usage_date) as known_from
    from {{ ref('int_activity_days_complete') }}
    where organization_id = 'all' and is_complete_day

)

select
    people.person_key,
    adoptions.adopted_on,
    adoptions.adoption_sign,
    activity_known.known_from as activity_known_from,
    -- Where no report of activity was ever read, marks are all there is to go by.
    activity_known.known_from is null
    or coalesce(activity_days.complete_day_count_56d = 56, false) as is_time_before_known
from {{ ref('int_people_known') }} as people
cross join activity_known
left join adoptions on people.person_key = adoptions.person_key
left join activity_days on adoptions.adopted_on - 1 = activity_days.usage_date
where people.is_human
