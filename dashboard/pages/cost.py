"""What is billed, to whom and for what, whether the budget holds, and how sure all that is."""

from __future__ import annotations

from dashboard import charts
from dashboard.conditions import IN_DAYS, OF_MODEL, OF_TEAM, OF_WORKSPACE
from dashboard.model import DATES, Chart, Column, Figure, Filtered, Page, Section, Table
from dashboard.pages.overview import COST_BY_MODEL

# Of complete days only, as every sum here.
_BILL = f"is_complete_day and {IN_DAYS} and {OF_MODEL} and {OF_WORKSPACE}"
_BILL_FILTERS: Filtered = frozenset({"dates", "model", "workspace"})
_BILL_AND_TEAM: Filtered = _BILL_FILTERS | {"team"}

BILLED = Figure(
    "cost_billed",
    "Billed",
    "usd",
    f"""
    select
        sum(allocated_cost_usd) as value,
        'complete days with a bill: ' || count(distinct usage_date) as detail
    from fct_cost_attribution_daily
    where {_BILL} and {OF_TEAM}
    """,
    _BILL_AND_TEAM,
    "fct_cost_attribution_daily.allocated_cost_usd",
)
# Where the bill names no products, or only some, what is for Claude Code is not known.
BILLED_CLAUDE_CODE = Figure(
    "cost_billed_claude_code",
    "Of it, billed for Claude Code",
    "usd",
    f"""
    with bill as (
        select
            sum(allocated_cost_usd) as cost_usd,
            sum(allocated_cost_usd) filter (product = 'claude_code') as claude_code_usd,
            bool_or(product in ('other', 'withheld')) as is_withheld,
            bool_or(product not in ('none', 'other', 'withheld')) as has_products
        from fct_cost_attribution_daily
        where {_BILL} and {OF_TEAM}
    )

    select
        case when has_products and not is_withheld then coalesce(claude_code_usd, 0) end as value,
        case
            when not has_products or is_withheld then 'the bill here does not tell products'
            when cost_usd > 0
                then format('{{:.0f}} % of it', 100 * coalesce(claude_code_usd, 0) / cost_usd)
        end as detail
    from bill
    """,
    _BILL_AND_TEAM,
    "fct_cost_attribution_daily.product",
)
ESTIMATED = Figure(
    "cost_estimated",
    "Claude Code’s own estimate",
    "usd",
    f"""
    select
        sum(estimated_cost_usd) as value,
        'not on top of the bill; subscriptions and all workspaces included' as detail
    from fct_claude_code_model_usage_daily
    where is_complete_day and {IN_DAYS} and {OF_MODEL} and {OF_TEAM}
    """,
    frozenset({"dates", "team", "model"}),
    "fct_claude_code_model_usage_daily.estimated_cost_usd",
)


def _without(name: str, title: str, column: str, value: str) -> Figure:
    reported = f"{column} <> 'withheld'"
    return Figure(
        name,
        title,
        "usd",
        f"""
        with bill as (
            select
                sum(allocated_cost_usd) filter ({reported}) as cost_usd,
                sum(allocated_cost_usd) filter ({column} = '{value}') as without_usd
            from fct_cost_attribution_daily
            where {_BILL}
        )

        select
            case when cost_usd is not null then coalesce(without_usd, 0) end as value,
            case
                when cost_usd > 0 then format(
                    '{{:.1f}} % of the bill of all teams', 100 * coalesce(without_usd, 0) / cost_usd
                )
                when cost_usd is null then 'nothing was billed, or the file does not tell it'
            end as detail
        from bill
        """,
        _BILL_FILTERS,
        f"fct_cost_attribution_daily.{column}",
    )


UNALLOCATED = _without(
    "cost_unallocated", "Billed, explained by no usage", "allocation_method", "unallocated"
)
WITHOUT_PERSON = _without(
    "cost_without_person", "Billed, without a person", "person_key", "unknown"
)
WITHOUT_TEAM = _without("cost_without_team", "Billed, without a team", "team_name", "unassigned")

