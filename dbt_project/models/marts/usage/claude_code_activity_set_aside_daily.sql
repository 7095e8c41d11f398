with activity as (

    select * from {{ ref('int_enterprise_activity_ruled') }}

)

select
    counting_rule,
    count(*) as row_count,
    count(distinct user_id) as user_count,
    cast(coalesce(sum(session_count), 0) as bigint) as session_count,
    cast(coalesce(sum(lines_added), 0) as bigint) as lines_added,
    usage_date
from activity
where counting_rule <> 'counted'
group by usage_date, counting_rule
