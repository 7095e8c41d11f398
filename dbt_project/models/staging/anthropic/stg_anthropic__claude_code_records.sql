{{ config(materialized="incremental") }}

with records as (

    {{ page_records("usage_report_claude_code", claude_code_record_shape()) }}

),

renamed as (

    select
        window_key,
        page_number,
        record_number,
        record.organization_id as organization_id,
        record.actor.type as actor_type,
        -- One mailbox, one actor: the same address comes back in different cases.
        nullif(lower(trim(record.actor.email_address)), '') as actor_email_address,
        record.actor.api_key_name as actor_api_key_name,
        record.customer_type as customer_type,
        coalesce(record.subscription_type, 'none') as subscription_type,
        record.terminal_type as terminal_type,
        record.core_metrics.num_sessions as session_count,
        record.core_metrics.lines_of_code.added as lines_added,
        record.core_metrics.lines_of_code.removed as lines_removed,
        record.core_metrics.commits_by_claude_code as commit_count,
        record.core_metrics.pull_requests_by_claude_code as pull_request_count,
        coalesce(record.is_remote, false) as is_remote,
        record.tool_actions as tool_actions,
        record.model_breakdown as model_breakdown,
        {{ utc_date('record.date') }} as usage_date,
        loaded_at,
        run_id
    from records

)

select
    window_key,
    page_number,
    record_number,
    organization_id,
    md5(
        concat_ws('|', actor_type, coalesce(actor_email_address, actor_api_key_name, ''))
    ) as actor_key,
    actor_type,
    actor_email_address,
    actor_api_key_name,
    customer_type,
    subscription_type,
    terminal_type,
    session_count,
    lines_added,
    lines_removed,
    commit_count,
    pull_request_count,
    is_remote,
    tool_actions,
    model_breakdown,
    usage_date,
    loaded_at,
    run_id
from renamed
