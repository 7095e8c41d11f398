-- A squash commit is its pull request.
with squashed as (

    select
        squash_commits.repository_id,
        squash_commits.commit_sha,
        arg_min(estimated.estimate_reason, squash_commits.pull_request_number) as estimate_reason,
        arg_min(estimated.claude_probability, squash_commits.pull_request_number) as probability
    from {{ ref('int_attribution_squash_commits') }} as squash_commits
    inner join {{ ref('int_pull_requests_estimated') }} as estimated
        on
            squash_commits.repository_id = estimated.repository_id
            and squash_commits.pull_request_number = estimated.pull_request_number
    group by squash_commits.repository_id, squash_commits.commit_sha

),

reasoned as (

    select
        commits.repository_id,
        commits.commit_sha,
        cast(date_trunc('month', commits.committed_at) as date) as month_start_date,
        case
            when commits.attribution_reason in ('evidence', 'merge_commit')
                then commits.attribution_reason
            when squashed.estimate_reason is not null then squashed.estimate_reason
            when commits.attribution_reason in ('bot_author', 'other_agent')
                then commits.attribution_reason
            when days.commit_reason is null then 'unmapped_author'
            -- A copy without the mark that the commit itself carries.
            when days.commit_reason = 'none_unmarked' then 'not_counted'
            else days.commit_reason
        end as estimate_reason,
        coalesce(squashed.probability, days.unmarked_commit_probability) as probability
    from {{ ref('int_commits_attribution_read') }} as commits
    left join squashed
        on
            commits.repository_id = squashed.repository_id
            and commits.commit_sha = squashed.commit_sha
    left join {{ ref('int_counted_changes_daily') }} as days
        on
            commits.person_key = days.person_key
            and cast(commits.authored_at as date) = days.change_date

)

{{ estimates(['commit_sha']) }}
