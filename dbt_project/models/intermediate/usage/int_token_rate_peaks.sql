with usage as (

    select * from {{ ref('stg_anthropic__message_usage_by_minute') }}
    -- Batches have limits of their own, and an unknown tier is not a batch.
    where service_tier is distinct from 'batch'

),

requests as (

    select * from {{ ref('stg_anthropic__analytics_usage_by_minute') }}
    where service_tier is distinct from 'batch'

),

complete_days as (

    select
        endpoint,
        window_key
    from {{ ref('stg_anthropic__completeness_ledger') }}
    where completeness_status = 'complete'

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

rate_limits as (

    select distinct
        rate_limit_id,
        unnest(models) as model
    from {{ ref('stg_anthropic__rate_limits') }}
    where group_type = 'model_group'

),

-- A model that two groups name counts in both: which limit held is not reported.
models as (

    select
        model,
        list(rate_limit_id) as rate_limit_ids
    from rate_limits
    group by model

),

by_caller as (

    select
        {{ workspace_or_default("usage.workspace_id") }} as workspace_id,
        usage.model,
        -- What is read from the cache is not limited.
        sum(
            usage.uncached_input_tokens
            + usage.cache_creation_5m_tokens
            + usage.cache_creation_1h_tokens
        ) as input_tokens,
        sum(usage.output_tokens) as output_tokens,
        usage.minute_started_at,
        usage.usage_date
    from usage
    inner join complete_days
        on
            usage.window_key = complete_days.window_key
            and complete_days.endpoint = 'usage_report_messages_by_minute'
    group by 1, 2, usage.minute_started_at, usage.usage_date

    union all by name

    -- Another report: a minute's tokens and requests meet where they are added up.
    select
        {{ workspace_or_default("requests.workspace_id") }} as workspace_id,
        requests.model,
        sum(requests.request_count) as requests,
        requests.minute_started_at,
        requests.usage_date
    from requests
    inner join complete_days
        on
            requests.window_key = complete_days.window_key
            and complete_days.endpoint = 'analytics_usage_by_minute'
    group by 1, 2, requests.minute_started_at, requests.usage_date

),

-- A caller counts in its workspace and in all, in its groups and in all models.
scoped as (

    select
        unnest([by_caller.workspace_id, 'all']) as workspace_id,
        list_append(coalesce(models.rate_limit_ids, ['unmapped']), 'all') as rate_limit_ids,
        by_caller.input_tokens,
        by_caller.output_tokens,
        by_caller.requests,
        by_caller.minute_started_at,
        by_caller.usage_date
    from by_caller
    left join models on by_caller.model = models.model

),

limited as (

    select
        workspace_id,
        unnest(rate_limit_ids) as rate_limit_id,
        input_tokens,
        output_tokens,
        requests,
        minute_started_at,
        usage_date
    from scoped

),

by_minute as (

    select
        workspace_id,
        rate_limit_id,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(input_tokens) + sum(output_tokens) as tokens,
        sum(requests) as requests,
        minute_started_at,
        usage_date
    from limited
    group by workspace_id, rate_limit_id, minute_started_at, usage_date

),

measured as (

    unpivot by_minute
    on input_tokens, output_tokens, tokens, requests
    into name measure value amount

),

-- Of minutes that are as busy, the first. What its report was not read for has none.
peaks as (

    select
        workspace_id,
        rate_limit_id,
        measure,
        max({'amount': amount, 'before': -epoch_us(minute_started_at)}) as peak,
        usage_date
    from measured
    group by workspace_id, rate_limit_id, measure, usage_date

)

select
    workspace_id,
    rate_limit_id,
    measure,
    cast(peak.amount as bigint) as peak_amount,
    -- A day without any has no busiest minute.
    case when peak.amount > 0 then make_timestamp(-peak.before) end as peak_minute_started_at,
    usage_date
from peaks
