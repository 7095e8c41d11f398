-- Long: the fingerprint of each table is written out, so that a test can look for it.
-- What each table says of a day that tables by days are made of it: see macros/days. Whose rows the
-- reports are counts on the days of those rows, what is valid for a time on the days of that time.
-- Hashes are added up by day: no order, and twice the same row is not none.
with people as (

    select * from {{ ref('int_people_known') }}

),

actors as (

    select * from {{ ref('int_claude_code_actors_matched_to_people') }}

),

analytics_actors as (

    select * from {{ ref('int_analytics_actors_matched_to_people') }}

),

api_keys as (

    select * from {{ ref('int_api_keys_matched_to_people') }}

),

workspaces as (

    select * from {{ ref('int_workspaces_known') }}

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

memberships as (

    select * from {{ ref('int_team_memberships') }}
    where is_primary

),

placed as (

    select * from {{ ref('int_people_placed_in_teams') }}

),

seats as (

    select * from {{ ref('int_seats_known') }}

),

enterprise_activity as (

    select * from {{ ref('int_enterprise_activity_ruled') }}

),

summaries as (

    select * from {{ ref('stg_anthropic__enterprise_summaries') }}

),

days_chosen as (

    select * from {{ ref('int_report_days_chosen') }}

),

activity_days as (

    select * from {{ ref('int_activity_days_complete') }}

),

list_prices as (

    select * from {{ ref('list_prices') }}

),

published_cost_figures as (

    select * from {{ ref('published_cost_figures') }}

),

-- Whom and what the rows of a day name, once each.
activity_rows as (

    select usage_date, actor_key from {{ ref('stg_anthropic__claude_code_records') }}
    union
    select usage_date, actor_key from enterprise_activity

),

report_rows as (

    select usage_date, workspace_id, api_key_id
    from {{ ref('stg_anthropic__message_usage') }}
    union by name
    select usage_date, workspace_id, api_key_id, analytics_actor_key
    from {{ ref('stg_anthropic__analytics_usage') }}
    union by name
    select usage_date, api_key_id, analytics_actor_key
    from {{ ref('stg_anthropic__enterprise_usage') }}
    union by name
    select usage_date, api_key_id, analytics_actor_key
    from {{ ref('stg_anthropic__enterprise_user_usage') }}
    union by name
    select usage_date, workspace_id
    from {{ ref('stg_anthropic__cost_items') }}
    union by name
    select usage_date, workspace_id, analytics_actor_key
    from {{ ref('stg_anthropic__analytics_cost') }}
    union by name
    select usage_date, analytics_actor_key
    from {{ ref('stg_anthropic__enterprise_cost') }}
    union by name
    select usage_date, analytics_actor_key
    from {{ ref('stg_anthropic__enterprise_user_cost') }}

),

read_days as (

    select usage_date from activity_rows
    union
    select usage_date from report_rows
    union
    select usage_date from summaries
    union
    select usage_date from days_chosen

),

actors_of_days as (

    select
        activity_rows.usage_date,
        actors.*
    from activity_rows
    inner join actors on activity_rows.actor_key = actors.actor_key

),

analytics_actors_of_days as (

    select
        report_rows.usage_date,
        analytics_actors.*
    from (select distinct usage_date, analytics_actor_key from report_rows) as report_rows
    inner join analytics_actors
        on report_rows.analytics_actor_key = analytics_actors.analytics_actor_key

),

api_keys_of_days as (

    select
        report_rows.usage_date,
        api_keys.*
    from (select distinct usage_date, api_key_id from report_rows) as report_rows
    inner join api_keys on report_rows.api_key_id = api_keys.api_key_id

),

workspaces_of_days as (

    select
        report_rows.usage_date,
        workspaces.workspace_id,
        workspaces.cost_center
    from
        (
            select distinct
                usage_date,
                {{ workspace_or_default("workspace_id") }} as workspace_id
            from report_rows
        ) as report_rows
    inner join workspaces on report_rows.workspace_id = workspaces.workspace_id

),

people_of_days as (

    select
        named.usage_date,
        people.person_key,
        people.is_human
    from
        (
            select usage_date, person_key from actors_of_days
            union
            select usage_date, person_key from enterprise_activity
            union
            select usage_date, person_key from analytics_actors_of_days
            union
            select usage_date, person_key from api_keys_of_days
        ) as named
    inner join people on named.person_key = people.person_key

),

-- Of people without a team, those that the day's rows name are enough.
valid_rows as (

    select
        'int_team_memberships' as input,
        valid_from,
        valid_to,
        cast(hash(person_key, team_name, cost_center) as hugeint) as row_hash
    from memberships

    union all by name

    select
        'int_people_placed_in_teams' as input,
        valid_from,
        valid_to,
        cast(hash(person_key, team_name, cost_center, is_human) as hugeint) as row_hash
    from placed
    where team_name <> 'unassigned'

    union all by name

    select
        'int_seats_known' as input,
        seats.valid_from,
        seats.valid_to,
        cast(hash(seats.person_key, seats.organization_id, people.is_human) as hugeint) as row_hash
    from seats
    left join people on seats.person_key = people.person_key

),

-- What is valid counts from its first day to the one before its end.
changes as (

    select
        input,
        valid_from as usage_date,
        row_hash
    from valid_rows
    union all
    select
        input,
        valid_to as usage_date,
        -row_hash as row_hash
    from valid_rows
    where valid_to is not null
    union all
    select
        inputs.input,
        read_days.usage_date,
        0 as row_hash
    from read_days
    cross join (select distinct input from valid_rows) as inputs

),

valid_on_days as (

    select
        input,
        usage_date,
        sum(sum(row_hash)) over (partition by input order by usage_date) as fingerprint
    from changes
    group by input, usage_date

),

hashes as (

    select
        'int_claude_code_actors_matched_to_people' as input,
        usage_date,
        hash(actors_of_days) as row_hash
    from actors_of_days

    union all

    select
        'int_analytics_actors_matched_to_people' as input,
        usage_date,
        hash(analytics_actors_of_days) as row_hash
    from analytics_actors_of_days

    union all

    select
        'int_api_keys_matched_to_people' as input,
        usage_date,
        hash(api_keys_of_days) as row_hash
    from api_keys_of_days

    union all

    select
        'int_workspaces_known' as input,
        usage_date,
        hash(workspaces_of_days) as row_hash
    from workspaces_of_days

    union all

    select
        'int_people_known' as input,
        usage_date,
        hash(people_of_days) as row_hash
    from people_of_days

    union all

    select
        'int_people_placed_in_teams' as input,
        usage_date,
        hash(people_of_days) as row_hash
    from people_of_days

    union all

    select
        'int_enterprise_activity_ruled' as input,
        usage_date,
        hash(enterprise_activity) as row_hash
    from enterprise_activity

    union all

    select
        'stg_anthropic__enterprise_summaries' as input,
        usage_date,
        hash(summaries) as row_hash
    from summaries

    union all

    select
        'int_report_days_chosen' as input,
        usage_date,
        hash(days_chosen) as row_hash
    from days_chosen

    union all

    select
        'int_activity_days_complete' as input,
        usage_date,
        hash(activity_days) as row_hash
    from activity_days

    union all

    -- These are of all days.
    select
        'int_default_workspace' as input,
        null as usage_date,
        hash(default_workspace) as row_hash
    from default_workspace

    union all

    select
        'list_prices' as input,
        null as usage_date,
        hash(list_prices) as row_hash
    from list_prices

    union all

    select
        'published_cost_figures' as input,
        null as usage_date,
        hash(published_cost_figures) as row_hash
    from published_cost_figures

),

fingerprints as (

    select
        input,
        usage_date,
        sum(row_hash) as fingerprint
    from hashes
    group by input, usage_date

    union all by name

    select
        valid_on_days.input,
        valid_on_days.usage_date,
        valid_on_days.fingerprint
    from valid_on_days
    semi join read_days on valid_on_days.usage_date = read_days.usage_date

)

select
    input,
    usage_date,
    sum(fingerprint) as fingerprint
from fingerprints
group by input, usage_date
