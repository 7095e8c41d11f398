{#- How many days of others, with the rate of all, a person's own rate is worth. -#}
{%- set days_of_others = 5 -%}
-- Long: commits and pull requests are counted, seen and reasoned on by the same days.
with people as (

    select person_key
    from {{ ref('int_people_known') }}
    where is_known_to_claude

),

-- A day is read where no organisation's report of it is missing.
read_days as (

    select usage_date as change_date
    from {{ ref('int_report_days_chosen') }}
    where report_family = 'activity'
    group by usage_date
    having bool_and(is_complete_day)

),

counted as (

    select
        person_key,
        usage_date as change_date,
        cast(coalesce(sum(commit_count), 0) as bigint) as counted_commit_count,
        cast(coalesce(sum(pull_request_count), 0) as bigint) as counted_pull_request_count
    from {{ ref('fct_claude_code_activity_daily') }}
    where is_complete_day
    group by person_key, usage_date

),

-- Author and author's time survive a rebase and a cherry-pick: a copy was written once.
seen_commits as (

    select
        person_key,
        authored_date as change_date,
        count(distinct authored_at) as seen_commit_count,
        count(distinct authored_at) filter (where is_marked) as marked_commit_count,
        count(distinct authored_at) filter (where is_of_other_agent)
            as other_agent_commit_count
    from {{ ref('int_written_commits') }}
    group by person_key, authored_date

),

opened as (

    select
        authors.person_key,
        cast(pull_requests.created_at as date) as change_date,
        count(*) as seen_pull_request_count,
        count(*) filter (where readings.attribution_reason = 'evidence')
            as marked_pull_request_count,
        count(*) filter (where readings.attribution_reason = 'other_agent')
            as other_agent_pull_request_count
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    inner join {{ ref('int_pull_requests_matched_to_people') }} as authors
        on
            pull_requests.repository_id = authors.repository_id
            and pull_requests.pull_request_number = authors.pull_request_number
    inner join {{ ref('int_pull_requests_attribution_read') }} as readings
        on
            pull_requests.repository_id = readings.repository_id
            and pull_requests.pull_request_number = readings.pull_request_number
    group by authors.person_key, cast(pull_requests.created_at as date)

),

person_days as (

    select person_key, change_date from counted
    where counted_commit_count + counted_pull_request_count > 0
    union
    select person_key, change_date from seen_commits
    union
    select person_key, change_date from opened

),

{% set seen = [
    "seen_commit_count", "marked_commit_count", "other_agent_commit_count",
    "seen_pull_request_count", "marked_pull_request_count", "other_agent_pull_request_count",
] -%}
counts as (

    select
        person_days.person_key,
        person_days.change_date,
        read_days.change_date is not null as is_counted_day,
        -- Null where a report of the day is missing, which is not none.
        case when is_counted_day then coalesce(counted.counted_commit_count, 0) end
            as counted_commit_count,
        case when is_counted_day then coalesce(counted.counted_pull_request_count, 0) end
            as counted_pull_request_count,
        {%- for column in seen %}
        coalesce({{ column }}, 0) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from person_days
    inner join people on person_days.person_key = people.person_key
    left join read_days on person_days.change_date = read_days.change_date
    left join counted
        on
            person_days.person_key = counted.person_key
            and person_days.change_date = counted.change_date
    left join seen_commits
        on
            person_days.person_key = seen_commits.person_key
            and person_days.change_date = seen_commits.change_date
    left join opened
        on
            person_days.person_key = opened.person_key
            and person_days.change_date = opened.change_date

),

reasoned as (

    select
        *,
        {%- for kind in ["commit", "pull_request"] %}
        greatest(
            seen_{{ kind }}_count - marked_{{ kind }}_count - other_agent_{{ kind }}_count, 0
        ) as unmarked_{{ kind }}_count,
        greatest(counted_{{ kind }}_count - marked_{{ kind }}_count, 0)
            as unmarked_counted_{{ kind }}_count,
        case
            when unmarked_{{ kind }}_count = 0 then 'none_unmarked'
            when not is_counted_day then 'day_not_read'
            when unmarked_counted_{{ kind }}_count = 0 then 'not_counted'
            when unmarked_counted_{{ kind }}_count < unmarked_{{ kind }}_count
                then 'partly_counted'
            when unmarked_counted_{{ kind }}_count = unmarked_{{ kind }}_count then 'counted'
            else 'more_counted_than_seen'
        end as {{ kind }}_reason{{ "," if not loop.last }}
        {%- endfor %}
    from counts

),

-- What more is counted than seen was made elsewhere, or squashed before it was pushed, and says
-- little of what is seen: there the person's other days speak.
rates as (

    select
        person_key,
        (counted_count + {{ days_of_others }} * sum(counted_count) over () / sum(unmarked_count) over ())
        / (unmarked_count + {{ days_of_others }}) as counted_rate
    from (
        select
            person_key,
            coalesce(sum(unmarked_counted_commit_count) filter (where is_explained), 0)
                as counted_count,
            coalesce(sum(unmarked_commit_count) filter (where is_explained), 0)
                as unmarked_count
        from (
            select
                *,
                commit_reason in ('counted', 'partly_counted', 'not_counted') as is_explained
            from reasoned
        )
        group by person_key
    )

)

select
    reasoned.person_key,
    reasoned.is_counted_day,
    reasoned.counted_commit_count,
    reasoned.seen_commit_count,
    reasoned.marked_commit_count,
    reasoned.other_agent_commit_count,
    reasoned.unmarked_commit_count,
    reasoned.commit_reason,
    cast(
        case reasoned.commit_reason
            when 'not_counted' then 0
            when 'counted' then 1
            when 'partly_counted'
                then reasoned.unmarked_counted_commit_count / reasoned.unmarked_commit_count
            when 'more_counted_than_seen' then rates.counted_rate
        end as decimal(7, 6)
    ) as unmarked_commit_probability,
    reasoned.counted_pull_request_count,
    reasoned.seen_pull_request_count,
    reasoned.marked_pull_request_count,
    reasoned.other_agent_pull_request_count,
    reasoned.unmarked_pull_request_count,
    reasoned.pull_request_reason,
    cast(
        case reasoned.pull_request_reason
            when 'counted' then 1
            when 'partly_counted'
                then
                    reasoned.unmarked_counted_pull_request_count
                    / reasoned.unmarked_pull_request_count
            when 'day_not_read' then null
            when 'none_unmarked' then null
            else 0
        end as decimal(7, 6)
    ) as unmarked_pull_request_probability,
    reasoned.change_date
from reasoned
inner join rates on reasoned.person_key = rates.person_key
