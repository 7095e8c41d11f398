{{ config(
    materialized="incremental",
    unique_key="usage_date",
    post_hook="{{ remember_built_days(ref('int_day_fingerprints')) }}",
) }}

{%- set counts = [
    "message_count",
    "conversation_count",
    "session_count",
    "action_count",
    "artifact_count",
    "web_search_count",
] -%}
with teams as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

products as (

    select
        usage_date,
        person_key,
        unnest(other_products, recursive := true)
    from {{ ref('int_enterprise_activity_ruled') }}
    where {{ in_changed_days('usage_date') }}

),

days as (

    select * from {{ ref('int_report_days_chosen') }}
    where report_family = 'activity' and endpoint = 'enterprise_user_activity'

),

daily as (

    select
        person_key,
        product
        {%- for count in counts %},
        cast(sum({{ count }}) as bigint) as {{ count }}
        {%- endfor %},
        usage_date
    from products
    group by usage_date, person_key, product

)

select
    daily.person_key,
    {{ team_of_day() }} as team_name,
    {{ cost_center_of_day() }} as cost_center,
    daily.product
    {%- for count in counts %},
    daily.{{ count }}
    {%- endfor %},
    coalesce(days.is_complete_day, false) as is_complete_day,
    daily.usage_date
from daily
{{ join_primary_team('daily', 'usage_date') }}
left join days on daily.usage_date = days.usage_date
-- The report has each product of whoever did anything.
where greatest({{ counts | join(', ') }}) > 0
