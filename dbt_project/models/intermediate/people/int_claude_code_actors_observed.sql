with actors as (

    select
        actor_key,
        actor_type,
        actor_email_address,
        actor_api_key_name
    from {{ ref('stg_anthropic__claude_code_records') }}

    union all by name

    select
        actor_key,
        actor_type,
        actor_email_address,
        case when actor_email_address is null then user_id end as actor_user_id
    from {{ ref('int_enterprise_activity_identified') }}
    where used_claude_code

)

select
    actor_key,
    min(actor_type) as actor_type,
    min(actor_email_address) as actor_email_address,
    min(actor_api_key_name) as actor_api_key_name,
    min(actor_user_id) as actor_user_id
from actors
group by actor_key
