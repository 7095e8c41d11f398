"""Who uses Claude Code and how regularly, who comes and goes, and what is accepted."""

from __future__ import annotations

from dashboard import charts
from dashboard.conditions import IN_DAYS, OF_TEAM
from dashboard.model import (
    DATES,
    DATES_AND_TEAM,
    Chart,
    Column,
    Figure,
    Filtered,
    Page,
    Section,
    Table,
)

# One organisation and one team or `all`: people are in several and cannot be added.
_ADOPTION = "organization_id = 'all' and team_name = coalesce(getvariable('team'), 'all')"
# Services and bots are no people. Without people none are counted.
_PERSON_COUNT = """
    case when count(person_kind) > 0
        then count(distinct person_key) filter (person_kind not in ('service', 'bot', 'unknown'))
        end
"""
# Sessions are of guests, services and bots too. Without people it is not known of whom.
_OF_MEMBERS = """
    case when count(person_kind) > 0
        then format('{:,} of them by members; ', coalesce(cast(sum(session_count)
            filter (person_kind = 'member') as bigint), 0)) end
"""
_TEAM_ONLY: Filtered = frozenset({"team"})
_PEOPLE_ARE_NOT_PUBLISHED = "or people are not published here by name"

ACTIVE = Figure(
    "active_over_28_days",
    "People active, last 28 days",
    "count",
    f"""
    select
        arg_max(active_28d_count, usage_date) as value,
        case when count(*) = 0 then '28 days are not complete yet'
            else arg_max(seat_count, usage_date) || ' seats; to ' || max(usage_date) end as detail
    from adoption_daily
    where {_ADOPTION}
        and usage_date <= getvariable('last_day') and active_28d_count is not null
    """,
    _TEAM_ONLY,
    "adoption_daily.active_28d_count",
)
STICKINESS = Figure(
    "stickiness",
    "Share of days that active people use it",
    "ratio",
    f"""
    select
        arg_max(stickiness_ratio, usage_date) as value,
        case when count(*) = 0 then 'nobody active in 28 complete days'
            else format('{{:,}} of {{:,}} person-days; to ',
                arg_max(active_person_days_28d_count, usage_date),
                arg_max(possible_person_days_28d_count, usage_date)) || max(usage_date) end
            as detail
    from adoption_daily
    where {_ADOPTION}
        and usage_date <= getvariable('last_day') and stickiness_ratio is not null
    """,
    _TEAM_ONLY,
    "adoption_daily.stickiness_ratio",
)
# Seats are those of now, so use is looked at up to the last day that was read: see
# docs/queries/idle_seats.sql. Before four weeks are read nobody can be called idle.
_IDLE = """
    with last_activity as (
        select person_key, max(usage_date) as last_active_date
        from fct_claude_code_activity_daily
        where is_complete_day
        group by person_key
    ),

    read_until as (
        select min(usage_date) as first_date, max(usage_date) as last_date
        from fct_claude_code_activity_daily
        where is_complete_day
        having max(usage_date) - min(usage_date) >= 27
    ),

    seats as (
        select
            display_name,
            coalesce(team_name, 'unassigned') as team_name,
            cast(added_at as date) as member_since,
            last_active_date,
            last_date - last_active_date as idle_day_count,
            coalesce(last_date - last_active_date >= 28, true) as is_idle,
            last_date
        from dim_people
        cross join read_until
        left join last_activity using (person_key)
        left join dim_team_memberships as teams
            on teams.person_key = dim_people.person_key and teams.is_primary
            and teams.valid_to is null
        where person_kind = 'member'
    )
"""
IDLE = Figure(
    "idle",
    "Seats not used for 28 days",
    "count",
    f"""
    {_IDLE}

    select
        case when count(*) > 0 then count(*) filter (is_idle) end as value,
        case when count(*) = 0 then 'no seats are known, or fewer than 28 days are read'
            else 'of ' || count(*) || ' seats of now; '
                || count(*) filter (last_active_date is null) || ' never used' end as detail
    from seats
    where {OF_TEAM}
    """,
    _TEAM_ONLY,
    "adoption_daily.seat_count",
)
SESSIONS = Figure(
    "sessions",
    "Sessions started",
    "count",
    f"""
    select
        sum(session_count) as value,
        coalesce({_OF_MEMBERS}, '') || 'complete days with use: '
        || count(distinct usage_date) as detail
    from fct_claude_code_activity_daily
    left join dim_people using (person_key)
    where is_complete_day and {IN_DAYS} and {OF_TEAM}
    """,
    DATES_AND_TEAM,
    "fct_claude_code_activity_daily.session_count",
)
LINES = Figure(
    "lines_accepted",
    "Lines accepted",
    "count",
    f"""
    select
        sum(lines_added) as value,
        'whether or not they were kept' as detail
    from fct_claude_code_activity_daily
    where is_complete_day and {IN_DAYS} and {OF_TEAM}
    """,
    DATES_AND_TEAM,
    "fct_claude_code_activity_daily.lines_added",
)
MERGED = Figure(
    "merged_per_person",
    "Merged per active person and week",
    "count",
    """
    select
        sum(merged_pull_request_of_active_count) / nullif(sum(active_person_count), 0) as value,
        case when count(*) = 0 then 'no whole week in these days'
            else count(*) || ' whole weeks; pull requests made with Claude or not' end as detail
    from pull_requests_per_person_weekly
    where is_complete_week and team_name = coalesce(getvariable('team'), 'all')
        and week_start_date >= getvariable('first_day')
        and week_start_date + 6 <= getvariable('last_day')
    """,
    DATES_AND_TEAM,
    "pull_requests_per_person_weekly.merged_pull_requests_per_active_person",
)