BUDGET = Chart(
    "budget",
    "Will the month stay within budget?",
    """
    with month as (
        select *
        from budget_status_daily
        where scope_type = 'organization' and budget_source = 'seed'
            and month_start_date = date_trunc('month', getvariable('last_day'))
            and usage_date <= getvariable('last_day')
            and actual_cost_usd is not null
    )

    select
        usage_date,
        actual_cost_usd,
        forecast_cost_usd,
        forecast_lower_cost_usd,
        forecast_upper_cost_usd,
        budget_usd,
        replace(budget_status, '_', ' ') as status,
        missing_day_count
    from month
    -- One budget of several: that of all organisations together, where there is one.
    where scope_id = (select min(scope_id) from month)
    order by usage_date
    """,
    (
        Column("usage_date", "As of", "date"),
        Column("actual_cost_usd", "Billed so far", "usd"),
        Column("forecast_cost_usd", "Forecast for the month", "usd"),
        Column("forecast_lower_cost_usd", "at least", "usd"),
        Column("forecast_upper_cost_usd", "at most", "usd"),
        Column("budget_usd", "Budget", "usd"),
        Column("status", "Status"),
        Column("missing_day_count", "Days missing", "count"),
    ),
    DATES,
    "budget_status_daily.forecast_cost_usd",
    empty=(
        "There is no budget of the organisation for this month, no complete day of it yet, or the"
        " file does not tell amounts at its level of privacy."
    ),
    marks=lambda: charts.progress(
        "usage_date",
        "actual_cost_usd",
        "forecast_cost_usd",
        "forecast_lower_cost_usd",
        "forecast_upper_cost_usd",
        "budget_usd",
        title="US dollars",
        unit="usd",
        names=("Billed so far", "Forecast for the month, 80 % interval", "Budget"),
    ),
    says=(
        "Lines over the month of the last day shown: what was billed so far, the forecast for the"
        " month’s end as of each day with its interval, and the budget, dashed."
    ),
)
ANOMALIES = Table(
    "cost_anomalies",
    "Which days cost far more than expected, and why?",
    f"""
    select
        usage_date,
        severity,
        case scope_type when 'actor_key' then 'key' else scope_type end || ' '
        || coalesce(scope_name, scope_id) as what,
        cost_basis,
        cost_usd,
        expected_cost_usd,
        cost_usd / nullif(expected_cost_usd, 0) as times,
        case alarm_rule
            when 'day' then 'this day'
            when 'run' then 'with the days before'
            else alarm_rule
        end as rule,
        case driver_type
            when 'cache_rate' then 'less read from the cache: '
                || format('{{:.0f}} %', 100 * cache_read_ratio) || ' where '
                || format('{{:.0f}} %', 100 * expected_cache_read_ratio) || ' is usual'
            when 'undetermined' then 'not reported'
            when 'actor_key' then 'key ' || coalesce(driver_name, driver_id)
            else coalesce(driver_name, driver_id)
        end as driver
    from cost_anomalies_daily
    where {IN_DAYS}
    order by usage_date desc, anomaly_score desc, what
    """,
    (
        Column("usage_date", "Day", "date"),
        Column("severity", "Severity", "level"),
        Column("what", "What"),
        Column("cost_basis", "Basis"),
        Column("cost_usd", "Cost", "usd"),
        Column("expected_cost_usd", "Expected", "usd"),
        Column("times", "Times", "count"),
        Column("rule", "Raised by"),
        Column("driver", "Driver"),
    ),
    DATES,
    "cost_anomalies_daily.alarm_rule",
    empty=(
        "No day stands out in these days. Without eight days with cost before it, a day is not"
        " judged; and at level team the file tells no anomalies of people and keys."
    ),
)
BY_TEAM = Chart(
    "cost_by_team",
    "Which teams is it billed to?",
    f"""
    select
        team_name,
        sum(allocated_cost_usd) as cost_usd,
        sum(allocated_cost_usd) / nullif(sum(sum(allocated_cost_usd)) over (), 0) as share,
        count(distinct person_key) filter (person_key <> 'unknown') as person_count
    from fct_cost_attribution_daily
    where {_BILL} and {OF_TEAM} and team_name <> 'withheld'
    group by team_name
    order by cost_usd desc, team_name
    """,
    (
        Column("team_name", "Team"),
        Column("cost_usd", "Billed", "usd"),
        Column("share", "Share", "ratio"),
        Column("person_count", "People with a bill", "count"),
    ),
    _BILL_AND_TEAM,
    "fct_cost_attribution_daily.team_name",
    empty="Nothing was billed in these days, or the file does not tell teams of the bill.",
    marks=lambda: charts.bars("team_name", "cost_usd", title="US dollars billed", unit="usd"),
    says="A bar for each team: what was billed. Unassigned is what has no team, as products’ keys.",
)
BY_PERSON = Table(
    "cost_by_person",
    "Which people is it billed to?",
    f"""
    with billed as (
        select
            person_key,
            sum(allocated_cost_usd) as billed_usd,
            coalesce(
                sum(allocated_cost_usd) filter (allocation_method = 'direct'), 0
            ) as direct_usd
        from fct_cost_attribution_daily
        where {_BILL} and {OF_TEAM} and person_key <> 'withheld'
        group by person_key
    ),

    -- The estimate does not tell workspaces.
    estimated as (
        select person_key, sum(estimated_cost_usd) as estimated_usd
        from fct_claude_code_model_usage_daily
        where is_complete_day and {IN_DAYS} and {OF_MODEL} and {OF_TEAM}
            and person_key <> 'withheld' and getvariable('workspace') is null
        group by person_key
    )

    select
        case person_key
            when 'unknown' then 'No person' else coalesce(display_name, person_key)
        end as person,
        case when person_key <> 'unknown' then replace(person_kind, '_', ' ') end as kind,
        billed_usd,
        direct_usd,
        estimated_usd
    from billed
    full join estimated using (person_key)
    left join dim_people using (person_key)
    order by billed_usd desc nulls last, estimated_usd desc nulls last, person
    """,
    (
        Column("person", "Person"),
        Column("kind", "Kind"),
        Column("billed_usd", "Billed", "usd"),
        Column("direct_usd", "of it, named by the report", "usd"),
        Column("estimated_usd", "Claude Code’s estimate, apart", "usd"),
    ),
    _BILL_AND_TEAM,
    "fct_cost_attribution_daily.person_key",
    empty="The file tells no people at its level of privacy, or there is no cost in these days.",
)
BY_WORKSPACE = Chart(
    "cost_by_workspace",
    "Which workspaces is it billed to?",
    f"""
    select
        coalesce(workspace_name, workspace_id) as workspace,
        sum(allocated_cost_usd) as cost_usd,
        sum(allocated_cost_usd) / nullif(sum(sum(allocated_cost_usd)) over (), 0) as share
    from fct_cost_attribution_daily
    left join dim_workspaces using (workspace_id)
    where {_BILL} and {OF_TEAM}
    group by workspace_id, workspace
    order by cost_usd desc, workspace
    """,
    (
        Column("workspace", "Workspace"),
        Column("cost_usd", "Billed", "usd"),
        Column("share", "Share", "ratio"),
    ),
    _BILL_AND_TEAM,
    "fct_cost_attribution_daily.workspace_id",
    empty="Nothing was billed in these days.",
    marks=lambda: charts.bars("workspace", "cost_usd", title="US dollars billed", unit="usd"),
    says="A bar for each workspace: what was billed.",
)
BY_KEY = Table(
    "cost_by_key",
    "Which API keys is it billed to?",
    f"""
    -- Names are joined to sums: a key has many rows.
    with keys as (
        select
            api_key_id,
            workspace_id,
            allocation_method = 'direct' as is_direct,
            sum(allocated_cost_usd) as cost_usd,
            coalesce(
                sum(allocated_cost_usd) filter (allocation_confidence = 'high'), 0
            ) as named_usd
        from fct_cost_attribution_daily
        where is_complete_day and {IN_DAYS} and {OF_MODEL} and {OF_WORKSPACE}
        group by api_key_id, workspace_id, is_direct
    )

    select
        case
            when keys.api_key_id <> 'none' then coalesce(api_key_name, keys.api_key_id)
            when is_direct then 'No key: the report names a person'
            else 'No key is reported'
        end as api_key,
        case when keys.api_key_id <> 'none' then api_key_status end as status,
        coalesce(workspace_name, keys.workspace_id) as workspace,
        sum(keys.cost_usd) as cost_usd,
        sum(keys.named_usd) as named_usd,
        sum(keys.cost_usd) / nullif(sum(sum(keys.cost_usd)) over (), 0) as share
    from keys
    left join dim_api_keys on keys.api_key_id = dim_api_keys.api_key_id
    left join dim_workspaces on keys.workspace_id = dim_workspaces.workspace_id
    group by keys.api_key_id, keys.workspace_id, workspace, api_key, status
    order by sum(keys.cost_usd) desc, api_key, workspace
    """,
    (
        Column("api_key", "API key"),
        Column("status", "Status"),
        Column("workspace", "Workspace"),
        Column("cost_usd", "Billed", "usd"),
        Column("named_usd", "of it, as reported", "usd"),
        Column("share", "Share", "ratio"),
    ),
    _BILL_FILTERS,
    "fct_cost_attribution_daily.api_key_id",
    empty="The file tells no keys at its level of privacy, or nothing was billed in these days.",
)
_KIND = """
        case
            when cost_type <> 'tokens' then replace(cost_type, '_', ' ')
            when token_type = 'uncached_input_tokens' then 'input, not cached'
            when token_type = 'cache_read_input_tokens' then 'input, read from the cache'
            when token_type = 'cache_creation.ephemeral_5m_input_tokens'
                then 'input, cached for 5 minutes'
            when token_type = 'cache_creation.ephemeral_1h_input_tokens'
                then 'input, cached for an hour'
            when token_type = 'output_tokens' then 'output'
            when token_type in ('none', 'withheld') then 'tokens of a kind that is not reported'
            else replace(token_type, '_', ' ')
        end"""
