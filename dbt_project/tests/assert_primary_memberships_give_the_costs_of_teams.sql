-- The exclusive view: whoever joins primary memberships to costs gets what the fact says of each
-- team, to the digit. Without the condition people in several teams would count in each.
with joined as (

    select
        memberships.team_name,
        sum(costs.allocated_cost_usd) as allocated_cost_usd
    from {{ ref('fct_cost_attribution_daily') }} as costs
    inner join {{ ref('dim_team_memberships') }} as memberships
        on
            costs.person_key = memberships.person_key
            and costs.usage_date >= coalesce(memberships.valid_from, date '-infinity')
            and {{ day_before_end('costs.usage_date', 'memberships.valid_to') }}
    where memberships.is_primary
    group by memberships.team_name

),

said as (

    select
        team_name,
        sum(allocated_cost_usd) as allocated_cost_usd
    from {{ ref('fct_cost_attribution_daily') }}
    where team_name <> 'unassigned'
    group by team_name

)

(select * from joined except select * from said)
union all
(select * from said except select * from joined)
