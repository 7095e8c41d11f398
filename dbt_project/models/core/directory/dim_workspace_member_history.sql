with default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

versions as (

    select
        {{ workspace_or_default("workspace_id") }} as workspace_id,
        user_id,
        workspace_role,
        valid_from,
        valid_to
    from {{ ref('stg_anthropic__workspace_member_versions') }}

),

-- Each workspace has a list of its own, and a first reading of it.
{{ stretches_of_versions(
    "versions",
    ["workspace_id", "user_id"],
    ["workspace_role"],
    scope=["workspace_id"],
) }},

users as (

    select * from {{ ref('int_users_matched_to_people') }}

)

select
    stretches.workspace_id,
    coalesce(users.person_key, 'unknown') as person_key,
    stretches.user_id,
    coalesce(stretches.workspace_role, 'unknown') as workspace_role,
    stretches.valid_to is null as is_current,
    stretches.valid_from,
    stretches.valid_to
from stretches
left join users on stretches.user_id = users.user_id
