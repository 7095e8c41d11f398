{#- Hours are compared by ratio, from a quarter of an hour to the end of the follow-up. -#}
{%- set follow_up_days = var('comparison_follow_up_days') -%}
{%- set longest_hours = follow_up_days * 24 -%}
-- What is known of each repository: from where it was read, and how long each change was watched.
with known_spans as (

    select
        repository_id,
        cast(max(window_started_at) as date) as known_from,
        max(last_fetched_at) as read_at
    from (
        select
            try_cast(window_key as bigint) as repository_id,
            window_started_at,
            last_fetched_at
        from {{ ref('data_completeness') }}
        where source_system = 'github' and endpoint = 'pull_requests'
    )
    where repository_id is not null
    group by repository_id

),

changes as (

    select
        pull_requests.repository,
        pull_requests.person_key,
        pull_requests.claude_attribution,
        pull_requests.attribution_reason,
        cast(pull_requests.created_at as date) as opened_on,
        pull_requests.hours_open_to_merge,
        pull_requests.hours_open_to_first_review,
        pull_requests.review_count,
        pull_requests.merged_at is null and pull_requests.closed_at is null as is_open,
        date_diff(
            'second', pull_requests.created_at, coalesce(pull_requests.closed_at, known_spans.read_at)
        ) / 3600 as hours_watched,
        pull_requests.created_at <= known_spans.read_at - interval {{ follow_up_days }} days
            as is_followed_up,
        adoptions.adopted_on,
        adoptions.is_time_before_known,
        greatest(known_spans.known_from, coalesce(adoptions.activity_known_from, known_spans.known_from))
            as known_from,
        known_spans.known_from as repository_known_from
    from {{ ref('fct_pull_requests') }} as pull_requests
    inner join known_spans on pull_requests.repository_id = known_spans.repository_id
    inner join {{ ref('int_author_adoptions') }} as adoptions
        on pull_requests.person_key = adoptions.person_key

),

placed as (

    select
        *,
        coalesce(
            adopted_on - {{ var('comparison_days_before') }} >= repository_known_from
            and is_time_before_known,
            false
        ) as is_comparable_author,
        opened_on >= repository_known_from as is_opening_known,
        case
            when not is_followed_up then 'not_followed_up'
            -- Another agent's work says nothing of what Claude Code changed.
            when attribution_reason = 'other_agent' then 'other_agent'
            when adopted_on is null or opened_on < adopted_on
                then
                    case
                        when opened_on < known_from then 'not_known'
                        when is_comparable_author
                            and opened_on >= adopted_on - {{ var('comparison_days_before') }}
                            then 'before'
                        else 'earlier'
                    end
            when not is_comparable_author then 'not_known'
            when opened_on < adopted_on + {{ var('comparison_days_after') }} then 'after'
            else 'later'
        end as comparison_role
    from changes

)

select
    repository,
    person_key,
    opened_on,
    adopted_on,
    comparison_role,
    claude_attribution,
    is_comparable_author,
    is_opening_known,
    is_followed_up,
    hours_open_to_merge,
    hours_open_to_first_review,
    hours_watched,
    cast(date_diff('day', date '1970-01-05', opened_on) // 28 as bigint) as period_number,
    -- A change that is open, or was closed, counts the whole follow-up: to leave it out would
    -- choose by the outcome.
    ln(greatest(least(coalesce(hours_open_to_merge, {{ longest_hours }}), {{ longest_hours }}), 0.25))
        as log_hours_open_to_merge,
    -- What was merged or closed without a review did not wait for one.
    case
        when hours_open_to_first_review is not null or (is_open and review_count is not null)
            then
                ln(
                    greatest(
                        least(
                            coalesce(hours_open_to_first_review, {{ longest_hours }}),
                            {{ longest_hours }}
                        ),
                        0.25
                    )
                )
    end as log_hours_open_to_first_review,
    cast(review_count as double) as review_count,
    cast(coalesce(hours_open_to_merge <= {{ longest_hours }}, false) as double)
        as merged_in_time
from placed
