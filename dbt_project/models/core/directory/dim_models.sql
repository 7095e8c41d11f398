with used as (

    select model, usage_date from {{ ref('fct_claude_code_model_usage_daily') }}
    union all by name
    select model, usage_date from {{ ref('fct_message_usage_daily') }}
    union all by name
    select model, usage_date from {{ ref('fct_billed_costs_daily') }}
    union all by name
    select model, usage_date from {{ ref('fct_gateway_usage_daily') }}
    where model <> 'unmapped'
    union all by name
    select model, usage_date from {{ ref('fct_local_usage_daily') }}
    where model <> 'unmapped'
    union all by name
    select model, usage_date from {{ ref('fct_telemetry_usage_daily') }}
    where model <> 'unmapped'

),

models as (

    select
        model,
        min(usage_date) as first_used_date,
        max(usage_date) as last_used_date
    from used
    group by model

),

-- New names come without notice, so the form is parsed and no model is listed:
-- claude-<family>-<major>[-<minor>][-<yyyymmdd>] and, until 2024,
-- claude-<major>[-<minor>]-<family>[-<yyyymmdd>].
parsed as (

    select
        model,
        first_used_date,
        last_used_date,
        regexp_extract(
            model,
            '^claude-([a-z]+)-(\d{1,2})(?:-(\d{1,2}))?(?:-(\d{8}|latest))?(?:\[[0-9a-z]+\])?$',
            ['family', 'major', 'minor', 'snapshot']
        ) as current_form,
        regexp_extract(
            model,
            '^claude-(\d{1,2})(?:-(\d{1,2}))?-([a-z]+)(?:-(\d{8}|latest))?$',
            ['major', 'minor', 'family', 'snapshot']
        ) as older_form
    from models

),

named as (

    select
        model,
        first_used_date,
        last_used_date,
        coalesce(nullif(current_form.family, ''), older_form.family) as model_family,
        concat_ws(
            '.',
            nullif(concat(current_form.major, older_form.major), ''),
            nullif(concat(current_form.minor, older_form.minor), '')
        ) as model_version,
        concat(current_form.snapshot, older_form.snapshot) as snapshot
    from parsed

)

select
    model,
    coalesce(nullif(model_family, ''), 'unknown') as model_family,
    nullif(model_version, '') as model_version,
    model_family <> '' as is_known,
    cast(try_strptime(snapshot, '%Y%m%d') as date) as snapshot_date,
    first_used_date,
    last_used_date
from named
