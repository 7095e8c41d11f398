with people as (

    select
        person_key,
        person_kind
    from {{ ref('dim_people') }}

),

hints as (

    select
        repository_id,
        cast(subject_id as bigint) as pull_request_number,
        bool_or(agent = 'claude') as has_claude_hint,
        bool_or(agent <> 'claude' and is_conclusive) as has_other_agent
    from {{ ref('fct_attribution_evidence') }}
    where subject_type = 'pull_request'
    group by repository_id, subject_id

),

described as (

    select
        attributed.repository_id,
        attributed.pull_request_number,
        attributed.claude_attribution,
        people.person_kind,
        pull_requests.commit_count is not null as has_commits_read,
        coalesce(hints.has_claude_hint, false) as has_claude_hint,
        coalesce(hints.has_other_agent, false) as has_other_agent,
        coalesce(activity.is_active_in_window, false) as is_active_in_window,
        coalesce(activity.is_window_read, false) as is_window_read
    from {{ ref('int_pull_requests_attributed') }} as attributed
    inner join {{ ref('stg_github__pull_requests') }} as pull_requests
        on
            attributed.repository_id = pull_requests.repository_id
            and attributed.pull_request_number = pull_requests.pull_request_number
    inner join {{ ref('int_pull_requests_matched_to_people') }} as authors
        on
            attributed.repository_id = authors.repository_id
            and attributed.pull_request_number = authors.pull_request_number
    inner join people on authors.person_key = people.person_key
    left join hints
        on
            attributed.repository_id = hints.repository_id
            and attributed.pull_request_number = hints.pull_request_number
    left join {{ ref('int_change_activity') }} as activity
        on
            authors.person_key = activity.person_key
            and cast(
                coalesce(
                    pull_requests.merged_at, pull_requests.closed_at, pull_requests.updated_at
                ) as date
            ) = activity.change_date

),

{{ own_readings_ctes(is_read='has_commits_read') }}

select
    repository_id,
    pull_request_number,
    attribution_balanced,
    attribution_liberal,
    attribution_reason
from own_readings
