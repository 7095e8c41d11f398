with current_figures as (

    select * from {{ ref('int_report_figures_current') }}

),

revised as (

    select * from {{ ref('int_report_figures_revised') }}

),

ledger as (

    {{ of_sources("completeness_ledger", only_with_days=true) }}

),

-- Changes of the same window at the same moment are one revision.
revisions as (

    select distinct
        endpoint,
        window_key,
        revised_at
    from ({{ of_sources("record_revisions", only_with_days=true) }})

),

reading_starts as (

    select
        endpoint,
        window_key,
        -- Before it was read whole, a day's figures were those of a part of it; of a day that
        -- never was, they are those of its last reading.
        case
            when completeness_status = 'complete'
                then coalesce(first_complete_at, first_fetched_at)
            else coalesce(first_complete_at, last_fetched_at)
        end as read_at
    from ledger
    union all by name
    select
        endpoint,
        window_key,
        revised_at as read_at
    from revisions

),

readings as (

    select
        endpoint,
        window_key,
        read_at,
        lead(read_at) over (
            partition by endpoint, window_key order by read_at
        ) as superseded_at
    from reading_starts

),

figures as (

    select
        *,
        cast(null as timestamp) as revised_at
    from current_figures
    union all by name
    select * from revised

),

-- A past reading is what is stored now, with what went since and without what came since.
by_reading as (

    select
        figures.endpoint,
        figures.window_key,
        figures.workspace_id,
        figures.model,
        figures.metric,
        readings.read_at,
        readings.superseded_at,
        sum(figures.record_count) as record_count,
        sum(figures.figure) as figure
    from figures
    inner join readings
        on
            figures.endpoint = readings.endpoint
            and figures.window_key = readings.window_key
            and (figures.revised_at is null or figures.revised_at >= readings.superseded_at)
    group by
        figures.endpoint,
        figures.window_key,
        figures.workspace_id,
        figures.model,
        figures.metric,
        readings.read_at,
        readings.superseded_at

)

select
    endpoint as report,
    workspace_id,
    model,
    metric,
    case
        when ends_with(metric, '_usd') then 'usd'
        when ends_with(metric, '_tokens') then 'tokens'
        else 'count'
    end as unit,
    cast(figure as decimal(24, 6)) as figure,
    superseded_at is null as is_current,
    cast(window_key as date) as usage_date,
    read_at,
    superseded_at
from by_reading
-- What no record of the reading was about is no row, not a zero.
where record_count > 0
