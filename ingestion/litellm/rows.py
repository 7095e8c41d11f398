"""From what a gateway answers to what is stored: types, hashes, and one namespace of tags.

All in SQL, a batch at a time. Nothing that names a person leaves this module as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa

from ingestion.hashing import identity_hash_sql
from ingestion.litellm.tables import DAILY_TOTALS, REQUESTS

_ADDRESS = r"[^\s<>\"''@,;:/]+@[^\s<>\"''@,;:/]+"
# Google's names of models have an @ before the date.
_SURE_ADDRESS = rf"{_ADDRESS}\.[A-Za-z]{{2,}}"
_SECRET = r"sk-[\w-]{8,}"
# Doubles are written with an exponent, which is no number of a decimal, and with their noise.
_USD = "cast(round(try_cast({} as decimal(38, 18)), 12) as decimal(24, 12))"
_PERSONAL = ("user_id", "user_email", "end_user", "key_alias")


def _usd(text: str) -> str:
    exact = _USD.format(text)
    rounded = _USD.format(f"printf('%.18f', try_cast({text} as double))")
    return f"coalesce({exact}, case when {text} is not null then {rounded} end)"


def _count(text: str) -> str:
    return f"try_cast({text} as bigint)"


def _name(text: str, address: str = _ADDRESS) -> str:
    """Return the SQL of a name that an administrator gave, without addresses and keys in it."""
    without_mail = f"regexp_replace({text}, '{address}', '<mail>', 'g')"
    without_both = f"regexp_replace({without_mail}, '{_SECRET}', '<secret>', 'g')"
    # Few names have any, and expressions take their time.
    is_odd = f"contains({text}, '@') or contains({text}, 'sk-')"
    return f"nullif(trim(case when {is_odd} then {without_both} else {text} end), '')"


# Texts that are tags, and those of them in the namespace that is kept.
_TAGS = (
    "list_transform(list_filter(tags, lambda tag: starts_with(tag, $namespace || ':')),"
    " lambda tag: trim(substr(tag, length($namespace) + 2)))"
)
# LiteLLM makes two tags of a client's header, with its version and without.
_AGENT = (
    "list_first(list_sort(list_filter(tags, lambda tag: starts_with(tag, 'User-Agent: ')), 'desc'))"
)
_HASHED = "\n".join(
    f"left join people as by_{name} on answers.{name} = by_{name}.value" for name in _PERSONAL
)

# What many rows have in common is made once: hashes, and what is in a list of tags.
_PROJECTED = f"""
with people as (
    select value, {identity_hash_sql("value", "$salt")} as hash
    from (select distinct unnest([{", ".join(_PERSONAL)}]) as value from answers)
    where value <> ''
),
tagged as (
    select
        request_tags,
        case when json_valid(request_tags)
            then coalesce(from_json(request_tags, '["VARCHAR"]'), []) else [] end as tags,
        list_distinct(list_filter({_TAGS}, lambda tag: tag <> '')) as kept_tags,
        regexp_extract(
            {_AGENT}, '^User-Agent: ([\\w.-]+)(?:/([\\w.-]+))?', ['client', 'version']
        ) as agent,
    from (select distinct request_tags from answers)
)
select
    request_id,
    call_type,
    case
        when regexp_full_match(api_key, '([0-9a-f]{{64}})?') then nullif(api_key, '')
        else sha256(api_key)
    end as key_hash,
    {_name("key_alias")} as key_alias,
    {_name("team_id")} as team_id,
    {_name("team_alias")} as team_alias,
    {_name("organization_id")} as gateway_organization_id,
    by_user_id.hash as user_hash,
    by_user_email.hash as user_email_hash,
    by_end_user.hash as end_user_hash,
    by_key_alias.hash as key_alias_hash,
    case when regexp_full_match(session_id, '[\\w.-]{{1,128}}') then session_id end as session_id,
    try_cast(started_at as timestamptz) as started_at,
    try_cast(ended_at as timestamptz) as ended_at,
    {_name("model", _SURE_ADDRESS)} as model,
    {_name("model_group", _SURE_ADDRESS)} as model_group,
    nullif(custom_llm_provider, '') as custom_llm_provider,
    lower(coalesce(nullif(status, ''), nullif(status_told, ''), 'success')) as status,
    cache_hit,
    {_usd("spend")} as spend_usd,
    {_count("prompt_tokens")} as prompt_tokens,
    {_count("completion_tokens")} as completion_tokens,
    {_count("text_tokens")} as text_tokens,
    {_count("cache_read_input_tokens")} as cache_read_tokens,
    {_count("cache_creation_input_tokens")} as cache_creation_tokens,
    {_count("ephemeral_5m_input_tokens")} as cache_creation_5m_tokens,
    {_count("ephemeral_1h_input_tokens")} as cache_creation_1h_tokens,
    {_usd("input_cost")} as input_cost_usd,
    {_usd("output_cost")} as output_cost_usd,
    {_usd("cache_read_cost")} as cache_read_cost_usd,
    {_usd("cache_creation_cost")} as cache_creation_cost_usd,
    {_usd("tool_usage_cost")} as tool_usage_cost_usd,
    service_tier,
    speed,
    inference_geo,
    vertex_location,
    case when len(kept_tags) = 1 then {_name("kept_tags[1]")} end as tag,
    coalesce(len(kept_tags), 0) as tag_count,
    nullif(agent.client, '') as client,
    nullif(agent.version, '') as client_version,
    $fetched_at as fetched_at,
    $run_id as run_id,
from answers
{_HASHED}
left join tagged on answers.request_tags = tagged.request_tags
"""

_TOTALS = f"""
select
    entity,
    try_cast(usage_date as date) as usage_date,
    sum({_usd("spend_usd")}) as spend_usd,
    sum({_count("prompt_tokens")}) as prompt_tokens,
    sum({_count("completion_tokens")}) as completion_tokens,
    sum({_count("cache_read_input_tokens")}) as cache_read_tokens,
    sum({_count("cache_creation_input_tokens")}) as cache_creation_tokens,
    sum({_count("api_requests")}) as request_count,
    sum({_count("failed_requests")}) as failed_request_count,
    $fetched_at as fetched_at,
    $run_id as run_id,
from answers
where try_cast(usage_date as date) is not null
group by all
"""


@dataclass
class Projection:
    """Makes rows of answers. Without a ``salt`` people are null; without a ``namespace``, tags."""

    run_id: str
    fetched_at: datetime
    salt: str | None
    namespace: str | None
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect, repr=False)

    def __post_init__(self) -> None:
        self.connection.execute("set TimeZone = 'UTC'")

    def requests(self, answers: pa.RecordBatch | pa.Table) -> pa.Table:
        """Return rows of `requests` of the columns of `columns.REQUEST`, a row each."""
        people = {"salt": self.salt, "namespace": self.namespace}
        return self._made(_PROJECTED, answers, REQUESTS.schema, people)

    def totals(self, answers: pa.RecordBatch | pa.Table) -> pa.Table:
        """Return rows of `daily_totals`: all that came of a day and daily table, added up."""
        return self._made(_TOTALS, answers, DAILY_TOTALS.schema, {})

    def _made(
        self,
        query: str,
        answers: pa.RecordBatch | pa.Table,
        schema: pa.Schema,
        parameters: dict[str, str | None],
    ) -> pa.Table:
        self.connection.register("answers", answers)
        try:
            rows = self.connection.execute(
                query, {**parameters, "fetched_at": self.fetched_at, "run_id": self.run_id}
            ).to_arrow_table()
        finally:
            self.connection.unregister("answers")
        return rows.cast(schema)
