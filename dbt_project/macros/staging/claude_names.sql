{#- What a name says of a Claude model, as clouds and gateways write it: name, region and date, empty
    where it says none; all are empty where it is no Claude model's. -#}
{% macro claude_name_parts(name) -%}
    regexp_extract(
        lower({{ name }}),
        '^(?:[\w.:-]+/)*(?:(us-gov|us|eu|apac|jp|au|ap|ca|sa|me|global)\.)?(?:anthropic\.)?'
        || '(claude-[a-z0-9.-]+?)(?:[-@](\d{8}))?(?:@(?:default|latest))?(?:-v\d+(?::\d+k?)*)?'
        || '(?:\[[0-9a-z]+\])?$',
        ['geography', 'model', 'snapshot']
    )
{%- endmacro %}

{#- A model under the name that Anthropic's own API has for it, without what clouds and gateways put
    around it; `unmapped` where it is no Claude model's, and null where none is said. -#}
{% macro anthropic_model(name) -%}
    case
        when {{ name }} is not null
            then
                coalesce(
                    nullif(
                        concat_ws(
                            '-',
                            nullif({{ claude_name_parts(name) }}.model, ''),
                            nullif({{ claude_name_parts(name) }}.snapshot, '')
                        ),
                        ''
                    ),
                    'unmapped'
                )
    end
{%- endmacro %}

{#- A model under the name that Anthropic's own API has for it, with the date where the log says it;
    null where the name is no Claude model's, or says no version, as groups of models are named. -#}
{% macro litellm_model(parts) -%}
    case
        when regexp_matches({{ parts }}.model, '\d')
            then concat_ws(
                '-',
                regexp_replace({{ parts }}.model, '^(claude-[a-z]+-\d+)\.(\d+)$', '\1-\2'),
                nullif({{ parts }}.snapshot, '')
            )
    end
{%- endmacro %}

{#- Which way a request went, by LiteLLM's word for the provider or the beginning of the name. -#}
{% macro litellm_route(provider, name) -%}
    case
        regexp_extract(
            lower(coalesce({{ provider }}, {{ name }}, '')),
            '^(anthropic|bedrock|vertex_ai|azure_ai|azure)(?:[_/-].*)?$',
            1
        )
        when 'anthropic' then 'anthropic'
        when 'bedrock' then 'bedrock'
        when 'vertex_ai' then 'vertex_ai'
        when 'azure_ai' then 'azure_ai'
        when 'azure' then 'azure_ai'
        else 'unmapped'
    end
{%- endmacro %}
