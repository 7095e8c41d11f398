-- As int_day_fingerprints, which cannot tell it: who wrote a commit with Claude is known from the activity.
with commits as (

    select * from {{ ref('fct_commits') }}

),

pull_requests as (

    select * from {{ ref('fct_pull_requests') }}

),

hashes as (

    select
        'fct_commits' as input,
        cast(authored_at as date) as usage_date,
        hash(person_key, repository_id, repository, is_merge) as row_hash
    from commits

    union all

    select
        'fct_pull_requests' as input,
        cast(created_at as date) as usage_date,
        hash(person_key, repository_id, repository, 'created_at') as row_hash
    from pull_requests

    union all

    select
        'fct_pull_requests' as input,
        cast(merged_at as date) as usage_date,
        hash(person_key, repository_id, repository, 'merged_at') as row_hash
    from pull_requests

)

select
    input,
    usage_date,
    sum(row_hash) as fingerprint
from hashes
where usage_date is not null
group by input, usage_date
