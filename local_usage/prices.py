"""List prices of responses, from the seed that the pipeline reckons with."""

from __future__ import annotations

from pathlib import Path

import duckdb

# Per search, at list price; each costs the same on every model.
WEB_SEARCH_USD = "0.01"
# Batches cost half, models that run in the United States a tenth more: of every kind of token.
BATCH_MULTIPLIER = "0.5"
US_MULTIPLIER = "1.1"

# The kinds of token and the columns of their rates in the seed.
KINDS = (
    ("uncached_input_tokens", "input_usd_per_million"),
    ("output_tokens", "output_usd_per_million"),
    ("cache_read_tokens", "cache_read_usd_per_million"),
    ("cache_creation_5m_tokens", "cache_write_5m_usd_per_million"),
    ("cache_creation_1h_tokens", "cache_write_1h_usd_per_million"),
)


def load_prices(connection: duckdb.DuckDBPyConnection, seed: Path) -> None:
    """Read the seed of list prices, a CSV file, into the temporary table `prices`."""
    rates = ", ".join(f"'{rate}': 'decimal(9, 6)'" for _, rate in KINDS)
    connection.execute(
        f"""
        create or replace temp table prices as
        select
            model,
            coalesce(valid_from, date '0001-01-01') as valid_from,
            coalesce(valid_to, date '9999-12-31') as valid_to,
            tier_threshold_tokens,
            {", ".join(rate for _, rate in KINDS)}
        from read_csv(
            $seed, header = true, auto_detect = false, delim = ',', quote = '"',
            columns = {{
                'model': 'varchar', 'valid_from': 'date', 'valid_to': 'date', {rates},
                'tier_threshold_tokens': 'bigint', 'priced_as_model': 'varchar',
                'price_source': 'varchar'
            }}
        )
        """,
        {"seed": str(seed)},
    )


def priced_model_name(expression: str) -> str:
    """Return the SQL of the name that the list of prices has, as dbt's macro of that name."""
    return (
        f"regexp_replace(regexp_replace(lower({expression}), '\\[[^\\]]*\\]$', ''),"
        " '[-@](\\d{8}|latest)$', '')"
    )


def model_sql(expression: str) -> str:
    """Return the SQL of a model's name at Anthropic's API, as dbt's macro `anthropic_model`.

    Without what clouds and gateways put around it; `unmapped` where it is no Claude model's.
    """
    parts = (
        f"regexp_extract(lower({expression}), '^(?:[\\w.-]+/)*(?:(?:us-gov|us|eu|apac|jp|au|ap|ca"
        "|sa|me|global)\\.)?(?:anthropic\\.)?(claude-[a-z0-9.-]+?)(?:[-@](\\d{8}))?(?:@(?:default"
        "|latest))?(?:-v\\d+(?::\\d+k?)*)?(?:\\[[0-9a-z]+\\])?$', ['model', 'snapshot'])"
    )
    return (
        f"coalesce(nullif(concat_ws('-', nullif(({parts}).model, ''),"
        f" nullif(({parts}).snapshot, '')), ''), 'unmapped')"
    )


def list_cost_sql(rates: str) -> str:
    """Return the SQL of a response's list price in exact dollars.

    Null where no price is known: of a model that the list lacks, and of fast answers.
    """
    tokens = " + ".join(
        f"case when {kind} = 0 then 0 else"
        f" cast({kind} as decimal(15, 0)) * {rates}.{rate} * 0.000001 end"
        for kind, rate in KINDS
    )
    return f"""case when coalesce(speed, 'standard') in ('standard', 'not_available') then cast(
        ({tokens})
        * case when service_tier = 'batch' then {BATCH_MULTIPLIER} else 1.0 end
        * case when inference_geo = 'us' then {US_MULTIPLIER} else 1.0 end
        + cast(web_search_count as decimal(12, 0)) * {WEB_SEARCH_USD}
        as decimal(24, 12)
    ) end"""
