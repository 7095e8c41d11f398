-- Long: the steps of one resolution, each of what the one before left.
with identity_map as (

    select * from {{ ref('int_identity_map_given') }}

),

bot_identities as (

    select identity_type, identity_value, bot_login from {{ ref('bot_identities') }}

    union

    -- The agents that count as evidence are nobody's persons.
    select identity_type, identity_value, bot_login from {{ ref('agent_identities') }}

    union

    select identity_type, identity_value || '[bot]' as identity_value, bot_login
    from {{ ref('agent_identities') }}
    where identity_type = 'github_login'

),

users as (

    select user_id, email_address, is_listed from {{ ref('int_members_known') }}

),

actors as (

    select * from {{ ref('int_claude_code_actors_observed') }}

),

git_authors as (

    select * from {{ ref('int_git_authors_observed') }}

),

pull_request_authors as (

    select * from {{ ref('int_pull_request_authors_observed') }}

),

organization_logins as (

    select distinct lower(login) as github_login
    from {{ ref('stg_github__organization_members') }}

),

api_keys as (

    select * from {{ ref('int_api_keys_known') }}

),

claude_code_workspaces as (

    select workspace_id
    from {{ ref('int_workspaces_known') }}
    where lower(workspace_name) = 'claude code'

),

-- Step 1: addresses that say by themselves whose they are.
emails as (

    select
        email_address,
        {{ base_email('email_address') }} as base_address,
        max(noreply_login) as noreply_login
    from (
        select email_address, nullif(noreply_login, '') as noreply_login from git_authors
        union all by name
        select email_address from users
        union all by name
        select actor_email_address as email_address from actors
        union all by name
        select person_email as email_address from identity_map
        union all by name
        select identity_value as email_address from identity_map where identity_type = 'email'
        union all by name
        -- The mailbox behind a plus address, although nothing names it.
        select {{ base_email('email_address') }} as email_address from users
        union all by name
        select {{ base_email('actor_email_address') }} as email_address from actors
    ) as observed
    where email_address is not null
    group by email_address

),

own_rules as (

    select
        emails.email_address,
        emails.base_address,
        emails.noreply_login,
        case
            when mapped.person_email is not null then 'identity_map'
            when bots.bot_login is not null and members.email_address is null then 'bot_list'
            when
                emails.email_address <> emails.base_address
                and mapped_people.person_email is null
                then null
            when members.email_address is not null then 'organization_member'
            when claude_code_users.email_address is not null then 'claude_code_user'
            when report_users.email_address is not null then 'report_user'
            when mapped_people.person_email is not null then 'identity_map'
        end as matching_rule,
        mapped.person_email as mapped_email,
        bots.bot_login
    from emails
    left join identity_map as mapped
        on emails.email_address = mapped.identity_value and mapped.identity_type = 'email'
    left join
        (
            select distinct {{ base_email('email_address') }} as email_address
            from users
            where is_listed
        ) as members
        on emails.email_address = members.email_address
    left join
        (select distinct {{ base_email('email_address') }} as email_address from users)
            as report_users
        on emails.email_address = report_users.email_address
    left join bot_identities as bots
        on emails.email_address = bots.identity_value and bots.identity_type = 'email'
    left join
        (
            select distinct {{ base_email('actor_email_address') }} as email_address
            from actors
        ) as claude_code_users
        on emails.email_address = claude_code_users.email_address
    left join (select distinct person_email from identity_map) as mapped_people
        on emails.email_address = mapped_people.person_email

),

-- A plus address is whose its mailbox is.
direct_emails as (

    select
        own_rules.email_address,
        own_rules.base_address,
        own_rules.noreply_login,
        case
            when own_rules.matching_rule is not null then own_rules.matching_rule
            when mailboxes.matching_rule is not null then 'plus_address'
        end as matching_rule,
        case
            when own_rules.matching_rule is not null
                then coalesce(own_rules.mapped_email, own_rules.email_address)
            else coalesce(mailboxes.mapped_email, mailboxes.email_address)
        end as person_email,
        case
            when own_rules.matching_rule = 'bot_list' then own_rules.bot_login
            when own_rules.matching_rule is null and mailboxes.matching_rule = 'bot_list'
                then mailboxes.bot_login
        end as bot_login,
        case when own_rules.matching_rule is null then mailboxes.email_address end
            as matched_through
    from own_rules
    left join own_rules as mailboxes
        on
            own_rules.base_address = mailboxes.email_address
            and own_rules.email_address <> mailboxes.email_address

),

