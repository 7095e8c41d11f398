{{ config(materialized="view") }}

{%- set line_start = attribution_line_start() -%}

with lines as (

    select
        *,
        -- In a subject or title the words are about something ("Built with Claude Code", a badge).
        coalesce(line_number = 1 and evidence_source in ('own_message', 'title'), false)
            as is_first_line
    from {{ ref('int_attribution_lines') }}

),

-- Few lines stand under many messages: each is judged once. An aggregate, because DuckDB would
-- move the patterns of all rules to before a `distinct`, and try them on each line again.
texts as (

    select
        any_value(line_text) as line_text,
        is_first_line
    from lines
    group by line_text, is_first_line

),

-- "Key: value" lines, wherever they stand: one in eight Claude co-author lines is outside the last
-- paragraph, where git would not look.
trailers as (

    select
        line_text,
        is_first_line,
        replace(lower(trailer.trailer_key), ' ', '-') as trailer_key,
        trailer.trailer_value as trailer_value,
        lower(
            trim(
                regexp_replace(
                    trailer.trailer_value,
                    '(?i)\s*(<|&lt;|\[?mailto:|\(?[a-z0-9._%+\[\]-]+@).*$',
                    ''
                ),
                ' [*_`'
            )
        ) as identity_name,
        lower(
            regexp_extract(trailer.trailer_value, '(?i)[a-z0-9._%+\[\]-]+@[a-z0-9.-]*[a-z0-9]')
        ) as identity_address
    from (
        select
            *,
            regexp_extract(
                line_text,
                '{{ line_start }}([A-Za-z][A-Za-z -]{2,40}?)[*_]*\s*:[*_]*\s*(\S.*)$',
                ['trailer_key', 'trailer_value']
            ) as trailer
        from texts
    )
    where trailer.trailer_key <> ''

),

trailer_identities as (

    select
        *,
        {{ attribution_claude_confidence('identity_name', 'identity_address') }}
            as claude_confidence,
        {{ attribution_other_agent('identity_name', 'identity_address') }} as other_agent
    from trailers

),

-- The line that Claude Code adds to its commits. Keys with typing slips ("Co-Author-By",
-- "Coauthored by") count too.
co_author_trailers as (

    select
        line_text,
        is_first_line,
        case claude_confidence
            when 'medium' then 'co_author_unusual_mailbox'
            when 'low' then 'co_author_uncertain_name'
            else 'co_author_trailer'
        end as rule,
        case when claude_confidence is not null then 'claude' else other_agent end as agent
    from trailer_identities
    where regexp_matches(trailer_key, '^co-?author(ed)?-?by$')

),

-- A shell that joined the arguments of several -m options leaves the trailer behind a full stop.
co_author_inline as (

    select
        line_text,
        is_first_line,
        'co_author_inline' as rule,
        'claude' as agent
    from texts
    where
        regexp_matches(
            line_text,
            '(?i)^\s*[^\s>|`"][^|`"]*[.!?;>)]\s*'
            'co-authored-by:\s*claude[^<>`"]*<no-?reply@anthropic\.com>\s*$'
        )

),

-- The kernel's form "Assisted-by: Claude:claude-opus-4-8" and its relatives.
-- "Reviewed-by" is review, not authorship.
assisted_by_trailers as (

    select
        line_text,
        is_first_line,
        'assisted_by_trailer' as rule,
        case
            when claude_confidence in ('high', 'medium') then 'claude'
            when claude_confidence is null
                then coalesce(
                    other_agent,
                    -- Persons with a tool's given name have an address.
                    case
                        when identity_address = ''
                            then nullif({{ attribution_agent_of_tool('trailer_value') }}, 'claude')
                    end
                )
        end as agent
    from trailer_identities
    where
        regexp_matches(
            trailer_key,
            '^(ai-)?(assisted|generated|written|authored|created|implemented|developed|built'
            '|made|coded)-(by|with|using)$'
            '|^co-developed-by$'
        )

),

-- Claude-Session stands on commits of cloud and remote-controlled sessions, Claude-Generated-By on
-- those of a wrapper; Amp and Copilot link their threads and logs.
session_trailers as (

    select
        line_text,
        is_first_line,
        case trailer_key
            when 'claude-generated-by' then 'generated_by_trailer'
            else 'session_trailer'
        end as rule,
        case
            when trailer_key in ('claude-session', 'claude-generated-by') then 'claude'
            when trailer_key = 'amp-thread-id' then 'amp'
            when trailer_key in ('copilot-session', 'agent-logs-url') then 'copilot'
            when trailer_key in ('codex-session', 'codex-thread-id') then 'codex'
        end as agent
    from trailers

),

-- Cloud sessions leave a bare link in descriptions. Only alone on its line or after a short label
-- ("Session:"); inside a sentence it is a reference.
session_links as (

    select
        line_text,
        is_first_line,
        'session_link' as rule,
        'claude' as agent
    from texts
    where
        regexp_matches(
            line_text,
            '(?i)^[^0-9A-Za-z`"''>|+#]*'
            '((claude code |claude |view )?(session|transcript)( link| url)?\s*[:(\]]+\s*)?<?'
            'https://claude\.(ai|com)/code/session_[0-9A-Za-z]+[>)_*\s.]*$'
        )

),

