{{ revision_rows("raw_anthropic") }}
