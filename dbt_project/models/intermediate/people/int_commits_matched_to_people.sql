{{ config(materialized="view") }}

with authors as (

    select * from {{ ref('int_git_authors_matched_to_people') }}

),

logins as (

    select * from {{ ref('int_identities_resolved') }} where identity_type = 'github_login'

)

select
    commits.repository_id,
    commits.commit_sha,
    -- What a bot proposed with somebody's token is squashed under that person's name.
    coalesce(bots.person_key, authors.person_key) as person_key,
    coalesce(bots.matching_rule, authors.matching_rule) as matching_rule,
    -- These go on from here, so that no later model joins all commits again.
    commits.lines_added,
    commits.lines_removed,
    commits.changed_file_count,
    commits.is_merge,
    commits.authored_at,
    commits.committed_at,
    commits.left_default_branch_at
from {{ ref('stg_github__commits') }} as commits
-- Few people write many commits.
inner join authors
    on
        commits.author_email is not distinct from authors.author_email
        and commits.author_login is not distinct from authors.author_login
left join {{ ref('int_bot_squash_commits') }} as bot_commits
    on
        commits.repository_id = bot_commits.repository_id
        and commits.commit_sha = bot_commits.commit_sha
left join logins as bots on bot_commits.bot_login = bots.identity_value