-- The footer of Claude Code's pull requests, and of its commits in older versions. With a link any
-- tail may follow ("(0% 3-shotted by claude)", "via [Happy](…)"); without a link the line must end
-- there, or go on as footers do.
footers as (

    select
        line_text,
        is_first_line,
        regexp_extract(
            line_text,
            '(?i){{ line_start }}(?:\[x\]\s*)?'
            '(?:this (?:pr|pull request|commit|change|patch) (?:was|is) )?'
            '(?:generated|created|written|made|built|implemented|developed) '
            '(?:with|by|using) (\S.*)$',
            1
        ) as tool_text,
        regexp_matches(
            line_text,
            '(?i)🤖[^0-9A-Za-z`"'']*generated (with|by) '
            '\[claude code\]\(https://claude\.(com|ai)/[^)]*\)[\s_*.)]*$'
        ) as has_footer_at_end
    from texts

),

generated_footers as (

    select
        line_text,
        is_first_line,
        'generated_footer' as rule,
        case
            when
                has_footer_at_end
                or regexp_matches(tool_text, '(?i)^\W*claude code\]\(https?://')
                or (not is_first_line and regexp_matches(
                    tool_text,
                    '(?i)^[*_\[]*claude( code| ai| [a-z]+ ?[0-9]+(\.[0-9]+)*'
                    '|-[a-z]+-[0-9][0-9a-z.-]*)?'
                    '(\]\([^)]*\)|\])?[*_\s]*( v?[0-9]+(\.[0-9]+)*)?[*_\s]*'
                    '($|[(.,;|!–—]\s*|(on behalf of|via|and|\+|&|for @?\S+$|by anthropic|cli\b)\s*)'
                ))
                then 'claude'
            -- Tool names that are also words need the line to end with them.
            when regexp_matches(tool_text, '^\[|^[^\s]+(\s[^\s]+)?[*_.\s]*$')
                then nullif({{ attribution_agent_of_tool('tool_text') }}, 'claude')
        end as agent
    from footers
    where tool_text <> '' or has_footer_at_end

),

-- A trailer that some teams ask of all their agents.
agent_signatures as (

    select
        line_text,
        is_first_line,
        'agent_signature' as rule,
        {{ attribution_agent_of_tool('trailer_value') }} as agent
    from trailers
    where trailer_key = 'agent-signature'

),

-- A line in emphasis, "_codex-gpt-5.5-medium on behalf of somebody_". The
-- first word is the tool, so amp-claude-sonnet-4.5 is Amp; a person called Claude is no tool.
on_behalf_of as (

    select
        line_text,
        is_first_line,
        'on_behalf_of' as rule,
        case
            when
                regexp_matches(signature_text, '(?i)^claude\s+[a-z]')
                and {{ attribution_claude_confidence('lower(signature_text)', "''") }} is null
                then null
            else {{ attribution_agent_of_tool('signature_text') }}
        end as agent
    from (
        select
            *,
            regexp_extract(
                line_text, '(?i)^\s*[-*•]?\s*[_*]([a-z][^_*]*) on behalf of \S.*[_*]\s*$', 1
            ) as signature_text
        from texts
    )
    where signature_text <> ''

),

title_prefixes as (

    select
        line_text,
        is_first_line,
        'title_prefix' as rule,
        lower(
            regexp_extract(
                line_text, '(?i)^\s*\[(codex|copilot|cursor|devin|jules|opencode)\]\s', 1
            )
        ) as agent
    from texts
    where
        is_first_line
        and regexp_matches(line_text, '(?i)^\s*\[(codex|copilot|cursor|devin|jules|opencode)\]\s')

),

-- Reported, never counted: "generated by Claude Code" is also said of branches
-- and log files, in histories of tools that handle them.
prose as (

    select
        line_text,
        is_first_line,
        'prose' as rule,
        'claude' as agent
    from texts
    anti join (select * from generated_footers where agent is not null) as claimed_footers
        using (line_text, is_first_line)
    where
        regexp_matches(
            line_text,
            '(?i)\b(written|generated|implemented|created|made|built|drafted|authored|coded'
            '|developed'
            '|refactored|debugged|paired|pairing|assisted|assistance|help|helped|wrote|thanks)'
            '( (entirely|mostly|partly|together))?( from| of| to| with| by| using| via)+'
            ' claude( code)?([\s,;!?)]|\.(\s|$)|:|$)'
            '|\bclaude( code)? (wrote|helped|authored|generated|implemented|refactored)'
            ' (this|the|most|all|it|with|me|us)\b'
            '|\bwith claude(''s| code''s) (help|assistance)\b'
        )
        -- Not quotes, tables, code, nor the unticked box of a template.
        and not regexp_matches(line_text, '^\s*[>|`]|\[ \]')

),

matches as (

    select * from co_author_trailers
    union all by name
    select * from co_author_inline
    union all by name
    select * from assisted_by_trailers
    union all by name
    select * from session_trailers
    union all by name
    select * from session_links
    union all by name
    select * from generated_footers
    union all by name
    select * from agent_signatures
    union all by name
    select * from on_behalf_of
    union all by name
    select * from title_prefixes
    union all by name
    select * from prose

),

described_matches as (

    select
        line_text,
        is_first_line,
        rule,
        agent,
        {{ attribution_model_of('line_text') }} as model,
        {{ attribution_masked('line_text') }} as matched_text
    from matches
    where agent is not null

)

select
    lines.repository_id,
    lines.subject_type,
    lines.subject_id,
    described_matches.rule,
    described_matches.agent,
    described_matches.model,
    lines.evidence_source,
    described_matches.matched_text
from lines
inner join described_matches using (line_text, is_first_line)
