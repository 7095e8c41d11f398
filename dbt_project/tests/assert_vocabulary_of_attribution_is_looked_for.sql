-- A key, session key or agent whose words the first look does not let through would never match: add
-- them to the macro attribution_has_marks.
with lines as (

    select 'AI-' || word || ': x' as line_text from {{ ref('attribution_key_words') }}
    where role in ('made', 'tool', 'model')

    union all

    select word || '-by: x' from {{ ref('attribution_key_words') }}
    where role = 'made' and word <> 'assistance'

    union all

    select trailer_key || ': x' from {{ ref('agent_session_keys') }}

    union all

    select '[' || spelling || '] Title' from {{ ref('agents') }}
    where agent in ('codex', 'copilot', 'cursor', 'devin', 'jules', 'opencode') and agent = spelling

)

select line_text
from lines
where not {{ attribution_has_marks('line_text') }}
