with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

pull_requests as (

    select
        *,
        cast(created_at as date) as created_date,
        cast(merged_at as date) as merged_date,
        -- The day whose team counts.
        coalesce(merged_date, created_date) as team_date
    from {{ ref('stg_github__pull_requests') }}

),

repositories as (

    select * from {{ ref('dim_repositories') }}

),

people as (

    select * from {{ ref('int_pull_requests_matched_to_people') }}

),

reviews as (

    select
        repository_id,
        pull_request_number,
        count(*) filter (where not is_own and not is_bot) as review_count,
        count(*) filter (where is_bot) as bot_review_count,
        count(*) filter (where not is_own and not is_bot and review_state = 'approved')
            as approval_count,
        min(submitted_at) filter (where not is_own and not is_bot) as first_reviewed_at
    from {{ ref('int_reviews_classified') }}
    group by repository_id, pull_request_number

),

attributed as (

    select * from {{ ref('int_pull_requests_attributed') }}

),

readings as (

    select * from {{ ref('int_pull_requests_attribution_read') }}

),

estimated as (

    select * from {{ ref('int_pull_requests_estimated') }}

),

effective_lines as (

    select * from {{ ref('int_pull_requests_effective_lines') }}

),

reverts as (

    select * from {{ ref('int_pull_requests_reverted') }}

)

select
    pull_requests.repository_id,
    repositories.repository,
    pull_requests.pull_request_number,
    pull_requests.pull_request_state,
    people.person_key,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_day() }} as cost_center,
    people.matching_rule as person_matching_rule,
    attributed.claude_attribution,
    attributed.attribution_confidence,
    readings.attribution_balanced,
    readings.attribution_liberal,
    readings.attribution_reason,
    estimated.attribution_estimated,
    estimated.estimate_reason,
    estimated.claude_probability,
    pull_requests.merge_commit_sha,
    pull_requests.lines_added,
    pull_requests.lines_removed,
    -- Null where the files were not asked for, which is not none.
    case when pull_requests.files is not null then coalesce(effective_lines.effective_lines_added, 0) end
        as effective_lines_added,
    case when pull_requests.files is not null then coalesce(effective_lines.effective_lines_removed, 0) end
        as effective_lines_removed,
    case when pull_requests.files is not null then coalesce(effective_lines.excluded_lines_added, 0) end
        as excluded_lines_added,
    case when pull_requests.files is not null then coalesce(effective_lines.excluded_lines_removed, 0) end
        as excluded_lines_removed,
    pull_requests.changed_file_count,
    case when pull_requests.files is not null then coalesce(effective_lines.listed_file_count, 0) end
        as listed_file_count,
    case when pull_requests.files is not null then coalesce(effective_lines.excluded_file_count, 0) end
        as excluded_file_count,
    pull_requests.commit_count,
    -- Null where reviews were not asked for, which is not none.
    case when pull_requests.reviews is not null then coalesce(reviews.review_count, 0) end
        as review_count,
    case when pull_requests.reviews is not null then coalesce(reviews.bot_review_count, 0) end
        as bot_review_count,
    case when pull_requests.reviews is not null then coalesce(reviews.approval_count, 0) end
        as approval_count,
    date_diff('second', pull_requests.created_at, reviews.first_reviewed_at) / 3600
        as hours_open_to_first_review,
    date_diff('second', pull_requests.created_at, pull_requests.merged_at) / 3600
        as hours_open_to_merge,
    coalesce(reverts.revert_status, 'not_merged') as revert_status,
    pull_requests.is_draft,
    pull_requests.is_cross_repository,
    pull_requests.created_at,
    pull_requests.updated_at,
    reviews.first_reviewed_at,
    pull_requests.closed_at,
    pull_requests.merged_at,
    reverts.reverted_at,
    pull_requests.created_date,
    pull_requests.merged_date
from pull_requests
inner join repositories on pull_requests.repository_id = repositories.repository_id
inner join people
    on
        pull_requests.repository_id = people.repository_id
        and pull_requests.pull_request_number = people.pull_request_number
{{ join_primary_team('pull_requests', 'team_date', people='people') }}
left join reviews
    on
        pull_requests.repository_id = reviews.repository_id
        and pull_requests.pull_request_number = reviews.pull_request_number
left join attributed
    on
        pull_requests.repository_id = attributed.repository_id
        and pull_requests.pull_request_number = attributed.pull_request_number
left join readings
    on
        pull_requests.repository_id = readings.repository_id
        and pull_requests.pull_request_number = readings.pull_request_number
left join estimated
    on
        pull_requests.repository_id = estimated.repository_id
        and pull_requests.pull_request_number = estimated.pull_request_number
left join effective_lines
    on
        pull_requests.repository_id = effective_lines.repository_id
        and pull_requests.pull_request_number = effective_lines.pull_request_number
left join reverts
    on
        pull_requests.repository_id = reverts.repository_id
        and pull_requests.pull_request_number = reverts.pull_request_number
