{#- What of a minute each kind of limit counts. Others are limits of something that the reports do
    not tell: days, fast mode. -#}
{%- set measures = {
    "input_tokens_per_minute": "input_tokens",
    "input_tokens_per_minute_cache_aware": "input_tokens",
    "output_tokens_per_minute": "output_tokens",
    "tokens_per_minute": "tokens",
    "requests_per_minute": "requests",
} -%}
-- Long: why a peak, a limit or a recommendation is not known is said of each.
with peaks as (

    select * from {{ ref('int_token_rate_peaks') }}

),

known_limits as (

    select * from {{ ref('int_rate_limits_known') }}

),

limits as (

    select * from known_limits where workspace_id = 'all'

),

own_limits as (

    select * from known_limits where is_own_limit

),

minute_days as (

    select
        cast(window_key as date) as usage_date,
        endpoint = 'analytics_usage_by_minute' as is_of_requests
    from {{ ref('data_completeness') }}
    where
        endpoint in ('usage_report_messages_by_minute', 'analytics_usage_by_minute')
        and completeness_status = 'complete'

),

days as (

    select usage_date from minute_days
    union
    select usage_date
    from {{ ref('int_report_days_chosen') }}
    where organization_kind = 'console' and report_family = 'usage' and is_complete_day

),

rate_limits as (

    select
        rate_limit_id,
        max(rate_limit_name) as rate_limit_name,
        coalesce(bool_or(starts_with(limit_type, 'input_tokens_per_minute')), false)
            as limits_input
    from (
        select rate_limit_id, rate_limit_name, limit_type from limits
        union all by name
        select rate_limit_id, limit_type from own_limits
    )
    group by rate_limit_id

),

-- Input and output have a row, limited or not.
limit_types as (

    select rate_limit_id, limit_type from limits
    union
    select rate_limit_id, limit_type from own_limits
    union
    select rate_limit_id, 'output_tokens_per_minute' as limit_type from rate_limits
    union
    select rate_limit_id, 'input_tokens_per_minute' as limit_type from rate_limits
    where not limits_input
    union
    select *
    from (
        values
        ('unmapped', 'input_tokens_per_minute'),
        ('unmapped', 'output_tokens_per_minute'),
        ('all', 'tokens_per_minute'),
        ('all', 'requests_per_minute')
    ) as others (rate_limit_id, limit_type)

),

scopes as (

    select
        'all' as workspace_id,
        rate_limits.rate_limit_id,
        days.usage_date
    from days
    cross join (
        select rate_limit_id from rate_limits
        union all
        select 'all' as rate_limit_id
    ) as rate_limits
    union
    select
        own_limits.workspace_id,
        own_limits.rate_limit_id,
        days.usage_date
    from days
    cross join own_limits
    union
    select workspace_id, rate_limit_id, usage_date from peaks

),

team_sizes as (

    select
        -- There is one Console organisation.
        sum(active_28d_count) as active_person_count,
        usage_date
    from {{ ref('adoption_daily') }}
    where organization_id not in ('all', 'enterprise') and team_name = 'all'
    group by usage_date

),

recommendations as (

    select
        team_sizes.usage_date,
        recommended.*
    from team_sizes
    inner join {{ ref('recommended_token_rates') }} as recommended
        on
            team_sizes.active_person_count >= recommended.people_from
            and team_sizes.active_person_count <= coalesce(recommended.people_to, 1000000000)

),

typed as (

    select
        scopes.workspace_id,
        scopes.rate_limit_id,
        limit_types.limit_type,
        case limit_types.limit_type
            {%- for limit_type, measure in measures.items() %}
            when '{{ limit_type }}' then '{{ measure }}'
            {%- endfor %}
        end as measure,
        scopes.workspace_id = 'all' and scopes.rate_limit_id = 'all' as is_organization,
        scopes.usage_date
    from scopes
    inner join limit_types on scopes.rate_limit_id = limit_types.rate_limit_id
    -- Requests of all models are not limited, only recommended.
    where
        scopes.workspace_id = 'all'
        or scopes.rate_limit_id <> 'all'
        or limit_types.limit_type <> 'requests_per_minute'

),

joined as (

    select
        typed.*,
        rate_limits.rate_limit_name,
        -- A complete day without any has a peak of none.
        case
            when typed.measure is not null and minute_days.usage_date is not null
                then coalesce(peaks.peak_amount, 0)
        end as peak_amount,
        peaks.peak_minute_started_at,
        limits.limit_value as organization_limit_value,
        known_limits.limit_value,
        known_limits.limit_source,
        case when typed.is_organization then team_sizes.active_person_count end
            as active_person_count,
        recommendations.per_user_lower,
        recommendations.per_user_upper,
        recommendations.source_url,
        recommendations.read_on
    from typed
    left join rate_limits on typed.rate_limit_id = rate_limits.rate_limit_id
    left join minute_days
        on
            typed.usage_date = minute_days.usage_date
            and (coalesce(typed.measure, '') = 'requests') = minute_days.is_of_requests
    left join peaks
        on
            typed.workspace_id = peaks.workspace_id
            and typed.rate_limit_id = peaks.rate_limit_id
            and typed.measure = peaks.measure
            and typed.usage_date = peaks.usage_date
    left join limits
        on
            typed.rate_limit_id = limits.rate_limit_id
            and typed.limit_type = limits.limit_type
    left join known_limits
        on
            typed.workspace_id = known_limits.workspace_id
            and typed.rate_limit_id = known_limits.rate_limit_id
            and typed.limit_type = known_limits.limit_type
    left join team_sizes on typed.usage_date = team_sizes.usage_date
    left join recommendations
        on
            typed.is_organization
            and typed.limit_type = recommendations.limit_type
            and typed.usage_date = recommendations.usage_date

)

select
    workspace_id,
    rate_limit_id,
    rate_limit_name,
    limit_type,
    case when measure <> 'requests' then peak_amount end as peak_tokens,
    case when measure = 'requests' then peak_amount end as peak_request_count,
    case
        when peak_amount is not null then null
        when measure is null then 'not_measured'
        else 'no_minute_data'
    end as peak_unknown_reason,
    limit_value,
    limit_source,
    case
        when limit_value is not null then null
        when rate_limit_id = 'all' then 'limits_are_by_model_group'
        when not exists (select 1 from limits) then 'limits_not_read'
        when rate_limit_id = 'unmapped' then 'no_limit_names_the_model'
        when organization_limit_value is null then 'not_listed'
        else 'workspace_limits_not_read'
    end as limit_unknown_reason,
    case when measure <> 'requests' then limit_value - peak_amount end as headroom_tokens,
    case when measure = 'requests' then limit_value - peak_amount end as headroom_request_count,
    peak_amount / nullif(limit_value, 0) as limit_used_ratio,
    cast(active_person_count as bigint) as active_person_count,
    cast(per_user_lower as decimal(18, 6)) as recommended_per_person_lower,
    cast(per_user_upper as decimal(18, 6)) as recommended_per_person_upper,
    cast(active_person_count * per_user_lower as decimal(18, 6)) as recommended_lower,
    cast(active_person_count * per_user_upper as decimal(18, 6)) as recommended_upper,
    peak_amount / (active_person_count * per_user_lower) as recommended_lower_used_ratio,
    case
        when per_user_lower is not null then null
        when not is_organization then 'for_the_organization_as_a_whole'
        when active_person_count is null then 'active_people_not_known'
        else 'nobody_active'
    end as recommendation_unknown_reason,
    source_url as published_source_url,
    read_on as published_read_on,
    peak_minute_started_at,
    usage_date
from joined