BY_LINE = Chart(
    "cost_by_line_item",
    "What is it billed for?",
    f"""
    select
        {_KIND} as line_item,
        sum(billed_cost_usd) as cost_usd,
        sum(billed_cost_usd) / nullif(sum(sum(billed_cost_usd)) over (), 0) as share,
        -- Not of some of the lines only.
        case when count(*) = count(list_cost_usd) then sum(list_cost_usd) end as list_usd
    from fct_billed_costs_daily
    where {_BILL}
    group by line_item
    order by cost_usd desc, line_item
    """,
    (
        Column("line_item", "Line item"),
        Column("cost_usd", "Billed", "usd"),
        Column("share", "Share", "ratio"),
        Column("list_usd", "At list price, by the report", "usd"),
    ),
    _BILL_FILTERS,
    "fct_billed_costs_daily.token_type",
    empty="Nothing was billed in these days.",
    marks=lambda: charts.bars("line_item", "cost_usd", title="US dollars billed", unit="usd"),
    says="A bar for each kind of token and each other kind of cost: what was billed.",
)
RECONCILIATION = Table(
    "cost_reconciliation",
    "Do estimate, list price and bill agree?",
    f"""
    select
        model,
        sum(claude_code_estimated_cost_usd) as estimated_usd,
        sum(claude_code_billed_cost_usd) as claude_code_billed_usd,
        sum(tokens_list_cost_usd) as list_usd,
        sum(billed_token_cost_usd) as billed_usd,
        sum(difference_usd) as difference_usd,
        sum(us_residency_usd) filter (difference_usd is not null) as residency_usd,
        sum(unexplained_usd) as unexplained_usd,
        sum(billed_token_cost_usd) filter (difference_usd is null) as not_compared_usd,
        string_agg(distinct replace(reconciliation_status, '_', ' '), ', '
            order by replace(reconciliation_status, '_', ' ')) as status
    from cost_reconciliation_daily
    where is_complete_day and {IN_DAYS} and {OF_MODEL}
    group by model
    having coalesce(estimated_usd, claude_code_billed_usd, list_usd, billed_usd) is not null
    order by billed_usd desc nulls last, model
    """,
    (
        Column("model", "Model"),
        Column("estimated_usd", "Claude Code: estimate", "usd"),
        Column("claude_code_billed_usd", "Claude Code: billed", "usd"),
        Column("list_usd", "All tokens: list price", "usd"),
        Column("billed_usd", "All tokens: billed", "usd"),
        Column("difference_usd", "Billed less list price", "usd"),
        Column("residency_usd", "of it, residency in the US", "usd"),
        Column("unexplained_usd", "of it, unexplained", "usd"),
        Column("not_compared_usd", "Billed, not comparable", "usd"),
        Column("status", "Status"),
    ),
    frozenset({"dates", "model"}),
    "cost_reconciliation_daily.difference_usd",
    empty="Nothing can be compared in these days, or the file does not tell it.",
)
ALLOCATION = Table(
    "cost_allocation",
    "How is it known whose cost it is?",
    f"""
    select
        case allocation_method
            when 'direct' then 'the report names the person'
            when 'by_key' then 'the report names a key that others may use'
            when 'by_key_creator' then 'the report names a key that was made for one person'
            when 'by_token_cost' then 'shared by tokens of the same model and kind'
            when 'by_list_cost' then 'shared by the list price of all tokens of the model'
            when 'by_web_searches' then 'shared by searches'
            when 'unallocated' then 'not known: ' || case
                when cost_type = 'tokens' and product = 'claude_console'
                    then 'used in the Console, without a key'
                when cost_type = 'tokens' then 'no key used these tokens'
                else replace(cost_type, '_', ' ') || ' has neither person nor key'
            end
            else replace(allocation_method, '_', ' ')
        end as how,
        allocation_confidence as confidence,
        sum(allocated_cost_usd) as cost_usd,
        sum(allocated_cost_usd) / nullif(sum(sum(allocated_cost_usd)) over (), 0) as share
    from fct_cost_attribution_daily
    where {_BILL} and {OF_TEAM} and allocation_method <> 'withheld'
    group by how, confidence
    order by cost_usd desc, how
    """,
    (
        Column("how", "How"),
        Column("confidence", "Confidence"),
        Column("cost_usd", "Billed", "usd"),
        Column("share", "Share", "ratio"),
    ),
    _BILL_AND_TEAM,
    "fct_cost_attribution_daily.allocation_method",
    empty="Nothing was billed in these days, or the file does not tell how it was allocated.",
)

