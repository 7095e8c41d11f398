with records as (

    select * from {{ ref('stg_anthropic__claude_code_records') }}

)

select
    actor_key,
    min(actor_type) as actor_type,
    min(actor_email_address) as actor_email_address,
    min(actor_api_key_name) as actor_api_key_name
from records
group by actor_key
