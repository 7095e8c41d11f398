with reviews as (

    select * from {{ ref('stg_github__pull_request_reviews') }}
    -- Pending reviews are drafts that only their writer sees.
    where submitted_at is not null

),

pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}

),

identities as (

    select * from {{ ref('int_identities_resolved') }}
    where identity_type = 'github_login'

)

select
    reviews.repository_id,
    reviews.pull_request_number,
    reviews.review_id,
    reviews.review_state,
    -- A login that is gone is not known to be the author's.
    coalesce(lower(reviews.author_login) = lower(pull_requests.author_login), false) as is_own,
    coalesce(reviews.author_kind = 'Bot', false)
    or coalesce(identities.person_root_type = 'bot', false) as is_bot,
    reviews.submitted_at
from reviews
inner join pull_requests
    on
        reviews.repository_id = pull_requests.repository_id
        and reviews.pull_request_number = pull_requests.pull_request_number
left join identities on lower(reviews.author_login) = identities.identity_value
