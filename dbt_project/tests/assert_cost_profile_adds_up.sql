-- The organisations' rows, and those of the teams, each have all that the complete days of Claude
-- Code cost, to the digit.
with scopes as (

    select unnest(['organization', 'team']) as scope_type

),

profile as (

    select
        scopes.scope_type,
        coalesce(
            sum(cost_profile.developer_estimated_cost_usd + cost_profile.other_estimated_cost_usd),
            0
        ) as profile_usd
    from scopes
    left join {{ ref('cost_profile_monthly') }} as cost_profile
        on scopes.scope_type = cost_profile.scope_type
    group by scopes.scope_type

),

usage as (

    select coalesce(sum(estimated_cost_usd), 0) as usage_usd
    from {{ ref('fct_claude_code_model_usage_daily') }}
    where is_complete_day

)

select
    profile.scope_type,
    profile.profile_usd,
    usage.usage_usd
from profile
cross join usage
where profile.profile_usd <> usage.usage_usd
