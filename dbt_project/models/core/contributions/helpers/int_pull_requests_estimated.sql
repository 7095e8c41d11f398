with written as (

    select
        listed.repository_id,
        listed.pull_request_number,
        max(days.unmarked_commit_probability) as probability,
        bool_or(days.commit_reason = 'counted') as has_counted,
        bool_or(days.commit_reason = 'more_counted_than_seen') as has_more_counted_than_seen,
        bool_or(days.commit_reason = 'partly_counted') as has_partly_counted,
        bool_or(days.commit_reason = 'day_not_read') as has_day_not_read,
        bool_or(days.person_key is null) as has_unmapped_author
    from {{ ref('int_attribution_pull_request_commits') }} as listed
    inner join {{ ref('int_written_commits') }} as commits
        on
            listed.repository_id = commits.repository_id
            and listed.commit_sha = commits.commit_sha
    left join {{ ref('int_counted_changes_daily') }} as days
        on
            commits.person_key = days.person_key
            and commits.authored_date = days.change_date
    where not commits.is_marked and not commits.is_of_other_agent
    group by listed.repository_id, listed.pull_request_number

),

described as (

    select
        pull_requests.repository_id,
        pull_requests.pull_request_number,
        cast(
            date_trunc('month', coalesce(pull_requests.merged_at, pull_requests.created_at))
            as date
        ) as month_start_date,
        readings.attribution_reason,
        written.*,
        opened.pull_request_reason = 'counted' as is_opened_counted,
        opened.pull_request_reason = 'partly_counted' as is_opened_partly_counted,
        opened.unmarked_pull_request_probability as opened_probability
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    inner join {{ ref('int_pull_requests_attribution_read') }} as readings
        on
            pull_requests.repository_id = readings.repository_id
            and pull_requests.pull_request_number = readings.pull_request_number
    inner join {{ ref('int_pull_requests_matched_to_people') }} as authors
        on
            pull_requests.repository_id = authors.repository_id
            and pull_requests.pull_request_number = authors.pull_request_number
    left join written
        on
            pull_requests.repository_id = written.repository_id
            and pull_requests.pull_request_number = written.pull_request_number
    left join {{ ref('int_counted_changes_daily') }} as opened
        on
            authors.person_key = opened.person_key
            and cast(pull_requests.created_at as date) = opened.change_date

),

reasoned as (

    select
        repository_id,
        pull_request_number,
        month_start_date,
        case
            when attribution_reason in ('evidence', 'bot_author', 'other_agent')
                then attribution_reason
            when has_counted or is_opened_counted then 'counted'
            when has_more_counted_than_seen then 'more_counted_than_seen'
            when has_partly_counted or is_opened_partly_counted then 'partly_counted'
            when attribution_reason = 'commits_not_read' then 'commits_not_read'
            when has_day_not_read then 'day_not_read'
            when coalesce(has_unmapped_author, true) then 'unmapped_author'
            else 'not_counted'
        end as estimate_reason,
        greatest(probability, opened_probability) as probability
    from described

)

{{ estimates(['pull_request_number']) }}
