-- Nothing is lost or doubled between the records and the daily facts.
with totals as (

    select
        'activity' as measure,
        (
            select sum(session_count + lines_added + lines_removed + commit_count
                + pull_request_count)
            from {{ ref('stg_anthropic__claude_code_records') }}
        ) as staged_total,
        (
            select sum(session_count + lines_added + lines_removed + commit_count
                + pull_request_count)
            from {{ ref('fct_claude_code_activity_daily') }}
        ) as mart_total
    union all by name
    select
        'tool actions' as measure,
        (
            select sum(accepted_count + rejected_count)
            from {{ ref('stg_anthropic__claude_code_tool_actions') }}
        ) as staged_total,
        (
            select sum(accepted_count + rejected_count)
            from {{ ref('fct_claude_code_tool_actions_daily') }}
        ) as mart_total
    union all by name
    select
        'Claude Code tokens' as measure,
        (
            select sum(input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens)
            from {{ ref('stg_anthropic__claude_code_model_usage') }}
        ) as staged_total,
        (
            select sum(input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens)
            from {{ ref('fct_claude_code_model_usage_daily') }}
        ) as mart_total
    union all by name
    select
        'message tokens' as measure,
        (
            select sum(uncached_input_tokens + output_tokens + cache_read_tokens
                + cache_creation_5m_tokens + cache_creation_1h_tokens + web_search_count)
            from {{ ref('stg_anthropic__message_usage') }}
        ) as staged_total,
        (
            select sum(uncached_input_tokens + output_tokens + cache_read_tokens
                + cache_creation_5m_tokens + cache_creation_1h_tokens + web_search_count)
            from {{ ref('fct_message_usage_daily') }}
        ) as mart_total

)

select
    measure,
    staged_total,
    mart_total
from totals
where staged_total is distinct from mart_total
