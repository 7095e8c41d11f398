-- A row's hash is added to those of its day: no order, and twice the same row is not none.
with people as (

    select
        person_key,
        person_kind in ('member', 'former_member', 'guest', 'git_only') as is_human
    from {{ ref('dim_people') }}

),

{% for name, relation, key in [
    ("actors", "int_claude_code_actors_matched_to_people", "actor_key"),
    ("analytics_actors", "int_analytics_actors_matched_to_people", "analytics_actor_key"),
    ("api_keys", "int_api_keys_matched_to_people", "api_key_id"),
] -%}
{{ name }} as (

    select
        {{ name }}.{{ key }},
        hash({{ name }}, people.is_human) as row_hash
    from {{ ref(relation) }} as {{ name }}
    left join people on {{ name }}.person_key = people.person_key

),

{% endfor -%}
valid_rows as (

    select
        'teams' as input,
        valid_from,
        valid_to,
        cast(hash(person_key, team_name, cost_center) as hugeint) as row_hash
    from {{ ref('int_team_memberships') }}
    where is_primary

    union all by name

    select
        'seats' as input,
        seats.valid_from,
        seats.valid_to,
        cast(hash(seats.person_key, seats.organization_id, people.is_human) as hugeint) as row_hash
    from {{ ref('int_seats_known') }} as seats
    left join people on seats.person_key = people.person_key

),

organizations as (

    select distinct organization_id from {{ ref('stg_anthropic__claude_code_records') }}
    union
    select distinct 'enterprise' as organization_id
    from {{ ref('int_enterprise_activity_ruled') }}
    where counting_rule = 'counted'

),

default_workspace as (

    select * from {{ ref('int_default_workspace') }}

),

read_days as (

    {% for report in reports() if report.is_followed -%}
    select usage_date from {{ ref(report.model) }}
    union
    {% endfor -%}
    select usage_date from {{ ref('int_report_days_chosen') }}

),

-- A membership or a seat counts from its first day to the one before its end.
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
        sum(sum(row_hash)) over (partition by input order by usage_date) as stamp
    from changes
    group by input, usage_date

),

hashes as (

    {% for relation in ["int_enterprise_activity_ruled", "stg_anthropic__enterprise_summaries"] -%}
    select
        'activity' as input,
        usage_date,
        hash(whole_rows) as row_hash
    from {{ ref(relation) }} as whole_rows

    union all

    {% endfor -%}
    {% for input, relation, owners, key in [
        ("activity", "stg_anthropic__claude_code_records", "actors", "actor_key"),
        ("activity", "int_enterprise_activity_ruled", "actors", "actor_key"),
        ("usage", "stg_anthropic__message_usage", "api_keys", "api_key_id"),
    ] -%}
    {{ "union all" if not loop.first }}

    select
        '{{ input }}' as input,
        owned_rows.usage_date,
        {{ owners }}.row_hash
    from {{ ref(relation) }} as owned_rows
    inner join {{ owners }} on owned_rows.{{ key }} = {{ owners }}.{{ key }}

    {% endfor -%}
    {% for report in reports() if report.is_by_actor %}
    union all

    select
        '{{ report.subject }}' as input,
        rows_of_actors.usage_date,
        hash(
            actors_of_report.row_hash{{ ", api_keys.row_hash" if report.subject == "usage" }}
        ) as row_hash
    from {{ ref(report.model) }} as rows_of_actors
    left join analytics_actors as actors_of_report
        on rows_of_actors.analytics_actor_key = actors_of_report.analytics_actor_key
    {%- if report.subject == "usage" %}
    left join api_keys on rows_of_actors.api_key_id = api_keys.api_key_id
    {%- endif %}
    {% endfor %}
    union all

    select
        report_family as input,
        usage_date,
        hash(chosen) as row_hash
    from {{ ref('int_report_days_chosen') }} as chosen

    {% for report in reports() if "workspace_id" in report.staged[0].by %}
    union all

    select
        'workspaces' as input,
        rows_of_days.usage_date,
        hash(workspaces.workspace_id, workspaces.cost_center) as row_hash
    from
        (
            select distinct
                usage_date,
                {{ workspace_or_default("workspace_id") }} as workspace_id
            from {{ ref(report.model) }}
        ) as rows_of_days
    inner join {{ ref('int_workspaces_known') }} as workspaces
        on rows_of_days.workspace_id = workspaces.workspace_id
    {% endfor %}
    -- Of all days.
    {% for input in ["usage", "cost"] %}
    union all

    select
        '{{ input }}' as input,
        null as usage_date,
        hash(default_workspace) as row_hash
    from default_workspace
    {% endfor -%}
    {% for input, relation in {
        "list_prices": ref("list_prices"),
        "published_cost_figures": ref("published_cost_figures"),
        "organizations": "organizations",
    }.items() %}
    union all

    select
        '{{ input }}' as input,
        null as usage_date,
        hash(whole_rows) as row_hash
    from {{ relation }} as whole_rows
    {% endfor %}

)

select
    input,
    usage_date,
    sum(row_hash) as stamp
from hashes
group by input, usage_date

union all by name

select
    valid_on_days.input,
    valid_on_days.usage_date,
    valid_on_days.stamp
from valid_on_days
semi join read_days on valid_on_days.usage_date = read_days.usage_date
