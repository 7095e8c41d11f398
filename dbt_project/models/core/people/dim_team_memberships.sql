select
    person_key,
    team_name,
    cost_center,
    is_primary,
    membership_source,
    nullif(valid_from, date '1970-01-01') as valid_from,
    valid_to
from {{ ref('int_team_memberships') }}
