select
    person_key,
    person_kind,
    display_name,
    email_address,
    github_login,
    user_id,
    organization_role,
    identity_count,
    is_organization_member,
    added_at,
    first_seen_at,
    left_at
from {{ ref('int_people_known') }}
