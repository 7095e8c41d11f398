-- Costs of a month's rows are the month's cost, to the last digit, and their outcomes those of the
-- contributions: by team and by repository alike.
{% set figures = [
    "allocated_cost_usd",
    "merged_pull_request_count",
    "commit_count",
    "effective_lines_added",
    "liberal_commit_count",
    "change_count",
] -%}
with facts as (

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        'team' as scope_type,
        allocated_cost_usd
    from {{ ref('fct_cost_attribution_daily') }}
    where is_complete_day

    union all by name

    select
        cast(date_trunc('month', usage_date) as date) as month_start_date,
        'repository' as scope_type,
        estimated_cost_usd as allocated_cost_usd
    from {{ ref('fct_repository_costs_daily') }}
    where is_complete_day

    union all by name

    select
        contributions.month_start_date,
        scopes.scope_type,
        case when claude_attribution = 'with_claude' then merged_pull_request_count end
            as merged_pull_request_count,
        case when claude_attribution = 'with_claude' then commit_count end as commit_count,
        case when claude_attribution = 'with_claude' then effective_lines_added end
            as effective_lines_added,
        case when attribution_liberal = 'with_claude' then commit_count end
            as liberal_commit_count,
        merged_pull_request_count + commit_count as change_count
    from {{ ref('contributions_monthly') }} as contributions
    cross join (values ('team'), ('repository')) as scopes (scope_type)

),

{% for name, relation in [("expected", "facts"), ("found", ref('cost_per_outcome_monthly'))] -%}
{{ name }} as (

    select
        month_start_date,
        scope_type,
        {%- for figure in figures %}
        coalesce(sum({{ figure }}), 0) as {{ figure }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    group by month_start_date, scope_type
    -- A month that a gateway alone tells of has none of these.
    having
        {%- for figure in figures %}
        coalesce(sum({{ figure }}), 0) <> 0{{ " or" if not loop.last }}
        {%- endfor %}

){{ "," if not loop.last }}

{% endfor -%}
(select * from expected except select * from found)
union all
(select * from found except select * from expected)
