with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

people as (

    select
        person_key,
        -- Distinct numbers are counted faster than distinct keys.
        cast(row_number() over (order by person_key) as integer) as person_number,
        person_kind,
        person_kind = 'bot' as is_bot,
        is_human,
        is_known_to_claude or person_kind = 'service' as is_mapped
    from {{ ref('int_people_known') }}

),

commits as (

    select * from {{ ref('fct_commits') }}

),

merged_pull_requests as (

    select * from {{ ref('fct_pull_requests') }}
    where merged_at is not null

),

-- One column per measure and one row per contribution, so that a period with commits and no pull
-- request, or the other way round, needs no outer join.
changes as (

    select
        cast(committed_at as date) as change_date,
        repository,
        claude_attribution,
        attribution_balanced,
        attribution_liberal,
        attribution_estimated,
        claude_probability,
        person_key,
        false as is_pull_request,
        not is_merge as is_commit,
        is_merge,
        lines_added as commit_lines_added,
        lines_removed as commit_lines_removed
    from commits

    union all by name

    select
        cast(merged_at as date) as change_date,
        repository,
        claude_attribution,
        attribution_balanced,
        attribution_liberal,
        attribution_estimated,
        claude_probability,
        person_key,
        true as is_pull_request,
        false as is_commit,
        false as is_merge,
        lines_added as pull_request_lines_added,
        lines_removed as pull_request_lines_removed,
        effective_lines_added,
        effective_lines_removed,
        hours_open_to_merge
    from merged_pull_requests

)

select
    changes.repository,
    changes.person_key,
    people.person_number,
    people.person_kind,
    -- The team on the day of the change, also after its author moved on.
    {{ team_of_day() }} as team_name,
    -- As enumerations, which DuckDB groups by as by small numbers.
    cast(
        changes.claude_attribution as enum('with_claude', 'without_claude', 'undetermined')
    ) as claude_attribution,
    cast(
        changes.attribution_balanced as enum('with_claude', 'without_claude', 'undetermined')
    ) as attribution_balanced,
    cast(
        changes.attribution_liberal as enum('with_claude', 'without_claude', 'undetermined')
    ) as attribution_liberal,
    changes.attribution_estimated,
    changes.claude_probability,
    changes.pull_request_lines_added,
    changes.pull_request_lines_removed,
    changes.effective_lines_added,
    changes.effective_lines_removed,
    changes.hours_open_to_merge,
    changes.commit_lines_added,
    changes.commit_lines_removed,
    people.is_bot,
    people.is_human,
    people.is_mapped,
    changes.is_pull_request,
    changes.is_commit,
    changes.is_merge,
    changes.change_date,
    cast(date_trunc('week', changes.change_date) as date) as week_start_date,
    cast(date_trunc('month', changes.change_date) as date) as month_start_date
from changes
inner join people on changes.person_key = people.person_key
{{ join_primary_team('changes', 'change_date') }}