known_emails as (

    select
        email_address,
        matching_rule,
        case when bot_login is not null then 'bot' else 'email' end as person_root_type,
        coalesce(bot_login, person_email) as person_root_value,
        matched_through
    from direct_emails
    where matching_rule is not null

),

-- Step 2: logins, through the known addresses they commit with.
logins as (

    select github_login, bool_or(is_bot) as is_bot
    from (
        select github_login, false as is_bot from git_authors
        union all by name
        select nullif(noreply_login, '') as github_login, false as is_bot from git_authors
        union all by name
        select github_login, is_bot from pull_request_authors
        union all by name
        select identity_value as github_login, false as is_bot
        from identity_map
        where identity_type = 'github_login'
        union all by name
        select github_login, false as is_bot from organization_logins
    ) as observed
    where github_login is not null
    group by github_login

),

login_people as (

    select
        git_authors.github_login,
        min(known_emails.person_root_type) as person_root_type,
        min(known_emails.person_root_value) as person_root_value,
        min(known_emails.email_address) as matched_through,
        count(distinct known_emails.person_root_value) as person_count
    from git_authors
    inner join known_emails on git_authors.email_address = known_emails.email_address
    -- Who has claimed a bot's address at GitHub is not the bot.
    where git_authors.github_login is not null and known_emails.person_root_type <> 'bot'
    group by git_authors.github_login

),

ruled_logins as (

    select
        logins.github_login,
        case
            when mapped.person_email is not null then 'identity_map'
            when bots.bot_login is not null then 'bot_list'
            when logins.is_bot or ends_with(logins.github_login, '[bot]') then 'bot_account'
            when login_people.person_count = 1 then 'shared_mail_address'
            else 'own_login'
        end as matching_rule,
        mapped.person_email as mapped_email,
        bots.bot_login,
        login_people.person_root_type as linked_root_type,
        login_people.person_root_value as linked_root_value,
        login_people.matched_through
    from logins
    left join identity_map as mapped
        on logins.github_login = mapped.identity_value and mapped.identity_type = 'github_login'
    left join bot_identities as bots
        on
            logins.github_login = bots.identity_value
            and bots.identity_type = 'github_login'
    left join login_people on logins.github_login = login_people.github_login

),

resolved_logins as (

    select
        github_login,
        matching_rule,
        case matching_rule
            when 'identity_map' then 'email'
            when 'bot_list' then 'bot'
            when 'bot_account' then 'bot'
            when 'shared_mail_address' then linked_root_type
            else 'github_login'
        end as person_root_type,
        case matching_rule
            when 'identity_map' then mapped_email
            when 'bot_list' then bot_login
            when 'shared_mail_address' then linked_root_value
            else github_login
        end as person_root_value,
        case when matching_rule = 'shared_mail_address' then matched_through end
            as matched_through
    from ruled_logins

),

-- Step 3: the other addresses, through the login that uses them.
email_logins as (

    select
        {{ base_email('email_address') }} as base_address,
        min(github_login) as github_login,
        count(distinct github_login) as login_count
    from git_authors
    where email_address is not null
    group by base_address

),

other_emails as (

    select
        direct_emails.email_address,
        direct_emails.base_address,
        case
            when direct_emails.noreply_login is not null then 'noreply_address'
            when email_logins.login_count = 1 then 'github_account'
            else 'own_mail_address'
        end as matching_rule,
        case
            when direct_emails.noreply_login is not null then direct_emails.noreply_login
            when email_logins.login_count = 1 then email_logins.github_login
        end as matched_through
    from direct_emails
    left join email_logins on direct_emails.base_address = email_logins.base_address
    where direct_emails.matching_rule is null

),

