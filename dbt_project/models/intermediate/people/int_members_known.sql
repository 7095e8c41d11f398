with console_users as (

    select * from {{ ref('stg_anthropic__users') }}

),

enterprise_users as (

    select * from {{ ref('stg_anthropic__enterprise_users') }}

),

versions as (

    select * from {{ ref('stg_anthropic__user_versions') }}

),

report_users as (

    select * from {{ ref('int_report_users_observed') }}

),

entries as (

    select
        user_id,
        email_address,
        display_name,
        organization_role,
        added_at,
        true as is_listed,
        true as is_current,
        cast(null as timestamp) as valid_from,
        cast(null as timestamp) as valid_to,
        1 as preference
    from console_users

    union all by name

    select
        user_id,
        email_address,
        display_name,
        organization_role,
        added_at,
        true as is_listed,
        true as is_current,
        1 as preference
    from enterprise_users

    union all by name

    select
        user_id,
        email_address,
        display_name,
        organization_role,
        added_at,
        true as is_listed,
        false as is_current,
        valid_from,
        valid_to,
        2 as preference
    from versions

    union all by name

    -- Reports name people whom no directory that was read had.
    select
        user_id,
        email_address,
        false as is_listed,
        false as is_current,
        3 as preference
    from report_users

)

select
    user_id,
    -- The newest of each that is known: an address is gone once an account is deleted.
    arg_min(email_address, (preference, -epoch(coalesce(valid_from, timestamp '1970-01-01'))))
        as email_address,
    arg_min(display_name, (preference, -epoch(coalesce(valid_from, timestamp '1970-01-01'))))
        as display_name,
    arg_min(
        organization_role, (preference, -epoch(coalesce(valid_from, timestamp '1970-01-01')))
    ) as organization_role,
    min(added_at) as added_at,
    bool_or(is_listed) as is_listed,
    bool_or(is_current) as is_current,
    min(valid_from) as first_seen_at,
    case when not bool_or(is_current) then max(valid_to) end as left_at
from entries
where user_id is not null
group by user_id
