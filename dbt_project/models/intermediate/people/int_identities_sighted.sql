with commits as (

    select
        {{ normal_email('author_email') }} as email_address,
        nullif(lower(author_login), '') as github_login,
        cast(authored_at as date) as seen_date
    from {{ ref('stg_github__commits') }}
    where left_default_branch_at is null

),

pull_requests as (

    select
        authors.github_login,
        cast(pull_requests.created_at as date) as seen_date
    from {{ ref('int_pull_request_authors_observed') }} as authors
    inner join {{ ref('stg_github__pull_requests') }} as pull_requests
        on
            authors.repository_id = pull_requests.repository_id
            and authors.pull_request_number = pull_requests.pull_request_number

),

sightings as (

    select
        'email' as identity_type,
        email_address as identity_value,
        'commit' as seen_as,
        seen_date
    from commits
    where email_address is not null

    union all by name

    select
        'github_login' as identity_type,
        github_login as identity_value,
        'commit' as seen_as,
        seen_date
    from commits
    where github_login is not null

    union all by name

    select
        'github_login' as identity_type,
        github_login as identity_value,
        'pull_request' as seen_as,
        seen_date
    from pull_requests
    where github_login is not null

    union all by name

    select
        'api_key_name' as identity_type,
        actor_api_key_name as identity_value,
        'claude_code_record' as seen_as,
        usage_date as seen_date
    from {{ ref('stg_anthropic__claude_code_records') }}
    where actor_api_key_name is not null

    union all by name

    select
        'user_id' as identity_type,
        user_id as identity_value,
        'claude_code_record' as seen_as,
        usage_date as seen_date
    from {{ ref('int_enterprise_activity_identified') }}
    where actor_email_address is null and user_id is not null

)

select
    identity_type,
    identity_value,
    count(*) filter (where seen_as = 'commit') as commit_count,
    count(*) filter (where seen_as = 'pull_request') as pull_request_count,
    count(*) filter (where seen_as = 'claude_code_record') as claude_code_record_count,
    min(seen_date) as first_seen_date,
    max(seen_date) as last_seen_date
from sightings
group by identity_type, identity_value
