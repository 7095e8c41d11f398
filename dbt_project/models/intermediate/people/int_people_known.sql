with identities as (

    select * from {{ ref('int_identities_resolved') }}

),

users as (

    select * from {{ ref('int_members_known') }}
    where is_listed

),

-- One person may stand in both directories, in one of them twice over the years, and under a plus
-- address.
members as (

    select
        identities.person_key,
        arg_min(
            users.user_id,
            (users.email_address <> identities.person_root_value, not users.is_current, users.user_id)
        ) as user_id,
        arg_min(
            users.display_name,
            (users.email_address <> identities.person_root_value, not users.is_current, users.user_id)
        ) as display_name,
        arg_min(
            users.organization_role,
            (users.email_address <> identities.person_root_value, not users.is_current, users.user_id)
        ) as organization_role,
        min(users.added_at) as added_at,
        min(users.first_seen_at) as first_seen_at,
        case when not bool_or(users.is_current) then max(users.left_at) end as left_at,
        bool_or(users.is_current) as is_current
    from users
    inner join identities
        on
            identities.identity_type = 'email'
            and users.email_address = identities.identity_value
    where
        users.email_address = identities.person_root_value
        or identities.matching_rule = 'plus_address'
    group by identities.person_key

),

git_names as (

    select
        email_address,
        min(author_name) as author_name
    from {{ ref('int_git_authors_observed') }}
    where email_address is not null
    group by email_address

),

people as (

    select
        identities.person_key,
        min(identities.person_root_type) as person_root_type,
        min(identities.person_root_value) as person_root_value,
        min(identities.identity_value) filter (
            where identities.identity_type = 'github_login'
        ) as github_login,
        min(identities.identity_value) filter (
            where
                identities.identity_type = 'email'
                and not ends_with(identities.identity_value, '@users.noreply.github.com')
        ) as git_email_address,
        min(git_names.author_name) as author_name,
        bool_or(
            identities.matching_rule
            in ('claude_code_user', 'report_user', 'identity_map', 'api_key_creator')
        ) as is_guest,
        count(*) as identity_count
    from identities
    left join git_names
        on
            identities.identity_type = 'email'
            and identities.identity_value = git_names.email_address
    group by identities.person_key

),

described as (

    select
        people.person_key,
        case
            when people.person_root_type = 'bot' then 'bot'
            when people.person_root_type = 'api_key_name' then 'service'
            when members.is_current then 'member'
            when members.user_id is not null then 'former_member'
            when people.person_root_type = 'email' and people.is_guest then 'guest'
            when people.person_root_type = 'user_id' then 'guest'
            else 'git_only'
        end as person_kind,
        case people.person_root_type
            when 'email'
                then coalesce(
                    members.display_name,
                    people.author_name,
                    split_part(people.person_root_value, '@', 1)
                )
            when 'github_login' then coalesce(people.author_name, people.person_root_value)
            else people.person_root_value
        end as display_name,
        case people.person_root_type
            when 'email' then people.person_root_value
            when 'github_login' then people.git_email_address
        end as email_address,
        people.github_login,
        case people.person_root_type
            when 'user_id' then people.person_root_value
            else members.user_id
        end as user_id,
        members.organization_role,
        people.identity_count,
        coalesce(members.is_current, false) as is_organization_member,
        members.added_at,
        members.first_seen_at,
        members.left_at
    from people
    left join members
        on
            people.person_root_type = 'email'
            and people.person_key = members.person_key

),

unknown as (

    select
        'unknown' as person_key,
        'unknown' as person_kind,
        'Unknown' as display_name,
        cast(null as varchar) as email_address,
        cast(null as varchar) as github_login,
        cast(null as varchar) as user_id,
        cast(null as varchar) as organization_role,
        0 as identity_count,
        false as is_organization_member,
        cast(null as timestamp) as added_at,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as left_at

),

unioned as (

    select * from described
    union all by name
    select * from unknown

)

select
    person_key,
    person_kind,
    display_name,
    email_address,
    github_login,
    user_id,
    organization_role,
    identity_count,
    person_kind in ('member', 'former_member', 'guest', 'git_only') as is_human,
    person_kind in ('member', 'former_member', 'guest') as is_known_to_claude,
    is_organization_member,
    added_at,
    first_seen_at,
    left_at
from unioned
