with actors as (

    select * from {{ ref('int_claude_code_actors_matched_to_people') }}

)

select
    actor_key,
    actor_type,
    person_key,
    {{ without_secrets('actor_api_key_name') }} as api_key_name,
    matching_rule
from actors
