{#- Why a change has its answer in the balanced reading; the first that applies. -#}

{% macro attribution_reason(is_merge='false', is_read='true') -%}
    case
        when claude_attribution = 'with_claude' then 'evidence'
        when {{ is_merge }} then 'merge_commit'
        when claude_attribution = 'undetermined' and not {{ is_read }} then 'commits_not_read'
        when claude_attribution = 'undetermined' then 'branch_only'
        when person_kind in ('bot', 'service') then 'bot_author'
        -- Its maker leaves marks, and left one of another agent.
        when has_other_agent then 'other_agent'
        when person_kind in ('git_only', 'unknown') then 'unmapped_author'
        when is_active_in_window then 'active_author'
        -- Days that were not read are not days without activity.
        when not is_window_read then 'window_not_read'
        else 'inactive_author'
    end
{%- endmacro %}

{#- Balanced and liberal from the reason and from hints of any confidence. -#}

{% macro attribution_readings() -%}
    case
        when attribution_reason = 'evidence' then 'with_claude'
        when
            attribution_reason
            in (
                'branch_only',
                'commits_not_read',
                'unmapped_author',
                'active_author',
                'window_not_read'
            )
            then 'undetermined'
        else 'without_claude'
    end as attribution_balanced,
    case
        when attribution_reason in ('bot_author', 'merge_commit') then 'without_claude'
        when attribution_reason in ('other_agent', 'inactive_author') and not has_claude_hint
            then 'without_claude'
        else 'with_claude'
    end as attribution_liberal
{%- endmacro %}

{#- CTEs that end with `own_readings`: what each change of the CTE `described` says of itself. -#}

{% macro own_readings_ctes(is_merge='false', is_read='true') -%}
reasoned as (

    select
        *,
        {{ attribution_reason(is_merge, is_read) }} as attribution_reason
    from described

),

own_readings as (

    select
        *,
        {{ attribution_readings() }}
    from reasoned

)
{%- endmacro %}
