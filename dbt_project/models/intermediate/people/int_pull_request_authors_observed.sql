{{ config(materialized="view") }}

with pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

-- What a bot proposes with somebody's token is not that person's.
proposals_under_personal_accounts as (

    select
        repository_id,
        pull_request_number,
        bot_login
    from {{ ref('int_bot_proposals') }}
    where not is_own_account

),

authors as (

    select
        pull_requests.repository_id,
        pull_requests.pull_request_number,
        proposals.bot_login is not null or pull_requests.author_kind = 'Bot' as is_bot,
        case
            when proposals.bot_login is not null then proposals.bot_login
            -- GraphQL leaves the suffix out of a bot's login, git addresses carry it.
            when
                pull_requests.author_kind = 'Bot'
                and not ends_with(pull_requests.author_login, '[bot]')
                then lower(pull_requests.author_login) || '[bot]'
            else lower(pull_requests.author_login)
        end as github_login
    from pull_requests
    left join proposals_under_personal_accounts as proposals
        on
            pull_requests.repository_id = proposals.repository_id
            and pull_requests.pull_request_number = proposals.pull_request_number

)

select
    repository_id,
    pull_request_number,
    nullif(github_login, '') as github_login,
    coalesce(is_bot, false) as is_bot
from authors
