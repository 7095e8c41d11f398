{{ config(materialized="view") }}

select
    squash_commits.repository_id,
    squash_commits.commit_sha,
    min(bot_proposals.bot_login) as bot_login
from {{ ref('int_attribution_squash_commits') }} as squash_commits
inner join {{ ref('int_bot_proposals') }} as bot_proposals
    on
        squash_commits.repository_id = bot_proposals.repository_id
        and squash_commits.pull_request_number = bot_proposals.pull_request_number
-- A branch of one commit that was not squashed is that commit, which says itself who wrote it.
anti join {{ ref('stg_github__pull_request_commits') }} as branch_commits
    on
        squash_commits.repository_id = branch_commits.repository_id
        and squash_commits.commit_sha = branch_commits.commit_sha
group by squash_commits.repository_id, squash_commits.commit_sha
