"""Checks that several suites are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data_quality.checks import ExpectationCheck, RowsCheck

# Older than any report of the API reaches.
FIRST_DAY = "2023-01-01"


def row_count(*, at_least: str, at_most: str, description: str) -> ExpectationCheck:
    """Expect as many rows as the source allows; both limits are SQL expressions.

    An empty source asks for an empty mart, so the check can fail in any organisation. A limit
    that is null is no limit.
    """
    return ExpectationCheck(
        name="row_count_fits_the_source",
        description=description,
        expectation="ExpectTableRowCountToBeBetween",
        arguments_sql=f"select ({at_least}) as min_value, ({at_most}) as max_value",
    )


def rows_from(count: str, *, what: str) -> ExpectationCheck:
    """Expect 1 to n rows, or none: the mart groups the n rows that the SQL ``count`` returns."""
    return row_count(
        at_least=f"select least(1, n) from ({count}) as source(n)",
        at_most=f"select n from ({count}) as source(n)",
        description=f"There are rows when there are {what}, and not more of them.",
    )


def not_negative(column: str, *, blocking: bool = True) -> ExpectationCheck:
    return ExpectationCheck(
        name=f"{column}_is_not_negative",
        description=f"{column} is zero or more.",
        blocking=blocking,
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": column, "min_value": 0},
    )


def at_most(column: str, limit: int, *, why: str) -> ExpectationCheck:
    """Warn about a value so large that it is more likely wrong than true."""
    return ExpectationCheck(
        name=f"{column}_is_plausible",
        description=f"{column} is at most {limit:,} in one row. {why}",
        blocking=False,
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": column, "max_value": limit},
    )


def one_of(column: str, values: Sequence[str], *, blocking: bool = True) -> ExpectationCheck:
    return ExpectationCheck(
        name=f"{column}_is_a_known_value",
        description=f"{column} is one of {', '.join(values)}.",
        blocking=blocking,
        expectation="ExpectColumnValuesToBeInSet",
        arguments={"column": column, "value_set": list(values)},
    )


def days_within_loaded_windows(*endpoints: str) -> ExpectationCheck:
    listed = ", ".join(f"'{endpoint}'" for endpoint in endpoints)
    return ExpectationCheck(
        name="usage_date_is_within_the_loaded_windows",
        description=f"Days are from {FIRST_DAY} to the last day that was loaded of"
        f" {' or '.join(endpoints)}.",
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": "usage_date"},
        arguments_sql=(
            f"select date '{FIRST_DAY}' as min_value,"
            " cast(max(window_ended_at) as date) - 1 as max_value"
            f" from marts.data_completeness where endpoint in ({listed})"
        ),
    )


def in_line_with_its_weekday(mart: str) -> RowsCheck:
    """Warn about a day of the last week with far fewer or more rows than the same weekday has.

    Weekends differ from other days, so that a day is compared with its own kind: with the median
    of the eight weeks before, of which three must have it and ten rows.
    """
    return RowsCheck(
        name="rows_of_recent_days_are_in_line_with_their_weekday",
        description="Each of the last seven complete days has a third to three times the rows of"
        " the same weekday in the eight weeks before. If not, and there was no holiday, see"
        " claude-usage status: a report may have been answered in part.",
        blocking=False,
        rows=f"""
with days as (
    select usage_date, count(*) as row_count
    from marts.{mart} where is_complete_day group by usage_date
),
compared as (
    select
        days.usage_date,
        any_value(days.row_count) as row_count,
        median(before.row_count) as usual_row_count,
        count(*) as weeks,
    from days
    join days as before
        on before.usage_date between days.usage_date - 56 and days.usage_date - 7
        and isodow(before.usage_date) = isodow(days.usage_date)
    group by days.usage_date
)
select
    usage_date,
    row_count,
    usual_row_count,
    'see claude-usage status' as what_to_do,
    weeks < 3 or usual_row_count < 10
        or row_count between usual_row_count / 3 and usual_row_count * 3 as holds,
from compared
where usage_date > (select max(usage_date) - 7 from days)
""",
    )


def agrees_with_raw(
    *,
    name: str,
    description: str,
    mart: str,
    raw: str,
    key: str,
    sums: Mapping[str, str],
    where: str = "true",
) -> RowsCheck:
    """Compare sums of a mart with sums of the raw answers, for each value of ``key``.

    ``key`` is a column of both, or several; ``where`` says which rows of the mart. ``sums`` maps a
    column of the raw summary to the SQL that makes the same number of the mart. What is missing on
    one side counts as zero.
    """
    mart_columns = ", ".join(f"{sql} as {column}" for column, sql in sums.items())
    shown = ", ".join(
        f"coalesce(raw.{column}, 0) as raw_{column}, coalesce(mart.{column}, 0) as mart_{column}"
        for column in sums
    )
    holds = " and ".join(
        f"coalesce(raw.{column}, 0) = coalesce(mart.{column}, 0)" for column in sums
    )
    return RowsCheck(
        name=name,
        description=description,
        rows=(
            f"with mart as (select {key}, {mart_columns} from marts.{mart}"
            f" where {where} group by {key})"
            f" select {key}, {shown}, {holds} as holds"
            f" from {raw} as raw full join mart using ({key})"
        ),
    )


def cost_agrees_with_raw(
    *,
    name: str,
    description: str,
    mart: str,
    column: str,
    raw: str,
    raw_column: str,
    items: str,
    key: str = "usage_date",
) -> RowsCheck:
    """Compare the dollars of a mart with the raw cents, day by day, in decimals throughout.

    The mart keeps six places of a dollar, so each row may be off by half a millionth of one. A
    day has at most as many rows as the raw answers have ``items``; and it is never off by half
    a cent.
    """
    return RowsCheck(
        name=name,
        description=description,
        rows=f"""
with mart as (
    select {key}, sum({column}) * 100 as mart_cents from marts.{mart} group by {key}
),
days as (
    select
        {key},
        coalesce(raw.{raw_column}, 0) as raw_cents,
        coalesce(mart.mart_cents, 0) as mart_cents,
        coalesce(raw.{items}, 0) as raw_items,
    from {raw} as raw full join mart using ({key})
)
select
    {key},
    raw_cents,
    mart_cents,
    abs(mart_cents - raw_cents) <= least(raw_items * 0.00005, 0.499999) as holds,
from days
""",
    )


def amounts_are_in_us_dollars(raw: str) -> RowsCheck:
    return RowsCheck(
        name="amounts_are_in_us_dollars",
        description="No raw amount of the day carries another currency than USD.",
        rows=(
            f"select usage_date, other_currency_count, other_currency_count = 0 as holds from {raw}"
        ),
    )
