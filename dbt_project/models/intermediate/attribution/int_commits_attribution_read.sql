with people as (

    select
        person_key,
        person_kind
    from {{ ref('dim_people') }}

),

hints as (

    select
        repository_id,
        subject_id as commit_sha,
        bool_or(agent = 'claude') as has_claude_hint,
        bool_or(agent <> 'claude' and is_conclusive) as has_other_agent
    from {{ ref('int_attribution_evidence') }}
    where subject_type = 'commit'
    group by repository_id, subject_id

),

-- A squash commit is its pull request, whose author may be known better than the commit's.
squashed as (

    select
        squash_commits.repository_id,
        squash_commits.commit_sha,
        arg_min(readings.attribution_balanced, squash_commits.pull_request_number)
            as attribution_balanced,
        arg_min(readings.attribution_liberal, squash_commits.pull_request_number)
            as attribution_liberal,
        arg_min(readings.attribution_reason, squash_commits.pull_request_number)
            as attribution_reason
    from {{ ref('int_attribution_squash_commits') }} as squash_commits
    inner join {{ ref('int_pull_requests_attribution_read') }} as readings
        on
            squash_commits.repository_id = readings.repository_id
            and squash_commits.pull_request_number = readings.pull_request_number
    group by squash_commits.repository_id, squash_commits.commit_sha

),

commits as (

    select * from {{ ref('stg_github__commits') }}
    where left_default_branch_at is null

),

described as (

    select
        commits.repository_id,
        commits.commit_sha,
        commits.is_merge,
        attributed.claude_attribution,
        people.person_kind,
        coalesce(hints.has_claude_hint, false) as has_claude_hint,
        coalesce(hints.has_other_agent, false) as has_other_agent,
        coalesce(activity.is_active_in_window, false) as is_active_in_window,
        coalesce(activity.is_window_read, false) as is_window_read
    from commits
    inner join {{ ref('int_commits_attributed') }} as attributed
        on
            commits.repository_id = attributed.repository_id
            and commits.commit_sha = attributed.commit_sha
    inner join {{ ref('int_commits_matched_to_people') }} as authors
        on
            commits.repository_id = authors.repository_id
            and commits.commit_sha = authors.commit_sha
    inner join people on authors.person_key = people.person_key
    left join hints
        on
            commits.repository_id = hints.repository_id
            and commits.commit_sha = hints.commit_sha
    left join {{ ref('int_change_activity') }} as activity
        on
            authors.person_key = activity.person_key
            and cast(commits.committed_at as date) = activity.change_date

),

{{ own_readings_ctes('commit_sha', is_merge='is_merge') }}

select
    own_readings.repository_id,
    own_readings.commit_sha,
    -- The commit's own mark stands, should its pull request show none.
    {% for column in ["attribution_balanced", "attribution_liberal", "attribution_reason"] -%}
    case
        when own_readings.claude_attribution = 'with_claude' then own_readings.{{ column }}
        else coalesce(squashed.{{ column }}, own_readings.{{ column }})
    end as {{ column }}{{ "," if not loop.last }}
    {% endfor %}
from own_readings
left join squashed
    on
        own_readings.repository_id = squashed.repository_id
        and own_readings.commit_sha = squashed.commit_sha