BESIDE_BILLS = Table(
    "beside_bills",
    "What is use worth that other sources tell of?",
    f"""
    select
        'Gateways, by ' || route as source,
        sum(request_count) as request_count,
        sum(claimed_cost_usd) as claimed_cost_usd,
        sum(list_cost_usd) as list_cost_usd,
        coalesce(sum(request_count) filter (list_cost_usd is null), 0) as unpriced_count
    from fct_gateway_usage_daily
    where {IN_DAYS}
    group by route

    union all by name

    select
        'Telemetry' as source,
        sum(request_count) as request_count,
        sum(estimated_cost_usd) as claimed_cost_usd,
        sum(list_cost_usd) as list_cost_usd,
        sum(unpriced_request_count) as unpriced_count
    from fct_telemetry_usage_daily
    where {IN_DAYS}
    having count(*) > 0

    union all by name

    select
        'Transcripts, ' || coalesce('paid by ' || billing_basis, 'way of paying not said')
            as source,
        sum(response_count) as request_count,
        sum(list_cost_usd) as list_cost_usd,
        sum(unpriced_response_count) as unpriced_count
    from fct_local_usage_daily
    where {IN_DAYS}
    group by billing_basis

    order by source
    """,
    (
        Column("source", "Source"),
        Column("request_count", "Requests", "count"),
        Column("claimed_cost_usd", "By its own reckoning", "usd"),
        Column("list_cost_usd", "At list prices", "usd"),
        Column("unpriced_count", "Without a price", "count"),
    ),
    frozenset({"dates"}),
    "fct_local_usage_daily.list_cost_usd",
    empty=(
        "No gateway, telemetry or transcript tells of these days, or the file leaves them out at"
        " its level of privacy."
    ),
)

PAGE = Page(
    "cost",
    "Cost",
    "What is billed, to whom and for what, and does the budget hold?",
    figures=(
        BILLED,
        BILLED_CLAUDE_CODE,
        ESTIMATED,
        UNALLOCATED,
        WITHOUT_PERSON,
        WITHOUT_TEAM,
    ),
    sections=(
        Section("Budget", (BUDGET,)),
        Section("Over time", (COST_BY_MODEL, ANOMALIES)),
        Section("Who", (BY_TEAM, BY_WORKSPACE, BY_PERSON, BY_KEY), in_columns=True),
        Section("What for", (BY_LINE,)),
        Section(
            "Beside the bill",
            (BESIDE_BILLS,),
            "One request may be in each of these and in the bill too: no line can be added to"
            " another. What a subscription’s use is worth at list prices is billed to nobody.",
        ),
        Section(
            "How sure",
            (ALLOCATION, RECONCILIATION),
            "Estimate, list price and bill are three answers about the same use: never add them.",
        ),
    ),
)
