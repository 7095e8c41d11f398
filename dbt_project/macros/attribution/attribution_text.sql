{#- How text is prepared before a rule reads it. Patterns are RE2 (no look-around) and constant, so
    that each is compiled once per query. -#}

{% macro attribution_has_marks(text) -%}
    {#- One cheap pass that lets through every text (or line) in which some rule could match.
        A new rule, key or agent must have its key words here; a test asks for those of the seeds.
        No bounded repeats: they make the automaton large, and the pass ten times slower. -#}
    regexp_matches(
        {{ text }},
        '(?im)claude|anthropic|author(ed)?[- _]?(by|with|using)|(generated|written|created|made|built'
        '|developed|assisted|implemented|coded|drafted|produced|programmed|paired|helped)[- _]'
        '(with|by|using|via)|on behalf of|agent-(signature|logs)|thread-id:|-session(-id)?:'
        '|^\W*\[(codex|copilot|cursor|devin|jules|gemini|opencode|aider|chatgpt|openhands|cline)\]'
        '|\b(ai|genai|llm|coding|tools?|agents?|assistants?|models?)\b[a-z _()/-]*:'
        '|^#+ .*\b(ai|genai|llm)\b'
    )
{%- endmacro %}

{% macro attribution_may_quote(text) -%}
    {#- Whether a text could hold what its writer only quotes, or a list of other commits' messages: a
        mark below an item, or before one. Few do: the others need no parser. -#}
    regexp_matches(
        {{ text }},
        '(?im)^[ \t]*(([-*+]|[0-9]+[.)])[ \t]+)*(>|```|~~~)|^( {4}|\t)|~[^~\s]|\|[ \t:-]*-'
        '|<(!--|blockquote|details|pre|code|table|del|s|strike|q|samp)\b|<!--|^[-+][^\s+-]|^@@ '
        '|^(---|\+\+\+) |^(diff --git|index [0-9a-f]+\.\.)|^squashed commit of the following'
        '|^ +[^0-9a-z\n]*(co-?author|claude-session|generated (with|by) )'
        '|(co-?author(ed)?-?by:|claude-session:|generated (with|by) )[^#]*'
        '\n *([-*+]|[0-9]+[.)]|[0-9a-f]{7,40})[ \t]'
        '|^[^`\n]*(`[^`\n]*`[^`\n]*)*`[^`\n]*$'
    )
    or contains({{ text }}, '\n')
{%- endmacro %}

{% macro attribution_readable_text(text) -%}
    {#- The text with the line ends that were meant. In this order:
        1. carriage returns go; a literal backslash-n is a line end (trailers get glued on so);
        2. a Revert subject goes, also one that quotes the whole reverted message;
        3. pasted plans (<claude-plan>) go;
        4. HTML emphasis around a line goes, the line stays;
        5. a footer wrapped after "by" or inside "Claude Code" becomes one line again. -#}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    replace(replace({{ text }}, chr(13), ''), '\n', chr(10)),
                    '(?i)\A\s*(re)?revert:?\s+["“][^"“”]*["”]', ''
                ),
                '(?is)<claude-plan>.*?</claude-plan>', '', 'g'
            ),
            '(?i)</?(sub|sup|small|em|strong|i|b|p|div|center|br)\s*/?>', '', 'g'
        ),
        '(?i)(generated\s+(?:with|by))\s+(\[?claude)\s+(code)\b', '\1 \2 \3', 'g'
    )
{%- endmacro %}

{% macro attribution_marked_lines(text, is_markdown='false') -%}
    {#- The lines of the readable text in which some rule could match, with their numbers from 1; without
        what is quoted. Nearly all texts end at the first look, before any costlier pattern is tried,
        and most of the others before the parser (`own_lines`, see attribution/own_words.py). -#}
    {{ own_lines_version() }}
    case
        when {{ attribution_has_marks(text) }}
            then list_filter(
                case
                    when {{ attribution_may_quote(text) }}
                        then own_lines({{ attribution_readable_text(text) }}, {{ is_markdown }})
                    else list_transform(
                        string_split({{ attribution_readable_text(text) }}, chr(10)),
                        lambda line, place: {
                            'line_number': place, 'line_text': line, 'is_listed': false
                        }
                    )
                end,
                lambda line: {{ attribution_has_marks("line.line_text") }}
            )
        else []
    end
{%- endmacro %}

{% macro own_lines_version() -%}
    {#- A comment that changes with the parser, so that a table is known to be of another. -#}
    {%- if execute -%}
        /* own_lines {{ run_query("select own_lines_version()").rows[0][0] }} */
    {%- endif -%}
{%- endmacro %}

{% macro attribution_is_merge_button() -%}
    {#- GitHub's merge button may copy the description of the pull request into the merge commit.
        Marks in it speak of the pull request, not of the merge, which a person pressed. -#}
    coalesce(
        is_merge
        and lower(committer_email) = 'noreply@github.com'
        and starts_with(message, 'Merge pull request #'),
        false
    )
{%- endmacro %}

{% macro attribution_has_number() -%}
    {#- Whether the subject ends with the number of a pull request, as GitHub's squash does. -#}
    regexp_matches(message, '\A[^\n]*\(#[0-9]+\)[ \t]*(\n|\z)')
{%- endmacro %}

{% macro attribution_line_start() -%}
    {#- What may stand before a mark: blanks, bullets, emoji, emphasis. Not letters or digits (then
        it is a sentence), nor signs of quoting: > | ` " ' and those of diffs, comments, links and
        check boxes (an unticked box of a template says nothing). -#}
    ^[^0-9A-Za-z`"''<>|+#/\\()\[\]]*
{%- endmacro %}

{% macro attribution_masked(text) -%}
    {#- The matching text for people to read: nothing with an @ in it survives, neither addresses
        nor mentions, and 200 characters are enough to recognise a line. -#}
    left(regexp_replace(trim({{ text }}), '<?[^\s<>]*@[^\s<>]*>?', '<…>', 'g'), 200)
{%- endmacro %}