-- Step 4: the API keys that act as Claude Code users.
-- Claude Code makes one key for each of its users, in a workspace of its own. Who made a key of any
-- other workspace, for a nightly job say, is not who uses it.
key_candidates as (

    select
        api_keys.api_key_name,
        api_keys.created_by_id,
        case when api_keys.created_by_type = 'user' then users.email_address end as creator_email
    from api_keys
    inner join claude_code_workspaces
        on api_keys.workspace_id = claude_code_workspaces.workspace_id
    left join users on api_keys.created_by_id = users.user_id

),

key_creators as (

    select
        key_candidates.api_key_name,
        min(key_candidates.created_by_id) as matched_through,
        min(known_emails.person_root_value) as person_root_value
    from key_candidates
    left join known_emails
        on
            key_candidates.creator_email = known_emails.email_address
            and known_emails.person_root_type = 'email'
    group by key_candidates.api_key_name
    -- Names are not unique.
    having
        count(distinct coalesce(key_candidates.created_by_id, '')) = 1
        and min(known_emails.person_root_value) is not null

),

ruled_keys as (

    select
        actors.api_key_name,
        case
            when mapped.person_email is not null then 'identity_map'
            when key_creators.api_key_name is not null then 'api_key_creator'
            else 'own_api_key'
        end as matching_rule,
        coalesce(mapped.person_email, key_creators.person_root_value) as person_email,
        key_creators.matched_through
    from
        (
            select distinct actor_api_key_name as api_key_name
            from actors
            where actor_type <> 'user_actor' and actor_api_key_name is not null
        ) as actors
    left join identity_map as mapped
        on actors.api_key_name = mapped.identity_value and mapped.identity_type = 'api_key_name'
    left join key_creators on actors.api_key_name = key_creators.api_key_name

),

resolved_keys as (

    select
        api_key_name,
        matching_rule,
        case when person_email is not null then 'email' else 'api_key_name' end
            as person_root_type,
        coalesce(person_email, api_key_name) as person_root_value,
        case when matching_rule = 'api_key_creator' then matched_through end as matched_through
    from ruled_keys

),

identities as (

    select
        'email' as identity_type,
        email_address as identity_value,
        person_root_type,
        person_root_value,
        matching_rule,
        matched_through,
        true as is_direct
    from known_emails

    union all by name

    select
        'email' as identity_type,
        other_emails.email_address as identity_value,
        coalesce(resolved_logins.person_root_type, 'email') as person_root_type,
        coalesce(
            resolved_logins.person_root_value, other_emails.base_address
        ) as person_root_value,
        other_emails.matching_rule,
        other_emails.matched_through,
        -- The action of Claude commits as `41898282+claude[bot]@...`, and GitHub resolves that number
        -- to the account of another bot: for bots the address says more than the account.
        other_emails.matching_rule = 'noreply_address'
        and coalesce(resolved_logins.person_root_type = 'bot', false) as is_direct
    from other_emails
    left join resolved_logins on other_emails.matched_through = resolved_logins.github_login

    union all by name

    select
        'github_login' as identity_type,
        github_login as identity_value,
        person_root_type,
        person_root_value,
        matching_rule,
        matched_through,
        true as is_direct
    from resolved_logins

    union all by name

    select
        'api_key_name' as identity_type,
        api_key_name as identity_value,
        person_root_type,
        person_root_value,
        matching_rule,
        matched_through,
        true as is_direct
    from resolved_keys

    union all by name

    -- People whose account was deleted before any directory that was read had them.
    select
        'user_id' as identity_type,
        user_id as identity_value,
        'user_id' as person_root_type,
        user_id as person_root_value,
        'own_user_id' as matching_rule,
        null as matched_through,
        true as is_direct
    from users
    where email_address is null

)

select
    identity_type,
    identity_value,
    {{ person_key('person_root_type', 'person_root_value') }} as person_key,
    person_root_type,
    person_root_value,
    matching_rule,
    matched_through,
    is_direct
from identities
