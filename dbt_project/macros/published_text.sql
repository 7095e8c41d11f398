{#- Text of strangers on its way into a published table. -#}

{% macro without_secrets(text) -%}
    {#- The text with tokens, passwords and keys masked, as mail addresses are. Most lines hold none
        and are looked at once. Rows are an RE2 pattern and what takes its place, in the order in
        which they are tried. -#}
    {%- set words = '(?:pass(?:word|wd|phrase)|pwd|secret|token|credential|[a-z]key|[_.-]key)' -%}
    {%- set value = '(?:"[^"]*"?|\\x27[^\\x27]*\\x27?|`[^`]*`?|[^\\s"\\x27`]+)' -%}
    {%- set patterns = [
        ['-----BEGIN[^-]*-----.*', '<…>'],
        ['\\b(?:sk-ant-|github_pat_|gh[a-z]_|glpat-|gl[a-z]{2,4}t-|xox[a-z]-|xapp-|dckr_pat_|shp[a-z]{2}_'
         ~ '|dop_v1_|lin_api_|whsec_|[sr]k_(?:live|test)_|AGE-SECRET-KEY-)[\\w-]+', '<…>'],
        ['\\b(?:sk-|npm_|pypi-|hf_|AIza|ya29\\.|SG\\.)[\\w.-]{16,}', '<…>'],
        ['\\bA(?:KIA|SIA|GPA|IDA|ROA)[0-9A-Z]{8,}', '<…>'],
        ['\\beyJ[\\w-]{6,}(?:\\.[\\w-]*)*', '<…>'],
        ['(?i)\\b(authorization|x-api-key)\\b["\\x27]?\\s*[:=].*', '\\1: <…>'],
        ['(?i)\\b(bearer)\\s+[\\w.~+/=-]+', '\\1 <…>'],
        ['(?i)\\b([a-z][a-z0-9+.-]*://)[^\\s/@]*:[^\\s@]*@', '\\1<…>'],
        ['(?i)([\\w.-]*' ~ words ~ '[\\w.-]*["\\x27`]?\\s*(?:=>|:=|[:=]|\\bis\\b)\\s*)' ~ value, '\\1<…>'],
        ['(?i)(--?[\\w-]*' ~ words ~ '[\\w-]*\\s+)' ~ value, '\\1<…>'],
        ['(?i)\\b(sig(?:nature)?=)[^\\s&]+', '\\1<…>'],
        ['\\b[A-Za-z0-9+_]{40,}={0,2}', '<…>'],
    ] -%}
    {%- set found, masked = [], namespace(text=text) -%}
    {%- for pattern, replacement in patterns -%}
        {%- do found.append('(?:' ~ pattern ~ ')') -%}
        {%- set masked.text -%}
            regexp_replace({{ masked.text }}, '{{ pattern }}', '{{ replacement }}', 'g')
        {%- endset -%}
    {%- endfor -%}
    case
        when regexp_matches({{ text }}, '{{ found | join("|") }}') then {{ masked.text }}
        else {{ text }}
    end
{%- endmacro %}

{% macro branch_prefix(branch) -%}
    {#- Of a branch what its rule went by: the agent's name and the sign after it. The rest is the
        writer's own words. -#}
    regexp_extract({{ branch }}, '^[A-Za-z]+[/-]') || '…'
{%- endmacro %}
