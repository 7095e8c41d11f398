with people as (

    select
        person_key,
        case when person_kind = 'bot' then 'bot' else 'person' end as author_kind
    from {{ ref('dim_people') }}

),

merged_pull_requests as (

    select
        cast(date_trunc('week', pull_requests.merged_at) as date) as week_start_date,
        pull_requests.repository,
        people.author_kind,
        pull_requests.hours_open_to_first_review,
        pull_requests.hours_open_to_merge,
        pull_requests.lines_added + pull_requests.lines_removed as changed_lines,
        pull_requests.effective_lines_added + pull_requests.effective_lines_removed
            as effective_lines,
        pull_requests.review_count,
        pull_requests.revert_status,
        case
            when pull_requests.claude_attribution = 'with_claude' then 'with_claude'
            else 'without_claude'
        end as conservative,
        pull_requests.attribution_balanced as balanced,
        pull_requests.attribution_liberal as liberal
    from {{ ref('fct_pull_requests') }} as pull_requests
    inner join people on pull_requests.person_key = people.person_key
    where pull_requests.merged_at is not null

),

-- Medians do not add up, so each reading has rows of its own.
read_pull_requests as (

    unpivot merged_pull_requests
    on conservative, balanced, liberal
    into name attribution_reading value attribution

)

select
    repository,
    author_kind,
    attribution_reading,
    attribution,
    count(*) as merged_pull_request_count,
    median(hours_open_to_merge) as median_hours_open_to_merge,
    {{ of_few('count(*)') }} as median_hours_open_to_merge_is_of_few,
    count(hours_open_to_first_review) as reviewed_pull_request_count,
    median(hours_open_to_first_review) as median_hours_open_to_first_review,
    {{ of_few('count(hours_open_to_first_review)') }} as median_hours_open_to_first_review_is_of_few,
    count(review_count) as pull_request_with_reviews_read_count,
    cast(sum(review_count) as bigint) as review_count,
    median(changed_lines) as median_changed_lines,
    {{ of_few('count(changed_lines)') }} as median_changed_lines_is_of_few,
    count(effective_lines) as pull_request_with_files_count,
    median(effective_lines) as median_effective_lines,
    {{ of_few('count(effective_lines)') }} as median_effective_lines_is_of_few,
    count(*) filter (where revert_status = 'reverted') as reverted_pull_request_count,
    count(*) filter (where revert_status in ('reverted', 'not_reverted'))
        as pull_request_with_known_revert_count,
    week_start_date
from read_pull_requests
group by week_start_date, repository, author_kind, attribution_reading, attribution
