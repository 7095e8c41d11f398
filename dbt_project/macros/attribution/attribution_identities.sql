{#- Whom a name, a tool's name or a mailbox stands for. What can be listed is in seeds: agents (how
    each is spelled) and agent_identities (mailboxes and accounts). -#}

{% macro attribution_words(text) -%}
    {#- Letters and digits in lower case, one blank between: "ClaudeCode:claude-opus-5" and
        "Opus 5 [Claude Code]" are read alike. -#}
    trim(regexp_replace(lower({{ text }}), '[^\p{L}\p{N}]+', ' ', 'g'))
{%- endmacro %}

{% macro attribution_account_of(address) -%}
    {#- The account in an address of GitHub, with or without a number, without [bot]; '' for others. -#}
    regexp_extract({{ address }}, '^(?:[0-9]+\+)?([^@+]+?)(?:\[bot\])?@users\.noreply\.', 1)
{%- endmacro %}

{% macro attribution_spoken_ctes(spoken) -%}
    {#- CTEs that end with `judged`: the texts of the CTE `spoken` (spoken_text) that begin with an
        agent's or a model's name, with

        - agent: the tool's, wherever it stands beside a model: "Opus 5 [Claude Code]" is Claude,
          "Claude Sonnet 5 (Cursor)" is Cursor;
        - spoken_level: tool; model; numbered (Claude and a number, which a second Claude has too);
          bare (a name that people have, alone or before "with …").

        The CTE `spellings` has the seed `agents`. -#}
    spoken_words as (

        select
            spoken_text,
            {{ attribution_words('spoken_text') }} as words
        from (select distinct spoken_text from {{ spoken }} where spoken_text <> '')

    ),

    -- The longest spelling that the text begins with.
    first_names as (

        select
            spoken_words.spoken_text,
            arg_max(
                {
                    'agent': spellings.agent,
                    'kind': spellings.spelling_kind,
                    'also_a': coalesce(spellings.also_a, ''),
                    'rest': trim(substr(spoken_words.words, length(spellings.spelling) + 1))
                },
                length(spellings.spelling)
            ) as named
        from spoken_words
        inner join spellings
            on starts_with(spoken_words.words || ' ', spellings.spelling || ' ')
        group by spoken_words.spoken_text

    ),

    -- The first tool that stands behind a model.
    tools_behind as (

        select
            first_names.spoken_text,
            arg_min(
                spellings.agent,
                (
                    instr(' ' || first_names.named.rest || ' ', ' ' || spellings.spelling || ' '),
                    -length(spellings.spelling)
                )
            ) as agent
        from first_names
        inner join spellings
            on
                spellings.spelling_kind = 'tool'
                and coalesce(spellings.also_a, '') <> 'given_name'
                and contains(
                    ' ' || first_names.named.rest || ' ', ' ' || spellings.spelling || ' '
                )
        where first_names.named.kind <> 'tool'
        group by first_names.spoken_text

    ),

    judged as (

        select
            spoken_text,
            agent,
            spoken_level
        from (
            select
                first_names.spoken_text,
                case
                    when named.kind = 'tool' then named.agent
                    else coalesce(tools_behind.agent, named.agent)
                end as agent,
                case
                    when named.kind = 'tool' and named.also_a = '' and named.agent <> 'claude'
                        then 'tool'
                    when
                        named.kind = 'tool'
                        and named.also_a <> 'given_name'
                        and {{ attribution_may_follow('named.rest') }}
                        then 'tool'
                    when
                        named.kind = 'tool'
                        and named.rest <> ''
                        and {{ attribution_may_follow('named.rest') }}
                        then 'tool'
                    when named.kind = 'tool' and named.rest = '' then 'bare'
                    when tools_behind.agent is not null then 'tool'
                    when named.kind = 'model' and regexp_matches(named.rest, '^v?[0-9]')
                        then 'model'
                    when named.kind = 'model' and named.rest = '' then 'bare'
                    when
                        named.kind = 'family'
                        and named.agent <> 'claude'
                        and (named.also_a = '' or regexp_matches(named.rest, '^[a-z]?[0-9]'))
                        then 'model'
                    when named.agent <> 'claude' then null
                    when
                        -- Models to come: a word and a version, which has a point.
                        regexp_matches(
                            lower(first_names.spoken_text),
                            '^\W*claude([ -]+[a-z]+)?[ -]*v?[0-9]{1,2}\.[0-9]'
                            '|^\W*claude-[a-z]+-[0-9]{1,2}-[0-9]{1,2}([^0-9]|$)'
                            '|^\W*claude[ -][0-9]{1,2}[ .-][0-9 .-]*[a-z]{3}'
                        )
                        then 'model'
                    when named.kind = 'family' and regexp_matches(named.rest, '^v?[0-9]')
                        then 'numbered'
                    when named.kind = 'family' and named.rest = '' then 'bare'
                    when
                        regexp_matches(
                            named.rest,
                            '^(ai|agent|assistant|bot|cli|app|web|desktop|model|llm|api|via'
                            '|(by )?anthropic|claude|opus|sonnet|haiku|fable|https?)( |$)'
                        )
                        then 'tool'
                    when regexp_matches(named.rest, '^(with|by|in|on|for|from|through|using) ')
                        then 'bare'
                end as spoken_level
            from first_names
            left join tools_behind using (spoken_text)
        )
        where spoken_level is not null

    )
{%- endmacro %}

{% macro attribution_may_follow(words) -%}
    {#- What stands behind a tool's name that is also a word or a person's: nothing, a version, or
        what tools have and people do not. -#}
    regexp_matches(
        {{ words }},
        '^$|^v?[0-9]|^(ai|agent|assistant|bot|cli|ide|app|action|web|desktop|anthropic|model|llm|via'
        '|using|with|by|in|on|for|from|through|and|claude|gpt|gemini|opus|sonnet|haiku|composer'
        '|background|preview|swe|high|medium|low|http|https)( |$)'
    )
{%- endmacro %}

{% macro attribution_identity_ctes(identities, tool_texts=none) -%}
    {#- CTEs that end with `identified`: the rows of the CTE `identities` (name, address, account; all in
        lower case, '' when absent) with the agent they stand for and how sure that is: high, medium,
        bare (just Claude, without anybody's mailbox) or low. A mailbox says more than the account that
        GitHub found for it, an account more than a name. The texts of the CTE `tool_texts`
        (spoken_text) are judged with the names, see `attribution_spoken_ctes`. The CTE
        `known_identities` has the seed `agent_identities`. -#}
    spoken_names as (

        select name as spoken_text from {{ identities }}
        {%- if tool_texts %}
        union all
        select spoken_text from {{ tool_texts }}
        {%- endif %}

    ),

    {{ attribution_spoken_ctes('spoken_names') }},

    described_identities as (

        select
            identities.name,
            identities.address,
            identities.account,
            coalesce(mailboxes.agent, mailbox_accounts.agent, accounts.agent) as known_agent,
            coalesce(mailboxes.is_sure, true) as is_sure,
            judged.agent as spoken_agent,
            judged.spoken_level
        from (select distinct name, address, account from {{ identities }}) as identities
        left join known_identities as mailboxes
            on mailboxes.identity_type = 'email' and identities.address = mailboxes.identity_value
        left join known_identities as mailbox_accounts
            on
                mailbox_accounts.identity_type = 'github_login'
                and {{ attribution_account_of('identities.address') }}
                = mailbox_accounts.identity_value
        left join known_identities as accounts
            on
                accounts.identity_type = 'github_login'
                and replace(identities.account, '[bot]', '') = accounts.identity_value
        left join judged on identities.name = judged.spoken_text

    ),

    identified as (

        select
            name,
            address,
            account,
            case
                -- Claude Code can drive another vendor's model, and signs that model's name with
                -- its own mailbox.
                when
                    known_agent = 'claude'
                    and not starts_with(name, 'claude')
                    and spoken_agent <> 'claude'
                    and spoken_level in ('tool', 'model')
                    then 'other'
                when known_agent is not null then known_agent
                -- "Dana (aider)", "Dana (claude-code)", "Dana + Claude"
                when regexp_matches(name, '\S\s*\(aider\)$') then 'aider'
                when {{ attribution_is_suffixed('name') }} then 'claude'
                when regexp_matches(name, '(&|\band\b|\bwith\b)\s*claude( code)?$') then 'claude'
                when spoken_agent = 'claude' then 'claude'
                when spoken_level in ('tool', 'model') then spoken_agent
                when regexp_matches(name, '^claude\b.*\[bot\]$') then 'claude'
            end as agent,
            case
                when known_agent is not null and (is_sure or name = 'claude') then 'high'
                when known_agent is not null then 'medium'
                when {{ attribution_is_suffixed('name') }} then 'medium'
                when regexp_matches(name, '(&|\band\b|\bwith\b)\s*claude( code)?$') then 'low'
                -- A login that looks like a model's name is a login.
                when name in (account, {{ attribution_account_of('address') }}) then 'low'
                when spoken_level in ('tool', 'model') then 'medium'
                when
                    spoken_level = 'bare'
                    and name = 'claude'
                    and account = ''
                    and (
                        address = ''
                        or regexp_matches(
                            address,
                            '^(claude[-._]?)?(code|ai|agents?|bots?|assistant|no-?reply|automation)'
                            '([-._+][^@]*)?@'
                        )
                    )
                    then 'bare'
                else 'low'
            end as agent_confidence
        from described_identities

    )
{%- endmacro %}

{% macro attribution_is_suffixed(name) -%}
    {#- A person's name with the tool behind it, as aider sets it. -#}
    regexp_matches(
        {{ name }},
        '\S\s*\+\s*claude( code)?$'
        '|\S\s*[(\[](via |with |w/ |using |by |\+ ?)?claude'
        '([ -]?code|[ -](ai|cli|opus|sonnet|haiku|fable)\b[^)\]]*)?[)\]]$'
    )
{%- endmacro %}

{% macro attribution_model_of(text) -%}
    {#- The model that a mark names, in the API's spelling (claude-opus-4-6, gpt-5-2); null when it
        names only the tool. A family word and a version number in either order, so that models to
        come are found: "Claude Opus 4.6 (1M context)", "Claude Opus4.5", "claude-opus-4-8-high",
        "Claude Code 2.1.63 / Claude Opus 4.6", "Claude Code (Opus 4.7)",
        "claude-3-5-sonnet-20241022". -#}
    nullif(
        regexp_replace(
            regexp_replace(
                lower(
                    regexp_replace(
                        regexp_extract(
                            regexp_replace(
                                {{ text }},
                                '(?i)claude[ -]code(\]\([^)]*\))?( v?[0-9][0-9.]*)?( \()?',
                                'claude ',
                                'g'
                            ),
                            '(?i)claude[ -]+(?:[a-z]+[ -]?[0-9]{1,2}(?:[.-][0-9]{1,2}\b)*'
                            '|[0-9]{1,2}(?:[.-][0-9]{1,2})*[ -][a-z]+)|gpt-?[0-9]+(?:\.[0-9]+)*'
                            '|gemini[ -][0-9]+(?:\.[0-9]+)*'
                        ),
                        '[\s.]+', '-', 'g'
                    )
                ),
                '([a-z])([0-9])', '\1-\2'
            ),
            '-+', '-', 'g'
        ),
        ''
    )
{%- endmacro %}
