"""The command has the names and prices of the pipeline: SQL from Python and from dbt agree."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

from local_usage.prices import KINDS, list_cost_sql, load_prices, model_sql, priced_model_name

PROJECT = Path(__file__).parents[2] / "dbt_project"
FILES = (
    *("staging/claude_names", "prices/priced_model_name"),
    *("prices/list_price_of_tokens", "prices/list_price_of_response"),
)
NAMES = (
    "claude-sonnet-4-5",
    "claude-sonnet-4-5-20250929",
    "claude-opus-4-8[1m]",
    "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "vertex_ai/claude-sonnet-4-5@20250929",
    "vertex_ai/claude-haiku-4-5@default",
    "azure_ai/Claude-Opus-4-8",
    "anthropic.claude-opus-4-6-v1",
    "gpt-x",
    "",
)


def in_dbt(macro: str, *arguments: str) -> str:
    """Return what a macro writes; the kinds of token are given, as dbt alone returns lists."""
    texts = ((PROJECT / f"macros/{name}.sql").read_text() for name in FILES)
    macros = "".join(text.partition("{#- The kinds of token")[0] for text in texts)
    environment = Environment()
    environment.globals["priced_token_kinds"] = lambda: [(*kind, "") for kind in KINDS]
    call = f"{{{{ {macro}({', '.join(map(repr, arguments))}) }}}}"
    return environment.from_string(macros + call).render()


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_one_name(name: str) -> None:
    rows = duckdb.execute(
        f"select {model_sql('name')}, {in_dbt('anthropic_model', 'name')},"
        f" {priced_model_name('name')}, {in_dbt('priced_model_name', 'name')}"
        " from (select ? as name)",
        [name],
    ).fetchall()
    ((named, named_in_dbt, priced, priced_in_dbt),) = rows
    assert (named, priced) == (named_in_dbt, priced_in_dbt)


def test_a_response_has_one_price_on_every_model_of_the_list() -> None:
    with duckdb.connect() as connection:
        load_prices(connection, PROJECT / "seeds/prices/list_prices.csv")
        connection.execute(
            """
            create table answers as
            select
                prices.*,
                1 as uncached_input_tokens,
                20 as output_tokens,
                300 as cache_read_tokens,
                4000 as cache_creation_5m_tokens,
                50000 as cache_creation_1h_tokens,
                2 as web_search_count,
                tier as service_tier,
                geo as inference_geo,
                speed
            from prices,
                (values ('standard'), ('batch'), (null)) as tiers(tier),
                (values ('us'), ('global'), (null)) as geos(geo),
                (values ('standard'), ('fast'), (null)) as speeds(speed)
            """
        )
        prices = connection.execute(
            f"select {list_cost_sql('answers')},"
            f" {in_dbt('list_price_of_response', 'answers', 'answers')} from answers"
        ).fetchall()
    assert len(prices) > 27
    assert all(ours == dbts for ours, dbts in prices)
    assert {price is None for price, _ in prices} == {True, False}
