with users as (

    {% for report in reports() if report.is_by_actor %}
    select distinct
        actor_user_id as user_id,
        actor_email_address as email_address
    from {{ ref(report.model) }}
    where actor_user_id is not null
    union all by name
    {% endfor %}
    select distinct
        user_id,
        email_address
    from {{ ref('stg_anthropic__enterprise_user_activity') }}
    where user_id is not null

)

select
    user_id,
    min(email_address) as email_address
from users
group by user_id
