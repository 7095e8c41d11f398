-- Nothing is lost or doubled between the records and the daily facts.
with totals as (

    select
        'activity' as measure,
        (
            select sum(coalesce(session_count, 0) + lines_added + lines_removed + commit_count
                + pull_request_count)
            from (
                select session_count, lines_added, lines_removed, commit_count, pull_request_count
                from {{ ref('stg_anthropic__claude_code_records') }}
                where {{ in_untested_days('usage_date') }}
                union all by name
                select session_count, lines_added, lines_removed, commit_count, pull_request_count
                from {{ ref('int_enterprise_activity_ruled') }}
                where counting_rule = 'counted' and {{ in_untested_days('usage_date') }}
            )
        ) as staged_total,
        (
            select sum(coalesce(session_count, 0) + lines_added + lines_removed + commit_count
                + pull_request_count)
            from {{ ref('fct_claude_code_activity_daily') }}
            where {{ in_untested_days('usage_date') }}
        ) as mart_total
    union all by name
    select
        'tool actions' as measure,
        (
            select sum(accepted_count + rejected_count)
            from (
                select accepted_count, rejected_count
                from {{ ref('stg_anthropic__claude_code_tool_actions') }}
                where {{ in_untested_days('usage_date') }}
                union all by name
                select
                    unnest(map_values(tool_actions)).accepted_count as accepted_count,
                    unnest(map_values(tool_actions)).rejected_count as rejected_count
                from {{ ref('int_enterprise_activity_ruled') }}
                where counting_rule = 'counted' and {{ in_untested_days('usage_date') }}
            )
        ) as staged_total,
        (
            select sum(accepted_count + rejected_count)
            from {{ ref('fct_claude_code_tool_actions_daily') }}
            where {{ in_untested_days('usage_date') }}
        ) as mart_total
    union all by name
    select
        'Claude Code tokens' as measure,
        (
            select sum(input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens)
            from {{ ref('stg_anthropic__claude_code_model_usage') }}
            where {{ in_untested_days('usage_date') }}
        ) as staged_total,
        (
            select sum(input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens)
            from {{ ref('fct_claude_code_model_usage_daily') }}
            where {{ in_untested_days('usage_date') }}
        ) as mart_total
    union all by name
    select
        'message tokens' as measure,
        (
            select sum(uncached_input_tokens + output_tokens + cache_read_tokens
                + cache_creation_5m_tokens + cache_creation_1h_tokens + web_search_count)
            from (
                {% for report in reports_of("usage") %}
                select staged.*
                from {{ ref(report.model) }} as staged
                semi join {{ ref('int_report_days_chosen') }} as days
                    on days.endpoint = '{{ report.endpoint }}' and staged.window_key = days.window_key
                where {{ in_untested_days('staged.usage_date') }}
                {% if not loop.last %}union all by name{% endif %}
                {% endfor %}
            )
        ) as staged_total,
        (
            select sum(uncached_input_tokens + output_tokens + cache_read_tokens
                + cache_creation_5m_tokens + cache_creation_1h_tokens + web_search_count)
            from {{ ref('fct_message_usage_daily') }}
            where {{ in_untested_days('usage_date') }}
        ) as mart_total

)

select
    measure,
    staged_total,
    mart_total
from totals
where staged_total is distinct from mart_total
