-- What the profile tells of the months is what the complete days of Claude Code have, to the digit.
with profile as (

    select coalesce(sum(developer_estimated_cost_usd + other_estimated_cost_usd), 0) as profile_usd
    from {{ ref('cost_profile_monthly') }}

),

usage as (

    select coalesce(sum(estimated_cost_usd), 0) as usage_usd
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where is_complete_day

)

select
    profile.profile_usd,
    usage.usage_usd
from profile
cross join usage
where profile.profile_usd <> usage.usage_usd
