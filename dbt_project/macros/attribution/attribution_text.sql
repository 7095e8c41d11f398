{#- How text is prepared before a rule reads it. Patterns are RE2 (no look-around) and constant, so
    that each is compiled once per query. -#}

{% macro attribution_has_marks(text) -%}
    {#- One cheap pass that lets through every text (or line) in which some rule could match.
        A new rule must have its key words here. -#}
    regexp_matches(
        {{ text }},
        '(?i)claude|anthropic|author(ed)?[- ]?by|(generated|written|created|made|built'
        '|developed|assisted|implemented)[- ](with|by|using)|on behalf of|agent-(signature'
        '|logs)|thread-id:|-session:|^\W*\[(codex|copilot|cursor|devin|jules|gemini|opencode)\]'
    )
{%- endmacro %}

{% macro attribution_readable_text(text) -%}
    {#- The text without what its writer only quotes, and with the line ends that were meant.
        In this order:
        1. carriage returns go; a literal backslash-n is a line end (trailers get glued on so);
        2. a Revert subject goes, also one that quotes the whole reverted message;
        3. fenced code, HTML comments and pasted plans (<claude-plan>) go;
        4. HTML emphasis around a line goes, the line stays;
        5. a footer wrapped after "by" or inside "Claude Code" becomes one line again. -#}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            replace(replace({{ text }}, chr(13), ''), '\n', chr(10)),
                            '(?i)\A\s*(re)?revert:?\s+["“][^"“”]*["”]', ''
                        ),
                        '(?ms)^[ \t]*```.*?^[ \t]*```[^\n]*$', '', 'g'
                    ),
                    '(?s)<!--.*?-->', '', 'g'
                ),
                '(?is)<claude-plan>.*?</claude-plan>', '', 'g'
            ),
            '(?i)</?(sub|sup|small|em|strong|i|b|p|div|center|br)\s*/?>', '', 'g'
        ),
        '(?i)(generated\s+(?:with|by))\s+(\[?claude)\s+(code)\b', '\1 \2 \3', 'g'
    )
{%- endmacro %}

{% macro attribution_marked_lines(text) -%}
    {#- The lines of the readable text in which some rule could match, with their numbers from 1.
        Nearly all texts end at the first look, before any costlier pattern is tried. -#}
    case
        when {{ attribution_has_marks(text) }}
            then list_filter(
                list_transform(
                    string_split({{ attribution_readable_text(text) }}, chr(10)),
                    lambda line, place: {'line_number': place, 'line_text': line}
                ),
                lambda line: {{ attribution_has_marks("line.line_text") }}
            )
        else []
    end
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
