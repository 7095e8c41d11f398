{%- set reports = [
    ('console', 'activity'), ('console', 'usage'), ('console', 'cost'),
    ('enterprise', 'activity'), ('enterprise', 'usage'), ('enterprise', 'cost'),
] -%}
-- Long: a column or two of each of a dozen tables, and no logic between them.
with report_days as (

    select * from {{ ref('int_report_days_chosen') }}

),

people as (

    select * from {{ ref('int_people_known') }}

),

spine as (

    select cast(
        unnest(generate_series(min(usage_date), max(usage_date), interval 1 day)) as date
    ) as usage_date
    from report_days

),

first_days as (

    select
        organization_kind,
        report_family,
        min(usage_date) as first_date
    from report_days
    group by organization_kind, report_family

),

statuses as (

    select
        first_days.organization_kind,
        first_days.report_family,
        spine.usage_date,
        case
            when report_days.is_complete_day then 'complete'
            when report_days.usage_date is not null then 'partial'
            else 'missing'
        end as day_status
    from spine
    inner join first_days on spine.usage_date >= first_days.first_date
    left join report_days
        on
            first_days.organization_kind = report_days.organization_kind
            and first_days.report_family = report_days.report_family
            and spine.usage_date = report_days.usage_date

),

reports as (

    select
        usage_date
        {%- for kind, family in reports %},
        coalesce(
            any_value(day_status) filter (
                where organization_kind = '{{ kind }}' and report_family = '{{ family }}'
            ),
            'not_read'
        ) as {{ kind }}_{{ family }}_status
        {%- endfor %},
        coalesce(
            bool_and(day_status = 'complete') filter (where report_family = 'activity'), false
        ) as is_activity_complete,
        count(*) as expected_report_count,
        count(*) filter (where day_status = 'complete') as complete_report_count
    from statuses
    group by usage_date

),

adoption as (

    select * from {{ ref('adoption_daily') }}
    where organization_id = 'all' and team_name = 'all'

),

active_people as (

    select
        person_days.usage_date,
        count(*) as active_person_count,
        count(people.github_login) as active_people_on_github_count
    from {{ ref('int_people_active_days') }} as person_days
    inner join people on person_days.person_key = people.person_key
    where person_days.organization_id = 'all' and person_days.is_human
    group by person_days.usage_date

),

model_usage as (

    select
        usage_date,
        count(*) as model_usage_row_count,
        count(estimated_cost_usd) as model_usage_rows_with_cost_count
    from {{ ref('fct_claude_code_model_usage_daily') }}
    group by usage_date

),

billed as (

    select
        usage_date,
        cast(sum(billed_cost_usd) as decimal(18, 6)) as billed_cost_usd,
        cast(
            coalesce(
                sum(billed_cost_usd) filter (where person_key <> 'unknown' and api_key_id = 'none'),
                0
            ) as decimal(18, 6)
        ) as billed_cost_of_people_usd
    from {{ ref('fct_billed_costs_daily') }}
    group by usage_date

),

billed_claude_code as (

    select
        usage_date,
        cast(sum(billed_claude_code_usd) as decimal(18, 6)) as billed_claude_code_usd,
        cast(
            coalesce(sum(billed_claude_code_usd) filter (where is_missing_people), 0)
            as decimal(18, 6)
        ) as billed_claude_code_without_people_usd
    from {{ ref('int_claude_code_billed_daily') }}
    group by usage_date

),

-- Bots are no authors to be mapped.
commits as (

    select
        cast(commits.committed_at as date) as usage_date,
        count(*) as commit_count,
        count(*) filter (where people.is_known_to_claude)
            as commits_of_mapped_authors_count,
        count(distinct commits.person_key) as author_count,
        count(distinct commits.person_key) filter (where people.is_known_to_claude)
            as mapped_author_count
    from {{ ref('fct_commits') }} as commits
    inner join people on commits.person_key = people.person_key
    where not commits.is_merge and people.person_kind <> 'bot'
    group by cast(commits.committed_at as date)

),

repositories as (

    select
        repositories.repository_id,
        read.read_from_at,
        read.read_until_at
    from {{ ref('dim_repositories') }} as repositories
    left join {{ ref('int_repositories_read') }} as read
        on repositories.repository_id = read.repository_id
    where repositories.is_active

),

repositories_by_day as (

    select
        spine.usage_date,
        count(repositories.repository_id) as repository_count,
        count(*) filter (
            where
                repositories.read_from_at <= spine.usage_date
                and repositories.read_until_at >= spine.usage_date + interval 1 day
        ) as repositories_read_count
    from spine
    left join repositories on true
    group by spine.usage_date

)

select
    {% for kind, family in reports -%}
    reports.{{ kind }}_{{ family }}_status,
    {% endfor -%}
    reports.complete_report_count,
    reports.expected_report_count,
    adoption.seat_count,
    adoption.seat_count - adoption.seats_never_used_count as seats_used_count,
    case when reports.is_activity_complete then coalesce(active_people.active_person_count, 0) end
        as active_person_count,
    case when reports.is_activity_complete then coalesce(active_people.active_people_on_github_count, 0) end
        as active_people_on_github_count,
    coalesce(model_usage.model_usage_row_count, 0) as model_usage_row_count,
    coalesce(model_usage.model_usage_rows_with_cost_count, 0)
        as model_usage_rows_with_cost_count,
    billed.billed_cost_usd,
    billed.billed_cost_of_people_usd,
    billed_claude_code.billed_claude_code_usd,
    billed_claude_code.billed_claude_code_without_people_usd,
    coalesce(commits.commit_count, 0) as commit_count,
    coalesce(commits.commits_of_mapped_authors_count, 0) as commits_of_mapped_authors_count,
    coalesce(commits.author_count, 0) as author_count,
    coalesce(commits.mapped_author_count, 0) as mapped_author_count,
    repositories_by_day.repository_count,
    repositories_by_day.repositories_read_count,
    reports.complete_report_count = reports.expected_report_count as is_complete_day,
    spine.usage_date
from spine
inner join reports on spine.usage_date = reports.usage_date
inner join repositories_by_day on spine.usage_date = repositories_by_day.usage_date
left join adoption on spine.usage_date = adoption.usage_date
left join active_people on spine.usage_date = active_people.usage_date
left join model_usage on spine.usage_date = model_usage.usage_date
left join billed on spine.usage_date = billed.usage_date
left join billed_claude_code on spine.usage_date = billed_claude_code.usage_date
left join commits on spine.usage_date = commits.usage_date
