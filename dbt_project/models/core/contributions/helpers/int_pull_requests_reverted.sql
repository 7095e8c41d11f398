with merged as (

    select
        pull_requests.repository_id,
        repositories.repository,
        pull_requests.pull_request_number,
        pull_requests.merge_commit_sha,
        pull_requests.merged_at,
        pull_requests.title,
        pull_requests.body
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    inner join {{ ref('dim_repositories') }} as repositories
        on pull_requests.repository_id = repositories.repository_id
    where pull_requests.merged_at is not null

),

-- What reached the default branch and says that it takes something back. A pull request is in it
-- by its own text too: a squash with its title alone does not say what it reverts.
texts as (

    select
        commits.repository_id,
        repositories.repository,
        commits.message as revert_text,
        commits.committed_at as reverted_at,
        cast(null as bigint) as own_number
    from {{ ref('stg_github__commits') }} as commits
    inner join {{ ref('dim_repositories') }} as repositories
        on commits.repository_id = repositories.repository_id
    where commits.left_default_branch_at is null and commits.message ilike '%revert%'

    union all by name

    select
        repository_id,
        repository,
        concat_ws(chr(10), title, body) as revert_text,
        merged_at as reverted_at,
        pull_request_number as own_number
    from merged
    where title ilike '%revert%' or body ilike '%revert%'

),

by_hash as (

    select
        repository_id,
        reverted_at,
        lower(
            unnest(
                regexp_extract_all(revert_text, '(?i)this reverts commit ([0-9a-f]{7,40})', 1)
            )
        ) as commit_hash
    from texts

),

by_number as (

    -- Inside the quotes: the number behind them is the reverting pull request's own.
    select
        repository_id,
        reverted_at,
        own_number,
        try_cast(
            regexp_extract(revert_text, '^Revert ".*\(#([0-9]+)\)"', 1) as bigint
        ) as pull_request_number
    from texts

    union all by name

    -- As GitHub's revert button writes it.
    select
        repository_id,
        reverted_at,
        own_number,
        try_cast(regexp_extract(reference, '#([0-9]+)$', 1) as bigint) as pull_request_number
    from (
        select
            repository_id,
            repository,
            reverted_at,
            own_number,
            unnest(
                regexp_extract_all(revert_text, '(?im)^reverts ([\w.-]+/[\w.-]+)?#[0-9]+')
            ) as reference
        from texts
    ) as named
    where
        lower(regexp_extract(reference, '(?i)^reverts ([^#]*)#', 1)) in ('', lower(repository))

),

reverts as (

    select
        merged.repository_id,
        merged.pull_request_number,
        by_hash.reverted_at
    from by_hash
    inner join merged
        on
            by_hash.repository_id = merged.repository_id
            and left(by_hash.commit_hash, 7) = left(merged.merge_commit_sha, 7)
            and starts_with(merged.merge_commit_sha, by_hash.commit_hash)
    where by_hash.reverted_at > merged.merged_at

    union all by name

    select
        merged.repository_id,
        merged.pull_request_number,
        by_number.reverted_at
    from by_number
    inner join merged
        on
            by_number.repository_id = merged.repository_id
            and by_number.pull_request_number = merged.pull_request_number
    where
        by_number.reverted_at > merged.merged_at
        and by_number.own_number is distinct from merged.pull_request_number

),

first_reverts as (

    select
        repository_id,
        pull_request_number,
        min(reverted_at) as reverted_at
    from reverts
    group by repository_id, pull_request_number

)

select
    merged.repository_id,
    merged.pull_request_number,
    first_reverts.reverted_at,
    case
        when first_reverts.reverted_at <= merged.merged_at + interval 30 days then 'reverted'
        when read.read_until_at >= merged.merged_at + interval 30 days then 'not_reverted'
        else 'too_recent'
    end as revert_status
from merged
left join first_reverts
    on
        merged.repository_id = first_reverts.repository_id
        and merged.pull_request_number = first_reverts.pull_request_number
left join {{ ref('int_repositories_read') }} as read
    on merged.repository_id = read.repository_id
