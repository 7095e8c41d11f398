{#- Two columns, claude_attribution and attribution_confidence, from the evidence rows of one
    subject. Used with `group by` the subject after a left join, so a subject without evidence has
    one row of nulls. -#}

{% macro attribution_verdict(evidence) -%}
    case
        when bool_or({{ evidence }}.agent = 'claude' and {{ evidence }}.is_conclusive)
            then 'with_claude'
        -- A claude/ branch says opened by, not written by. Marks of low confidence, such as a
        -- sentence that names Claude or an author called just Claude, are shown and not counted.
        when bool_or({{ evidence }}.agent = 'claude' and {{ evidence }}.confidence = 'medium')
            then 'undetermined'
        else 'without_claude'
    end as claude_attribution,
    case
        -- With: the best of the marks that decide.
        when bool_or({{ evidence }}.agent = 'claude' and {{ evidence }}.is_conclusive)
            then case
                when bool_or(
                    {{ evidence }}.agent = 'claude'
                    and {{ evidence }}.is_conclusive
                    and {{ evidence }}.confidence = 'high'
                ) then 'high'
                else 'medium'
            end
        when bool_or({{ evidence }}.agent = 'claude' and {{ evidence }}.confidence = 'medium')
            then 'low'
        -- Without: absence proves little, because attribution can be switched off. Another agent's
        -- mark at least says that marks are left where the change was made.
        when bool_or({{ evidence }}.is_conclusive) then 'medium'
        else 'low'
    end as attribution_confidence
{%- endmacro %}
