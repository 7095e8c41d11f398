select
    person_key,
    team_name,
    cost_center,
    is_primary,
    membership_source,
    valid_from,
    valid_to
from {{ ref('int_team_memberships') }}
