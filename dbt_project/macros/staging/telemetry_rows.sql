{#- Columns that say where a row of telemetry comes from. -#}
{% macro telemetry_origin() -%}
    session_id,
    machine_key,
    identity_hash,
    account_key,
    organization_key,
    team as sent_team,
    cost_center as sent_cost_center,
    client_version,
    terminal_type
{%- endmacro %}

{#- UTC of nanoseconds since 1970. -#}
{% macro instant_of_nanoseconds(expression) -%}
    make_timestamp({{ expression }} // 1000)
{%- endmacro %}

{#- What stands for an event that has no id of its own. A process counts its events from 0, so that
    the number alone says nothing. -#}
{% macro telemetry_event_key() -%}
    md5(to_json([
        coalesce(machine_key, ''),
        coalesce(session_id, ''),
        coalesce(prompt_id, ''),
        event_name,
        cast(time_ns as varchar),
        coalesce(cast(event_sequence as varchar), '')
    ]))
{%- endmacro %}
