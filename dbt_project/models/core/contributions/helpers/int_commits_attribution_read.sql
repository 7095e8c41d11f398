{{ config(materialized="view") }}

with people as (

    select
        person_key,
        person_kind
    from {{ ref('dim_people') }}

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

described as (

    select
        commits.*,
        people.person_kind,
        coalesce(activity.is_active_in_window, false) as is_active_in_window,
        coalesce(activity.is_window_read, false) as is_window_read
    from {{ ref('int_commits_attributed') }} as commits
    left join people on commits.person_key = people.person_key
    left join {{ ref('int_change_activity') }} as activity
        on
            commits.person_key = activity.person_key
            and cast(commits.committed_at as date) = activity.change_date

),

{{ own_readings_ctes('is_merge') }}

select
    own_readings.* exclude (
        has_claude_hint,
        has_other_agent,
        person_kind,
        is_active_in_window,
        is_window_read,
        attribution_balanced,
        attribution_liberal,
        attribution_reason
    ),
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
