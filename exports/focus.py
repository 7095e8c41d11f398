"""The bill as a FOCUS cost and usage dataset, versions 1.2 and 1.4 (focus.finops.org).

What is billed alone: estimates, gateways' claims and list prices of subscriptions are not in it.
Each row is a billed line of a day, so that `BilledCost` sums to the bill to the last digit.

Tokens are not on the bill's lines: quantities and unit prices are null. `ListCost` must not be, and
is the billed cost where the report has no list price; `x_ListCostIsKnown` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb

from exports.published import ExportError

_MIDNIGHT = "strftime({day}, '%Y-%m-%dT00:00:00Z')"
_MONTH = "date_trunc('month', usage_date)"
_ISSUER = "'Anthropic'"
_IS_TOKENS = "model <> 'none' and token_type <> 'none'"


def _midnight(day: str) -> str:
    return _MIDNIGHT.format(day=day)


# By column, in the order of the specification; the periods' ends are exclusive.
_COMMON: Mapping[str, str] = {
    "BilledCost": "billed_cost_usd",
    "BillingAccountId": "if(cost_source like 'enterprise%', 'claude-enterprise', 'claude-console')",
    "BillingAccountName": "if(cost_source like 'enterprise%', 'Claude Enterprise',"
    " 'Claude Console')",
    "BillingCurrency": "'USD'",
    "BillingPeriodEnd": _midnight(f"{_MONTH} + interval 1 month"),
    "BillingPeriodStart": _midnight(_MONTH),
    "ChargeCategory": "if(billed_cost_usd < 0, 'Credit', 'Usage')",
    "ChargeClass": "cast(null as varchar)",
    "ChargeDescription": "if(line_item_description <> 'none', line_item_description,"
    " concat_ws(' ', nullif(model, 'none'), nullif(token_type, 'none'),"
    " if(cost_type = 'tokens', null, cost_type)))",
    "ChargeFrequency": "if(billed_cost_usd < 0, 'One-Time', 'Usage-Based')",
    "ChargePeriodEnd": _midnight("usage_date + 1"),
    "ChargePeriodStart": _midnight("usage_date"),
    "ContractedCost": "billed_cost_usd",
    "EffectiveCost": "billed_cost_usd",
    # No report names the invoice that a line comes to stand on.
    "InvoiceId": "cast(null as varchar)",
    "InvoiceIssuerName": _ISSUER,
    "ListCost": "coalesce(list_cost_usd, billed_cost_usd)",
    "PricingCategory": "if(billed_cost_usd < 0, null, 'Standard')",
    "PricingQuantity": "cast(null as decimal(30, 6))",
    "PricingUnit": "cast(null as varchar)",
    "ServiceCategory": "'AI and Machine Learning'",
    "ServiceName": "'Claude API'",
    "ServiceSubcategory": "'Generative AI'",
    "SubAccountId": "workspace_id",
    "SubAccountName": "coalesce(workspace_name, workspace_id)",
    "Tags": "to_json(map_from_entries(list_filter([('cost_center', cost_center),"
    " ('product', product)], lambda one: one[2] is not null)))::varchar",
    "x_CostSource": "cost_source",
    "x_CostType": "cost_type",
    "x_IsCompleteDay": "is_complete_day",
    "x_ListCostIsKnown": "list_cost_usd is not null",
    "x_Model": "nullif(model, 'none')",
    "x_ServiceTier": "nullif(service_tier, 'none')",
    "x_TokenType": "nullif(token_type, 'none')",
}
# 1.4 tells who provides the service from who hosts it, and dropped the two names of 1.2.
_BY_VERSION: Mapping[str, Mapping[str, str]] = {
    "1.2": {"ProviderName": _ISSUER, "PublisherName": _ISSUER},
    "1.4": {"HostProviderName": _ISSUER, "ServiceProviderName": _ISSUER},
}
VERSIONS = tuple(_BY_VERSION)


def columns(version: str) -> dict[str, str]:
    """Return SQL by column of a version: those of the specification by name, ours (`x_`) last.

    Raises:
        ExportError: the version is not known.
    """
    if version not in _BY_VERSION:
        raise ExportError(f"FOCUS {version} is not known here: {', '.join(VERSIONS)}")
    found = {**_COMMON, **_BY_VERSION[version]}
    return dict(sorted(found.items(), key=lambda one: (one[0].startswith("x_"), one[0])))


def query(
    connection: duckdb.DuckDBPyConnection, version: str, first: date | None, last: date | None
) -> str:
    """Return the query of the bill's lines from ``first`` to ``last``, both included.

    Raises:
        ExportError: the version is not known, there is no bill in these days, or the file
            withholds a part of it.
    """
    levels = connection.execute("select privacy_level from published.quality.published_file")
    if ("team",) in levels.fetchall():
        raise ExportError(
            "at privacy level team the file withholds amounts of few people, so that it has no"
            " whole bill: publish at level named or pseudonymous for this"
        )
    days = [f"usage_date >= date '{first}'"] if first else []
    days += [f"usage_date <= date '{last}'"] if last else []
    lines = (
        "select bill.* replace (nullif(product, 'none') as product), workspaces.workspace_name,"
        " nullif(workspaces.cost_center, 'unassigned') as cost_center"
        " from published.marts.fct_billed_costs_daily as bill"
        " left join published.marts.dim_workspaces as workspaces using (workspace_id)"
        f" where {' and '.join(days) or 'true'}"
    )
    (count,) = connection.execute(f"select count(*) from ({lines})").fetchone() or (0,)
    if not count:
        raise ExportError("nothing is billed in these days: see claude-usage status")
    listed = ", ".join(f"{sql} as {name}" for name, sql in columns(version).items())
    return f"select {listed} from ({lines}) order by all"
