{#- Who a name and an address stand for. Both arguments are expressions in lower case, without
    surrounding blanks, '' when absent. -#}

{% macro attribution_is_other_vendor(name) -%}
    {#- Claude Code can drive another vendor's model and then signs that model's name with its own
        mailbox (seen: MiniMax M2.5 <noreply@anthropic.com>). -#}
    regexp_matches(
        {{ name }},
        '\b(minimax|glm|zhipu|z\.ai|kimi|moonshot|deepseek|qwen|gpt|chatgpt|openai|codex|gemini'
        '|gemma|grok|llama|mistral|devstral|codestral|mimo|doubao|hunyuan|ernie|nemotron'
        '|granite|copilot|cursor|opencode|aider|amp)([^a-z]|$)'
        '|\b(gpt|qwen|glm|kimi|llama|deepseek)[-.]?[a-z]?[0-9]'
    )
{%- endmacro %}

{% macro attribution_claude_confidence(name, address) -%}
    {#- high, medium, low, or null for somebody else.
        Model names are not listed: Claude, a word and a version number is a model, whichever word.
        A given name is not enough: "Claude Martin" is a person, and so may "Claude" be when the
        mailbox reads claude.something. The domain anthropic.com alone means staff. -#}
    case
        when
            regexp_matches({{ name }}, '^claude(-code)?\[bot\]$')
            or regexp_matches({{ address }}, '(^|\+)claude(-code)?\[bot\]@')
            or regexp_matches({{ address }}, '^([0-9]+\+)?claude@users\.noreply\.github\.com$')
            then 'high'
        when
            regexp_matches({{ address }}, '^no-?reply@anthropics?\.(com|ai)$')
            and (starts_with({{ name }}, 'claude') or not {{ attribution_is_other_vendor(name) }})
            then 'high'
        when
            regexp_matches(
                {{ name }},
                '^claude([ -]code([ (/:,\[]|$)|[ -](ai|agent|assistant|bot)$|\s*[(:/\]]'
                '|[ ,]+v?[0-9]{1,2}(\.[0-9]{1,2})*([^0-9a-z]|$)'
                '|[ ][a-z]+ ?v?[0-9]{1,2}(\.[0-9]{1,2})*([^0-9a-z]|$)'
                '|-[a-z]+-[0-9]|-[0-9])'
            )
            then 'high'
        when regexp_matches({{ name }}, '\S\s*([+&]|\band\b|\bwith\b)\s*claude( code)?$')
            then 'medium'
        when
            regexp_matches(
                {{ address }},
                '^(claude(-code|-ai)?|assistant|ai|bot|support)@anthropics?\.(com|ai)$'
            )
            then case when {{ name }} = 'claude' then 'high' else 'medium' end
        when {{ name }} = 'claude' and {{ address }} = '' then 'high'
        when {{ name }} = 'claude' and regexp_matches({{ address }}, '(^|\+)claude[._-]?[a-z0-9]+@')
            then 'low'
        when {{ name }} = 'claude' then 'medium'
        when regexp_matches({{ name }}, '^claude\b.*\[bot\]$') then 'low'
    end
{%- endmacro %}

{% macro attribution_other_agent(name, address) -%}
    {#- The agent, other than Claude, behind a git identity; null for people and for bots that are
        not AI (dependency, release and formatting bots). Agents that share a given name with people
        (Devin, Jules, Amp) need their full name or their own mailbox. -#}
    case
        when
            regexp_matches({{ address }}, '^no-?reply@anthropics?\.(com|ai)$')
            and {{ attribution_is_other_vendor(name) }}
            and not starts_with({{ name }}, 'claude')
            then 'other'
        when
            regexp_matches({{ name }}, '^(github )?copilot\b')
            or regexp_matches(
                {{ address }}, '\+copilot@users\.noreply\.github\.com$|^copilot@github\.com$'
            )
            then 'copilot'
        when
            {{ address }} = 'cursoragent@cursor.com'
            or regexp_matches({{ name }}, '^cursor( agent|-agent|agent)?(\[bot\])?$')
            then 'cursor'
        when
            regexp_matches(
                {{ address }}, '^(noreply|codex|support)@openai\.com$|codex-connector\[bot\]'
            )
            or regexp_matches(
                {{ name }}, '^(openai )?codex\b|^(openai )?(chat)?gpt\b|codex-connector\[bot\]$'
            )
            then 'codex'
        when
            regexp_matches({{ address }}, '^(amp|noreply)@ampcode\.com$|^amp@sourcegraph\.com$')
            or {{ name }} in ('amp', 'amp code', 'ampcode', 'sourcegraph amp')
            then 'amp'
        when regexp_matches({{ name }}, '^(google )?gemini([ -](code|cli|[0-9])|$|\[bot\])')
            then 'gemini'
        when
            regexp_matches({{ name }}, '^devin([ -]ai\b|\[bot\])')
            or regexp_matches(
                {{ address }}, 'devin-ai-integration\[bot\]|^devin@cognition\.(ai|com)$'
            )
            then 'devin'
        when
            regexp_matches({{ name }}, '^google-labs-jules\b|^google jules$')
            or regexp_matches({{ address }}, 'google-labs-jules')
            then 'jules'
        when
            regexp_matches({{ name }}, '\(aider\)$|^aider( \(.*\))?$')
            or regexp_matches({{ address }}, '@aider\.chat$')
            then 'aider'
        when
            regexp_matches({{ name }}, '^opencode\b')
            or regexp_matches({{ address }}, '@opencode\.ai$')
            then 'opencode'
        when regexp_matches({{ name }}, '^coderabbit') then 'coderabbit'
        when
            regexp_matches(
                {{ name }},
                '^(pullfrog|codesmith|cubic-dev-ai|factory-droid|droid|openhands|sweep-ai'
                '|sourcery-ai|qodo|ellipsis-dev|windsurf|cascade|cline|roo code|kilo ?code|nori'
                '|claude-flow|kiro|junie|qwen-coder|qwen code|codegen-sh|blacksmith-sh'
                '|letta code|warp agent)\b'
            )
            or regexp_matches(
                {{ address }},
                '^codesmith-bot@users\.|^openhands@all-hands\.dev$|factory-droid\[bot\]'
                '|^agent@warp\.dev$|^crush@charm\.land$'
            )
            then 'other'
    end
{%- endmacro %}

{% macro attribution_agent_of_tool(tool_text) -%}
    {#- The agent that a footer or a trailer value names at its start ("[Claude Code](…)",
        "OpenAI Codex", "GPT-5.2-Codex"); null for tools that are not coding agents
        ("GitHub Actions"). -#}
    case
        when regexp_matches({{ tool_text }}, '(?i)^\W*claude([^a-z]|$)') then 'claude'
        when regexp_matches({{ tool_text }}, '(?i)^\W*(openai )?(codex|(chat)?gpt)([^a-z]|$)')
            then 'codex'
        when regexp_matches({{ tool_text }}, '(?i)^\W*(github )?copilot([^a-z]|$)') then 'copilot'
        when regexp_matches({{ tool_text }}, '(?i)^\W*cursor([^a-z]|$)') then 'cursor'
        when regexp_matches({{ tool_text }}, '(?i)^\W*(sourcegraph )?amp([^a-z]|$)') then 'amp'
        when regexp_matches({{ tool_text }}, '(?i)^\W*(google )?gemini([^a-z]|$)') then 'gemini'
        when regexp_matches({{ tool_text }}, '(?i)^\W*devin([^a-z]|$)') then 'devin'
        when regexp_matches({{ tool_text }}, '(?i)^\W*(google )?jules([^a-z]|$)') then 'jules'
        when regexp_matches({{ tool_text }}, '(?i)^\W*aider([^a-z]|$)') then 'aider'
        when regexp_matches({{ tool_text }}, '(?i)^\W*opencode([^a-z]|$)') then 'opencode'
        when
            regexp_matches(
                {{ tool_text }},
                '(?i)^\W*(nori|factory|droid|openhands|windsurf|cline|kiro|crush|goose|roo|kilo'
                '|junie|warp|qwen|kimi|minimax|glm|grok|deepseek)([^a-z]|$)'
            )
            then 'other'
    end
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
