with repositories as (

    select * from {{ ref('stg_github__repositories') }}

),

versions as (

    select * from {{ ref('stg_github__repository_versions') }}

),

-- A renamed or transferred repository keeps its id; links and notes keep its former names.
histories as (

    select
        versions.repository_id,
        nullif(
            string_agg(
                distinct versions.repository, ', ' order by versions.repository
            ) filter (where versions.repository <> repositories.repository),
            ''
        ) as former_names,
        min(versions.valid_from) as first_seen_at,
        case when not bool_or(versions.is_current) then max(versions.valid_to) end as removed_at
    from versions
    inner join repositories on versions.repository_id = repositories.repository_id
    group by versions.repository_id

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
    ranked.repository_id,
    case
        when ranked.name_rank = 1 then ranked.repository
        else concat(ranked.repository, ' (', ranked.repository_id, ')')
    end as repository,
    histories.former_names,
    ranked.default_branch_name,
    ranked.is_active,
    ranked.is_archived,
    ranked.is_fork,
    ranked.is_private,
    ranked.is_in_directory,
    ranked.created_at,
    ranked.pushed_at,
    histories.first_seen_at,
    histories.removed_at
from ranked
left join histories on ranked.repository_id = histories.repository_id
