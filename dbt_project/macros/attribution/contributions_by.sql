{#- CTEs that end with `contributions`: each commit and merged pull request once, with its week or
    month, the team of its author on that day and the author's kind. -#}

{% macro contribution_ctes(period) -%}
{%- set start = period ~ '_start_date' -%}
people as (

    select
        person_key,
        -- Distinct numbers are counted faster than distinct keys.
        cast(row_number() over () as integer) as person_number,
        person_kind,
        person_kind = 'bot' as is_bot,
        is_human,
        is_known_to_claude or person_kind = 'service' as is_mapped
    from {{ ref('int_people_known') }}

),

-- One column per measure and one row per contribution, so that a period with commits and no pull
-- request, or the other way round, needs no outer join.
changes as (

    select
        cast(committed_at as date) as change_date,
        repository,
        {{ attribution_answers() | indent(8) }},
        attribution_estimated,
        claude_probability,
        person_key,
        false as is_pull_request,
        not is_merge as is_commit,
        is_merge,
        lines_added as commit_lines_added,
        lines_removed as commit_lines_removed
    from {{ ref('fct_commits') }}

    union all by name

    select
        cast(merged_at as date) as change_date,
        repository,
        {{ attribution_answers() | indent(8) }},
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
    from {{ ref('fct_pull_requests') }}
    where merged_at is not null

),

contributions as (

    select
        cast(date_trunc('{{ period }}', changes.change_date) as date) as {{ start }},
        changes.*,
        -- The team on the day of the change, also after its author moved on.
        {{ team_of_day() }} as team_name,
        people.person_number,
        people.person_kind,
        people.is_bot,
        people.is_human,
        people.is_mapped
    from changes
    inner join people on changes.person_key = people.person_key
    {{ join_primary_team('changes', 'change_date') | indent(4) }}

)
{%- endmacro %}

{#- The answers as an enumeration, which DuckDB groups by as by a small number. -#}

{% macro attribution_answers() -%}
{%- for column in ["claude_attribution", "attribution_balanced", "attribution_liberal"] -%}
cast({{ column }} as enum('with_claude', 'without_claude', 'undetermined')) as {{ column }}
{{- ",\n" if not loop.last }}
{%- endfor %}
{%- endmacro %}

{#- The best estimate of a row's changes with Claude, null where nothing was to be had for one of
    them, and what is sure of it. -#}

{% macro estimated_counts(kind) -%}
case
    when bool_and(claude_probability is not null or not is_{{ kind }})
        then coalesce(sum(claude_probability) filter (where is_{{ kind }}), 0)
end as estimated_{{ kind }}_with_claude_count,
count(*) filter (where is_{{ kind }} and attribution_estimated = 'with_claude')
    as estimated_{{ kind }}_with_claude_lower_count,
count(*) filter (where is_{{ kind }} and attribution_estimated <> 'without_claude')
    as estimated_{{ kind }}_with_claude_upper_count
{%- endmacro %}

{#- Commits and merged pull requests by week or month, repository, team, kind of author and the
    answers of the three readings. `period` is week or month. Each change is in one row, so rows
    can be added up to any coarser grain. -#}

{% macro contributions_by(period) -%}
{%- set start = period ~ '_start_date' -%}
with {{ contribution_ctes(period) }},

repositories_read as (

    select
        repositories.repository,
        read.read_from_at,
        read.read_until_at
    from {{ ref('int_repositories_read') }} as read
    inner join {{ ref('dim_repositories') }} as repositories
        on read.repository_id = repositories.repository_id

),

coverage as (

    select
        {{ start }},
        repository,
        count(distinct person_number) filter (where not is_bot) as author_count,
        count(distinct person_number) filter (where is_mapped) as mapped_author_count,
        count(*) as change_count,
        count(*) filter (where attribution_balanced = 'undetermined') as undetermined_change_count
    from contributions
    where not is_merge
    group by {{ start }}, repository

),

counted as (

    select
        {{ start }},
        repository,
        team_name,
        person_kind,
        claude_attribution,
        attribution_balanced,
        attribution_liberal,
        count(*) filter (where is_pull_request) as merged_pull_request_count,
        count(*) filter (where is_pull_request and is_bot) as bot_merged_pull_request_count,
        cast(coalesce(sum(pull_request_lines_added), 0) as bigint) as pull_request_lines_added,
        cast(coalesce(sum(pull_request_lines_removed), 0) as bigint)
            as pull_request_lines_removed,
        count(effective_lines_added) as pull_request_with_files_count,
        cast(sum(effective_lines_added) as bigint) as effective_lines_added,
        cast(sum(effective_lines_removed) as bigint) as effective_lines_removed,
        median(hours_open_to_merge) as median_hours_open_to_merge,
        count(*) filter (where is_commit) as commit_count,
        count(*) filter (where is_commit and is_bot) as bot_commit_count,
        count(*) filter (where is_merge) as merge_commit_count,
        cast(coalesce(sum(commit_lines_added), 0) as bigint) as commit_lines_added,
        cast(coalesce(sum(commit_lines_removed), 0) as bigint) as commit_lines_removed,
        {%- for kind in ["pull_request", "commit"] %}
        {{ estimated_counts(kind) | indent(8) }},
        {%- endfor %}
        count(distinct person_number) filter (where is_human and not is_merge) as people_count
    from contributions
    group by
        {{ start }},
        repository,
        team_name,
        person_kind,
        claude_attribution,
        attribution_balanced,
        attribution_liberal

)

select
    counted.repository,
    counted.team_name,
    counted.person_kind,
    cast(counted.claude_attribution as varchar) as claude_attribution,
    cast(counted.attribution_balanced as varchar) as attribution_balanced,
    cast(counted.attribution_liberal as varchar) as attribution_liberal,
    counted.merged_pull_request_count,
    counted.bot_merged_pull_request_count,
    counted.pull_request_lines_added,
    counted.pull_request_lines_removed,
    counted.pull_request_with_files_count,
    counted.effective_lines_added,
    counted.effective_lines_removed,
    counted.median_hours_open_to_merge,
    {{ of_few('counted.merged_pull_request_count') }} as median_hours_open_to_merge_is_of_few,
    counted.commit_count,
    counted.bot_commit_count,
    counted.merge_commit_count,
    counted.commit_lines_added,
    counted.commit_lines_removed,
    {%- for kind in ["pull_request", "commit"] %}
    cast(counted.estimated_{{ kind }}_with_claude_count as decimal(18, 6))
        as estimated_{{ kind }}_with_claude_count,
    counted.estimated_{{ kind }}_with_claude_lower_count,
    counted.estimated_{{ kind }}_with_claude_upper_count,
    {%- endfor %}
    counted.people_count,
    -- A row of nothing but merge commits has no author and no change to cover.
    coalesce(coverage.author_count, 0) as repository_author_count,
    coalesce(coverage.mapped_author_count, 0) as repository_mapped_author_count,
    coalesce(coverage.change_count, 0) as repository_change_count,
    coalesce(coverage.undetermined_change_count, 0) as repository_undetermined_change_count,
    -- A repository that was never read to its end has no complete {{ period }}.
    coalesce(
        repositories_read.read_from_at <= counted.{{ start }}
        and repositories_read.read_until_at >= counted.{{ start }} + interval 1 {{ period }},
        false
    ) as is_complete_{{ period }},
    counted.{{ start }}
from counted
left join coverage
    on
        counted.{{ start }} = coverage.{{ start }}
        and counted.repository = coverage.repository
left join repositories_read on counted.repository = repositories_read.repository
{%- endmacro %}
