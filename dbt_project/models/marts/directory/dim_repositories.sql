with repositories as (

    select * from {{ ref('stg_github__repositories') }}

),

seen as (

    select repository_id from {{ ref('stg_github__commits') }}
    union
    select repository_id from {{ ref('stg_github__pull_requests') }}

),

unioned as (

    select
        repository_id,
        repository,
        default_branch_name,
        is_active,
        is_archived,
        is_fork,
        is_private,
        true as is_in_directory,
        created_at,
        pushed_at
    from repositories

    union all by name

    select
        seen.repository_id,
        concat('unknown/', seen.repository_id) as repository,
        false as is_active,
        false as is_archived,
        false as is_fork,
        true as is_private,
        false as is_in_directory
    from seen
    anti join repositories on seen.repository_id = repositories.repository_id

),

-- A repository that was deleted and made again has a new id under the old name.
ranked as (

    select
        *,
        row_number() over (
            partition by repository order by is_active desc, repository_id desc
        ) as name_rank
    from unioned

)

select
    repository_id,
    case
        when name_rank = 1 then repository
        else concat(repository, ' (', repository_id, ')')
    end as repository,
    default_branch_name,
    is_active,
    is_archived,
    is_fork,
    is_private,
    is_in_directory,
    created_at,
    pushed_at
from ranked
