{#- The hash that stands for an address in what machines send, as `ingestion/hashing.py` makes it;
    null where no IDENTITY_SALT is set. -#}
{% macro identity_hash(value) -%}
    left(
        sha256(identity_salt() || sha256(identity_salt() || lower(trim({{ value }})))),
        32
    )
{%- endmacro %}
