-- Branches of bots are told by their names, which few rows have.
with proposals as (

    select
        pull_requests.repository_id,
        pull_requests.pull_request_number,
        pull_requests.author_kind = 'Bot' as is_own_account,
        pull_requests.title,
        pull_requests.body,
        bot_proposals.bot_login,
        bot_proposals.body_pattern
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    inner join {{ ref('bot_proposals') }} as bot_proposals
        on starts_with(lower(pull_requests.head_branch_name), bot_proposals.head_branch_prefix)

)

select
    proposals.repository_id,
    proposals.pull_request_number,
    min(proposals.bot_login) as bot_login,
    bool_or(coalesce(proposals.is_own_account, false)) as is_own_account
from proposals
left join {{ ref('stg_github__pull_request_commits') }} as first_commits
    on
        proposals.repository_id = first_commits.repository_id
        and proposals.pull_request_number = first_commits.pull_request_number
        and first_commits.commit_position = 1
-- A person may name a branch like a bot. Its title, its text or its commit is then not a bot's.
where
    coalesce(proposals.is_own_account, false)
    or regexp_matches(coalesce(proposals.body, ''), proposals.body_pattern, 'i')
    or regexp_matches(
        proposals.title,
        '(?i)^[^:]*:?\s*(\[security\]\s*)?(bump|update|upgrade|pin|replace|roll ?back'
        '|lock file maintenance)\b.*(\bfrom \S+ to \S|\bto v?[0-9]|\bdigest|\ball\b.*dependenc'
        '|lock file)'
    )
    or contains(
        lower(first_commits.author_email),
        split_part(proposals.bot_login, '[', 1)
    )
group by proposals.repository_id, proposals.pull_request_number
