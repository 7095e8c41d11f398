{{ config(materialized="incremental", unique_key=["repository_id", "pull_request_number"]) }}

with pull_requests as (

    select
        repository_id,
        pull_request_number,
        reviews,
        loaded_at,
        run_id
    from {{ ref('stg_github__pull_requests') }} as pull_requests
    where {{ not_staged_yet("pull_requests", is_source=false) }}

),

reviews as (

    select
        repository_id,
        pull_request_number,
        unnest(reviews) as review,
        loaded_at,
        run_id
    from pull_requests

)

select
    repository_id,
    pull_request_number,
    review.fullDatabaseId as review_id,
    lower(review.state) as review_state,
    review.author.login as author_login,
    review.author.__typename as author_kind,
    {{ utc_timestamp('review.submittedAt') }} as submitted_at,
    loaded_at,
    run_id
from reviews
