-- What the conservative reading counts as with Claude, the balanced one does, and what that one
-- counts or leaves open, the liberal one counts.
with changes as (

    select
        'commit' as contribution,
        claude_attribution,
        attribution_balanced,
        attribution_liberal
    from {{ ref('fct_commits') }}
    union all by name
    select
        'pull request' as contribution,
        claude_attribution,
        attribution_balanced,
        attribution_liberal
    from {{ ref('fct_pull_requests') }}

)

select *
from changes
where
    (claude_attribution = 'with_claude') <> (attribution_balanced = 'with_claude')
    or (attribution_balanced <> 'without_claude' and attribution_liberal <> 'with_claude')
