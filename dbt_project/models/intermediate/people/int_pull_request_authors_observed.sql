{{ config(materialized="view") }}

with pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

authors as (

    select
        repository_id,
        pull_request_number,
        author_kind = 'Bot' as is_bot,
        case
            -- GraphQL leaves the suffix out of a bot's login, git addresses carry it.
            when author_kind = 'Bot' and not ends_with(author_login, '[bot]')
                then lower(author_login) || '[bot]'
            else lower(author_login)
        end as github_login
    from pull_requests

)

select
    repository_id,
    pull_request_number,
    nullif(github_login, '') as github_login,
    coalesce(is_bot, false) as is_bot
from authors