PEOPLE = Chart(
    "people_by_day",
    "How many people use Claude Code?",
    f"""
    with windows as (
        select
            usage_date,
            unnest([28, 7, 1]) as window_day_count,
            unnest(['within 28 days', 'within 7 days', 'on the day']) as within,
            unnest([
                active_28d_count,
                active_7d_count,
                -- Nobody is named on these days, which is not nobody.
                case when not is_missing_people then active_1d_count end
            ]) as person_count
        from adoption_daily
        where {_ADOPTION} and {IN_DAYS}
    )

    select *
    from windows
    qualify count(person_count) over () > 0
    order by usage_date, window_day_count desc
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("within", "Active"),
        Column("person_count", "People", "count"),
    ),
    DATES_AND_TEAM,
    "adoption_daily.active_7d_count",
    empty="No day of these is complete.",
    marks=lambda: charts.lines(
        "usage_date", "person_count", "within", title="People", unit="count", points=False
    ),
    says="Lines by day: people active on the day, within 7 and within 28 days. There is a gap"
    " where a day of the window is not complete, or a report names nobody.",
)

# From the bottom of a bar up: all people who were ever seen, each once.
_STATES = {
    "stayed": charts.WITH,
    "new": charts.WITH_ESTIMATED,
    "came back": charts.RETURNED,
    "left lately": charts.UNDETERMINED,
    "left before": charts.WITHOUT,
}
GROWTH = Chart(
    "come_and_go",
    "Who is new, who stays, and who has gone?",
    f"""
    with last_days as (
        select *
        from adoption_daily
        where {_ADOPTION} and {IN_DAYS} and new_count is not null
        qualify usage_date = max(usage_date) over (partition by date_trunc('week', usage_date))
    )

    select
        cast(date_trunc('week', usage_date) as date) as week_start_date,
        usage_date,
        unnest(['stayed', 'new', 'came back', 'left lately', 'left before']) as state,
        unnest([retained_count, new_count, resurrected_count, lapsed_count, dormant_count])
            as person_count
    from last_days
    order by all
    """,
    (
        Column("usage_date", "28 days to", "date"),
        Column("state", "People who"),
        Column("person_count", "People", "count"),
    ),
    DATES_AND_TEAM,
    "adoption_daily.retained_count",
    empty="Who is new is known once 56 days are complete: none of these days has them behind it.",
    marks=lambda: charts.stacked_days(
        "week_start_date",
        "person_count",
        "state",
        title="People",
        unit="count",
        width_days=7,
        colours=_STATES,
    ),
    says="Bars by week: everybody seen so far by the 28 days up to the week's last day. Who was"
    " active: stayed since the 28 days before, is new, or came back. Who was not: left lately,"
    " which is active in the 28 days before, or left before that.",
)
COHORTS = Chart(
    "cohorts",
    "Of those who began together, how many are still there?",
    """
    select
        cohort_month_date,
        months_since_first_count,
        month_start_date,
        active_person_count,
        cohort_person_count,
        active_person_count / nullif(cohort_person_count, 0) as active_ratio,
        is_complete_month,
        strftime(cohort_month_date, '%Y-%m') || case when is_first_cohort then ' or before'
            else '' end as cohort,
        active_person_count || ' of ' || cohort_person_count
        || case when is_complete_month then '' else ' so far' end as in_words
    from adoption_cohorts_monthly
    order by cohort_month_date, months_since_first_count
    """,
    (
        Column("cohort", "Began"),
        Column("month_start_date", "Month", "month"),
        Column("months_since_first_count", "Months later", "count"),
        Column("active_person_count", "Active people", "count"),
        Column("cohort_person_count", "Of", "count"),
        Column("active_ratio", "Share", "ratio"),
        Column("is_complete_month", "Complete"),
    ),
    frozenset(),
    "adoption_cohorts_monthly.active_person_count",
    empty="Nobody has begun yet, or each month has too few people to be published here.",
    marks=lambda: charts.heat_map(
        "months_since_first_count",
        "cohort",
        "active_ratio",
        "in_words",
        across_title="Months after the first",
    ),
    says="Cells by the month in which people began and by months since: how many of them were"
    " active, darker for more. The first row holds everybody who began before as well.",
)
MERGED_BY_WEEK = Chart(
    "merged_per_person_by_week",
    "How many pull requests does an active person merge in a week?",
    """
    select
        week_start_date,
        case when team_name = 'all' then 'all teams' else team_name end as team,
        case when is_complete_week then merged_pull_requests_per_active_person end
            as merged_per_person,
        merged_pull_request_of_active_count,
        active_person_count,
        active_author_count,
        is_complete_week
    from pull_requests_per_person_weekly
    where team_name = coalesce(getvariable('team'), 'all')
        and week_start_date between date_trunc('week', getvariable('first_day'))
        and getvariable('last_day')
    -- A line of which no point is known has no place to be drawn at.
    qualify bool_or(merged_per_person is not null) over ()
    order by week_start_date
    """,
    (
        Column("week_start_date", "Week from", "date"),
        Column("team", "Team"),
        Column("merged_per_person", "Merged per active person", "count"),
        Column("merged_pull_request_of_active_count", "Merged by them", "count"),
        Column("active_person_count", "Active people", "count"),
        Column("active_author_count", "Of them merged any", "count"),
        Column("is_complete_week", "Complete"),
    ),
    DATES_AND_TEAM,
    "pull_requests_per_person_weekly.merged_pull_requests_per_active_person",
    empty="No complete week with people and repositories here, or it is not published.",
    marks=lambda: charts.lines(
        "week_start_date",
        "merged_per_person",
        "team",
        title="Merged per active person",
        unit="decimal",
        in_weeks=True,
    ),
    says="A line by week: pull requests merged by people who used Claude Code in the week, made"
    " with it or not, divided by all who used it. Weeks that are not complete are left out.",
)
ACCEPTANCE = Chart(
    "acceptance_by_tool",
    "How many proposals are accepted?",
    f"""
    with tools as (
        select
            tool_name,
            cast(sum(accepted_count) as bigint) as accepted_count,
            cast(sum(decision_count) as bigint) as decision_count,
            max(minimum_decision_count) as minimum_count
        from tool_acceptance_daily
        where {IN_DAYS} and {OF_TEAM}
        group by tool_name
    )

    select
        tool_name,
        accepted_count,
        decision_count,
        case when decision_count >= minimum_count then accepted_count / decision_count end
            as acceptance_ratio,
        case when decision_count >= minimum_count then ''
            else 'too few: a share is shown from ' || minimum_count || ' on' end as too_few,
        replace(tool_name, '_', ' ') || format(' ({{:,}} decisions', decision_count)
        || case when decision_count >= minimum_count then ')' else ', too few)' end as what
    from tools
    where decision_count > 0
    order by decision_count desc, tool_name
    """,
    (
        Column("tool_name", "Tool"),
        Column("accepted_count", "Accepted", "count"),
        Column("decision_count", "Of decisions", "count"),
        Column("acceptance_ratio", "Share accepted", "ratio"),
        Column("too_few", "Too few"),
    ),
    DATES_AND_TEAM,
    "tool_acceptance_daily.acceptance_ratio",
    empty="No decision about a proposal is known of these days.",
    marks=lambda: charts.bars(
        "what", "acceptance_ratio", title="Share of decisions that accepted", unit="ratio"
    ),
    says="Bars by tool: accepted proposals divided by all decisions, largest share first. Tools"
    " with too few decisions have no bar.",
)
TERMINALS = Chart(
    "sessions_by_terminal",
    "Where do people work with it?",
    f"""
    select
        coalesce(nullif(terminal_type, 'unknown'), 'not reported') as terminal,
        sum(session_count) as session_count,
        sum(session_count) filter (is_remote) as remote_session_count,
        {_PERSON_COUNT} as person_count,
        sum(lines_added) as lines_added
    from fct_claude_code_activity_daily
    left join dim_people using (person_key)
    where is_complete_day and {IN_DAYS} and {OF_TEAM}
    group by terminal
    order by session_count desc nulls last, terminal
    """,
    (
        Column("terminal", "Terminal or editor"),
        Column("session_count", "Sessions", "count"),
        Column("remote_session_count", "Of them remote", "count"),
        Column("person_count", "People", "count"),
        Column("lines_added", "Lines accepted", "count"),
    ),
    DATES_AND_TEAM,
    "fct_claude_code_activity_daily.terminal_type",
    empty="No use of Claude Code on complete days of these.",
    marks=lambda: charts.bars("terminal", "session_count", title="Sessions started", unit="count"),
    says="Bars by terminal or editor: sessions started on complete days.",
)
IDLE_SEATS = Table(
    "idle_seats",
    "Which seats does nobody use?",
    f"""
    {_IDLE}

    select
        display_name,
        team_name,
        member_since,
        last_active_date,
        idle_day_count,
        case when last_active_date is null then 'never, in what is stored' else '' end as note,
        last_date
    from seats
    where is_idle and {OF_TEAM}
    order by last_active_date nulls first, display_name
    """,
    (
        Column("display_name", "Who"),
        Column("team_name", "Team now"),
        Column("member_since", "Member since", "date"),
        Column("last_active_date", "Last used", "date"),
        Column("idle_day_count", "Days ago", "count"),
        Column("note", "Note"),
        Column("last_date", "Read until", "date"),
    ),
    _TEAM_ONLY,
    "adoption_daily.seats_never_used_count",
    empty="Every seat was used within 28 days, fewer than 28 days are read,"
    f" {_PEOPLE_ARE_NOT_PUBLISHED}.",
)
LEADERBOARD = Table(
    "leaderboard",
    "Who leads?",
    """
    select
        month_start_date,
        coalesce(display_name, 'not known') as display_name,
        lines_accepted,
        lines_accepted_rank,
        merged_pull_request_count,
        merged_pull_request_rank,
        estimated_cost_usd,
        estimated_cost_rank,
        person_count
    from leaderboard_monthly
    left join dim_people using (person_key)
    where month_start_date between date_trunc('month', getvariable('first_day'))
        and getvariable('last_day')
    order by month_start_date desc, lines_accepted_rank, display_name
    """,
    (
        Column("month_start_date", "Month", "month"),
        Column("display_name", "Who"),
        Column("lines_accepted", "Lines accepted", "count"),
        Column("lines_accepted_rank", "Rank", "count"),
        Column("merged_pull_request_count", "Merged pull requests", "count"),
        Column("merged_pull_request_rank", "Rank", "count"),
        Column("estimated_cost_usd", "Estimated cost", "usd"),
        Column("estimated_cost_rank", "Rank", "count"),
        Column("person_count", "Of people", "count"),
    ),
    DATES,
    "leaderboard_monthly.lines_accepted_rank",
    empty="The leaderboard is off, as it is by default: nobody is ranked unasked. LEADERBOARD=on in"
    " the environment of a run switches it on. Where it is on, nobody is ranked in these months.",
)

OTHER_SOURCES = Table(
    "other_sources",
    "Whom do other sources know, whom the report does not?",
    f"""
    with people as (
        select
            person_key,
            coalesce(bool_or(admin_tokens > 0), false) as is_reported,
            [
                {{'source': 'Gateways', 'is_told': bool_or(gateway_tokens > 0)}},
                {{'source': 'Telemetry', 'is_told': bool_or(telemetry_tokens > 0)}},
                {{'source': 'Transcripts', 'is_told': bool_or(local_tokens > 0)}}
            ] as sources
        from usage_source_comparison_daily
        where {IN_DAYS} and person_key <> 'unknown'
        group by person_key
    )

    select
        told.source as source,
        count(*) as people,
        count(*) filter (is_reported) as reported_people,
        count(*) filter (not is_reported) as only_here
    from (select is_reported, unnest(sources) as told from people)
    where told.is_told
    group by told.source
    order by source
    """,
    (
        Column("source", "Source"),
        Column("people", "People with tokens", "count"),
        Column("reported_people", "in Anthropic’s report too", "count"),
        Column("only_here", "not in it", "count"),
    ),
    frozenset({"dates"}),
    "usage_source_coverage_daily.only_here_person_count",
    empty="No gateway, telemetry or transcript tells of people in these days.",
)

PAGE = Page(
    "adoption",
    "Adoption",
    "Who uses Claude Code, how regularly, who comes and goes, and what do they accept?",
    figures=(ACTIVE, STICKINESS, IDLE, SESSIONS, LINES, MERGED),
    sections=(
        Section("People", (PEOPLE, GROWTH, COHORTS)),
        Section(
            "Other sources",
            (OTHER_SOURCES,),
            "All other figures of this page count people of Anthropic’s reports. Who uses Claude"
            " Code by a gateway, or under a subscription that the report leaves out, is in none of"
            " them and stands here.",
        ),
        Section("Seats", (IDLE_SEATS,)),
        Section(
            "Use",
            (MERGED_BY_WEEK, ACCEPTANCE, TERMINALS),
            "Who is busy both merges and uses Claude Code: pull requests per person are not what it"
            " adds. Acceptance is not quality, and what is accepted without being asked may be no"
            " decision at all.",
        ),
        Section(
            "Leaderboard",
            (LEADERBOARD,),
            "Lines are not work and spend is not waste: not for pay, reviews, or any judgement of"
            " a person.",
        ),
    ),
)
