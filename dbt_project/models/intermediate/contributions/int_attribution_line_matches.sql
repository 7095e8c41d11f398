{{ config(materialized="view") }}

{%- set line_start = attribution_line_start() -%}

-- Long: each rule has a CTE of its own.
with spellings as (

    select * from {{ ref('agents') }}

),

known_identities as (

    select * from {{ ref('agent_identities') }}

),

lines as (

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
-- paragraph, where git would not look. A ticked box is the value of a key above it.
keyed_lines as (

    select
        line_text,
        is_first_line,
        case
            when ticked_text <> '' then 'tool'
            else replace(
                replace(lower(trim(trailer.trailer_key)), '(s)', 's'), ' ', '-'
            )
        end as trailer_key,
        case when ticked_text <> '' then ticked_text else trailer.trailer_value end
            as trailer_value
    from (
        select
            *,
            regexp_extract(
                line_text,
                '{{ line_start }}([A-Za-z][A-Za-z _/()-]{1,40}?)[*_]*\s*:[*_]*\s*(\S.*)$',
                ['trailer_key', 'trailer_value']
            ) as trailer,
            regexp_extract(line_text, '(?i)^\s*[-*+]\s+\[x\]\s+(.*)$', 1) as ticked_text
        from texts
    )
    where trailer.trailer_key <> '' or ticked_text <> ''

),

trailers as (

    select
        *,
        lower(
            trim(
                regexp_replace(
                    trailer_value,
                    '(?i)\s*(<|&lt;|\[?mailto:'
                    '|\(?[a-z0-9._%+\[\]-]+@([a-z0-9-]+\.)+[a-z]{2}).*$',
                    ''
                ),
                ' [*_`'
            )
        ) as identity_name,
        lower(
            regexp_extract(
                trailer_value,
                '(?i)(?:<|&lt;|mailto:)?([a-z0-9._%+\[\]-]+@'
                '(?:(?:[a-z0-9-]+\.)+[a-z]{2,}|[a-z0-9.-]+(?:>|&gt;)))',
                1
            )
        ) as identity_address
    from keyed_lines

),

-- What each key says, by its words: every one of them is known, as in "AI-Assisted-By".
key_words as (

    select
        trailer_key,
        unnest(
            string_split(trim(regexp_replace(trailer_key, '[^a-z]+', ' ', 'g')), ' ')
        ) as word
    from (select distinct trailer_key from trailers)

),

key_meanings as (

    select
        key_words.trailer_key,
        bool_or(known.role = 'ai') as has_ai,
        bool_or(known.role = 'model') as is_model,
        case
            when count(*) <> count(known.word) then null
            when bool_or(known.role = 'made') and count(*) > 1 then 'made'
            when bool_or(known.role = 'ai') then 'made'
            when bool_or(known.role in ('tool', 'model')) then 'tool'
        end as meaning
    from key_words
    left join {{ ref('attribution_key_words') }} as known on key_words.word = known.word
    group by key_words.trailer_key

),

-- The kernel's form "Assisted-by: Claude:claude-opus-4-8" and its relatives, and what templates ask
-- for: "AI-Tool: Claude Code". "Reviewed-by" is review, not authorship.
made_lines as (

    select
        trailers.*,
        key_meanings.meaning,
        key_meanings.is_model
    from trailers
    inner join key_meanings on trailers.trailer_key = key_meanings.trailer_key
    where
        key_meanings.meaning is not null
        and not regexp_matches(trailers.trailer_key, '^co-?author')

),

-- Several tools in one line. Behind the first, only a tool's full name is one more: a model is what
-- the first tool ran on.
made_pieces as (

    select
        line_text,
        is_first_line,
        meaning,
        is_model,
        unnest(pieces) as spoken_text,
        generate_subscripts(pieces, 1) = 1 as is_first_piece
    from (
        select
            *,
            string_split_regex(trailer_value, '\s*[,;|]\s*|\s+(and|\+|&)\s+') as pieces
        from made_lines
        where identity_address = ''
    )

),

footer_words as (

    select
            coalesce(words_before, '') as words_before,
            coalesce(words_after, '') as words_after
        from {{ ref('footer_phrases') }}

),

-- What stands on a line between the words for "generated with", in any language. Emphasis, emoji
-- and a link around the tool go.
phrased_lines as (

    select
        texts.line_text,
        texts.is_first_line,
        regexp_replace(
            lower(
                regexp_replace(
                    regexp_replace(
                        texts.line_text, '\[([^\[\]]*)\]\((https?:[^()\s]*)\)', '\1', 'g'
                    ),
                    '^[^\p{L}\p{N}>|`"''#+]+|[^\p{L}\p{M}\p{N}]+$', '', 'g'
                )
            ),
            -- Endings of the verb.
            '(されました|されています|しました|した|され|された|されたものです|되었습니다|되었음|됨|됐습니다|함|했습니다|的)$',
            ''
        ) as plain_text
    from texts
    where
        not texts.is_first_line
        and regexp_matches(texts.line_text, '[^\x00-\x7f]|(?i)\]\(https?:|claude')
        -- Not quotes, nor the unticked box of a template.
        and not regexp_matches(texts.line_text, '^\s*([>|`"''#+]|([-*+]\s+)?\[ \])')

),

translated_footers as (

    select
        phrased_lines.line_text,
        phrased_lines.is_first_line,
        trim(
            substr(
                phrased_lines.plain_text,
                length(footer_words.words_before) + 1,
                length(phrased_lines.plain_text)
                - length(footer_words.words_before)
                - length(footer_words.words_after)
            )
        ) as spoken_text
    from phrased_lines
    inner join footer_words
        on
            starts_with(phrased_lines.plain_text, footer_words.words_before)
            and ends_with(phrased_lines.plain_text, footer_words.words_after)

),

signatures as (

    select
        line_text,
        is_first_line,
        regexp_extract(
            line_text, '(?i)^\s*[-*•]?\s*[_*]([a-z][^_*]*) on behalf of \S.*[_*]\s*$', 1
        ) as spoken_text
    from texts

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

identities as (

    select
        identity_name as name,
        identity_address as address,
        '' as account
    from trailers
    where
        identity_address <> ''
        or regexp_matches(trailer_key, '^co-?author(ed)?-?by$')

),

tool_texts as (

    select spoken_text from made_pieces
    union all
    select spoken_text from translated_footers
    union all
    select spoken_text from signatures
    union all
    select tool_text as spoken_text from footers
    union all
    select trailer_value as spoken_text from trailers where trailer_key = 'agent-signature'

),

{{ attribution_identity_ctes('identities', 'tool_texts') }},

-- The line that Claude Code adds to its commits. Keys with typing slips ("Co-Author-By",
-- "Coauthored by") count too.
co_author_trailers as (

    select
        trailers.line_text,
        trailers.is_first_line,
        case
            when identified.agent <> 'claude' then 'co_author_trailer'
            when identified.agent_confidence = 'medium' then 'co_author_unusual_mailbox'
            when identified.agent_confidence = 'bare' then 'co_author_bare_name'
            when identified.agent_confidence = 'low' then 'co_author_uncertain_name'
            else 'co_author_trailer'
        end as rule,
        identified.agent
    from trailers
    inner join identified
        on
            trailers.identity_name = identified.name
            and trailers.identity_address = identified.address
    where regexp_matches(trailers.trailer_key, '^co-?author(ed)?-?by$')

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

assisted_by_trailers as (

    select
        made_pieces.line_text,
        made_pieces.is_first_line,
        'assisted_by_trailer' as rule,
        judged.agent,
        made_pieces.meaning = 'tool' as needs_context,
        made_pieces.is_model
    from made_pieces
    inner join judged on made_pieces.spoken_text = judged.spoken_text
    where
        (made_pieces.is_first_piece or judged.spoken_level = 'tool')
        and not (not made_pieces.is_first_piece and lower(made_pieces.spoken_text) = 'claude')

    union all by name

    -- A person with a tool's name has a mailbox.
    select
        made_lines.line_text,
        made_lines.is_first_line,
        'assisted_by_trailer' as rule,
        identified.agent,
        made_lines.meaning = 'tool' as needs_context,
        made_lines.is_model
    from made_lines
    inner join identified
        on
            made_lines.identity_name = identified.name
            and made_lines.identity_address = identified.address
    where identified.agent_confidence in ('high', 'medium')

),

-- Claude-Session stands on commits of cloud and remote-controlled sessions, Claude-Generated-By on
-- those of a wrapper; Amp and Copilot link their threads and logs.
session_trailers as (

    select
        trailers.line_text,
        trailers.is_first_line,
        session_keys.rule,
        session_keys.agent
    from trailers
    inner join {{ ref('agent_session_keys') }} as session_keys
        on trailers.trailer_key = session_keys.trailer_key

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
                then nullif(judged.agent, 'claude')
        end as agent
    from footers
    left join judged on footers.tool_text = judged.spoken_text
    where tool_text <> '' or has_footer_at_end

    union

    select
        translated_footers.line_text,
        translated_footers.is_first_line,
        'generated_footer' as rule,
        judged.agent
    from translated_footers
    inner join judged on translated_footers.spoken_text = judged.spoken_text
    where length(translated_footers.spoken_text) < 60

),

-- A trailer that some teams ask of all their agents.
agent_signatures as (

    select
        trailers.line_text,
        trailers.is_first_line,
        'agent_signature' as rule,
        judged.agent
    from trailers
    inner join judged on trailers.trailer_value = judged.spoken_text
    where trailers.trailer_key = 'agent-signature'

),

-- A line in emphasis, "_codex-gpt-5.5-medium on behalf of somebody_". The
-- first word is the tool, so amp-claude-sonnet-4.5 is Amp; a person called Claude is no tool.
on_behalf_of as (

    select
        signatures.line_text,
        signatures.is_first_line,
        'on_behalf_of' as rule,
        judged.agent
    from signatures
    inner join judged on signatures.spoken_text = judged.spoken_text

),

title_prefixes as (

    select
        texts.line_text,
        texts.is_first_line,
        'title_prefix' as rule,
        spellings.agent
    from texts
    inner join spellings
        on
            lower(regexp_extract(texts.line_text, '^\s*\[([A-Za-z ]+)\]\s', 1))
            = spellings.spelling
    where
        texts.is_first_line
        and spellings.spelling_kind = 'tool'
        -- In front of a title these are topics.
        and spellings.agent not in ('claude', 'amp', 'gemini', 'other')

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
        coalesce(needs_context, false) as needs_context,
        coalesce(is_model, false) as is_model,
        -- A name that people have is no model's.
        case
            when rule not in ('co_author_bare_name', 'co_author_uncertain_name')
                then {{ attribution_model_of('line_text') }}
        end as model,
        {{ attribution_masked('line_text') }} as matched_text
    from matches
    where agent is not null
),

found as (

    select
        lines.repository_id,
        lines.subject_type,
        lines.subject_id,
        lines.evidence_source,
        described_matches.* exclude (line_text, is_first_line)
    from lines
    inner join described_matches using (line_text, is_first_line)

),

-- "Tool(s):" alone is said of many things. It counts in a text that speaks of AI, and does not say
-- that none was used.
contexts as (

    select
        lines.repository_id,
        lines.subject_type,
        lines.subject_id,
        lines.evidence_source
    from lines
    semi join found
        on
            lines.repository_id = found.repository_id
            and lines.subject_type = found.subject_type
            and lines.subject_id = found.subject_id
            and lines.evidence_source = found.evidence_source
            and found.needs_context
    group by all
    having
        bool_or(regexp_matches(lines.line_text, '(?i)\b(ai|genai|llm)\b'))
        and not bool_or(
            regexp_matches(
                lines.line_text,
                '(?i)\b(ai|genai|llm)\b[^:]*:\W*(no|none|not|nothing|n/a|false|never)\b'
            )
        )

),

-- The model of another tool, which a line of its own names.
other_tools as (

    select distinct repository_id, subject_type, subject_id, evidence_source
    from found
    where rule = 'assisted_by_trailer' and agent <> 'claude' and not is_model

)

select
    repository_id,
    subject_type,
    subject_id,
    rule,
    agent,
    model,
    evidence_source,
    matched_text
from found
where
    (
        not needs_context
        or (repository_id, subject_type, subject_id, evidence_source) in (from contexts)
    )
    and not (
        is_model
        and (repository_id, subject_type, subject_id, evidence_source) in (from other_tools)
    )
