"""Responses as they count: once each over all files, priced, with the day of a time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from local_usage.prices import list_cost_sql, load_prices, model_sql, priced_model_name

TOKENS = (
    *("uncached_input_tokens", "cache_read_tokens", "cache_creation_5m_tokens"),
    *("cache_creation_1h_tokens", "output_tokens"),
)

# The greatest output of all files counts, of equal ones the earliest. A fork repeats what its
# parent has: the file that begins first owns it. Most responses stand in one file.
RESPONSES = """
create or replace temp table repeated as
with keys as (
    select response_key from sightings group by response_key having count(*) > 1
),

ranked as (
    select
        sightings.*,
        files.project_hash,
        row_number() over (
            partition by response_key
            order by output_tokens desc, occurred_at, uncached_input_tokens, cache_read_tokens,
                cache_creation_5m_tokens, cache_creation_1h_tokens, session_id, file_id
        ) as rank,
        row_number() over (
            partition by response_key
            order by files.first_at nulls last, session_id, is_subagent, file_id
        ) as owner_rank
    from sightings
    semi join keys using (response_key)
    inner join files using (file_id)
),

owners as (select * from ranked where owner_rank = 1),

combined as (
    select
        response_key,
        min(first_at) as first_at,
        bool_or(is_final) as is_final,
        max(request_id) as request_id
    from ranked
    group by response_key
)

select
    ranked.* exclude (rank, owner_rank) replace (
        combined.first_at as first_at,
        combined.is_final as is_final,
        combined.request_id as request_id,
        owners.session_id as session_id,
        owners.project_hash as project_hash,
        owners.is_subagent as is_subagent,
        coalesce(owners.agent, ranked.agent) as agent,
        coalesce(owners.skill, ranked.skill) as skill,
        coalesce(owners.mcp_server, ranked.mcp_server) as mcp_server
    )
from ranked
inner join combined using (response_key)
inner join owners using (response_key)
where ranked.rank = 1;

create or replace temp view responses as
select * replace (coalesce(session_id, 'unknown') as session_id)
from (
    select * from repeated
    union all by name
    select sightings.*, files.project_hash
    from sightings
    inner join files using (file_id)
    anti join repeated using (response_key)
)
"""


@dataclass(frozen=True)
class Chosen:
    """What is asked for: days of a time zone, both included, None where there is no bound."""

    time_zone: str
    since: date | None = None
    until: date | None = None

    def condition(self, instant: str) -> str:
        """Return the SQL condition on an instant in UTC."""
        day = f"{self.local(instant)}::date"
        bounds = [
            f"{day} {sign} date '{bound.isoformat()}'"
            for sign, bound in ((">=", self.since), ("<=", self.until))
            if bound is not None
        ]
        return " and ".join(bounds) or "true"

    def local(self, instant: str) -> str:
        """Return the SQL of an instant in UTC as the clock of the time zone shows it."""
        if self.time_zone in ("UTC", "Etc/UTC"):
            return instant
        zone = self.time_zone.replace("'", "''")
        return f"timezone('{zone}', timezone('UTC', {instant}))"


def make_views(
    connection: duckdb.DuckDBPyConnection,
    chosen: Chosen,
    seed: Path,
    projects: Mapping[str, str],
) -> None:
    """Create `priced`, a row per response that was chosen, and `calls`, a row per tool call.

    Args:
        seed: the pipeline's list of prices.
        projects: what to call the projects whose files are there, by their hash in the index.
    """
    load_prices(connection, seed)
    names = pa.table(
        {
            "project_hash": pa.array(list(projects), pa.string()),
            "project": pa.array(list(projects.values()), pa.string()),
        }
    )
    connection.register("project_names", names)
    connection.execute(RESPONSES)
    connection.execute(
        f"""
        create or replace temp table models as
        select raw_model, {model_sql("raw_model")} as model
        from (select distinct model as raw_model from sightings);

        create or replace temp table model_prices as
        select models.raw_model, prices.* exclude (model)
        from models
        inner join prices on {priced_model_name("models.model")} = prices.model;

        create or replace temp table priced as
        select
            responses.* exclude (
                model, occurred_at, request_id, client_version, entrypoint, file_id, project_hash
            ),
            -- What is no Claude model goes by the name it has.
            case when models.model = 'unmapped' then models.raw_model else models.model end
                as model,
            {chosen.local("first_at")} as local_at,
            local_at::date as usage_date,
            coalesce(
                project_names.project, 'gone-' || left(responses.project_hash, 8)
            ) as project,
            {list_cost_sql("prices")} as list_cost_usd,
            coalesce(uncached_input_tokens + cache_read_tokens + cache_creation_5m_tokens
                + cache_creation_1h_tokens > prices.tier_threshold_tokens, false)
                as is_above_tier,
            coalesce(speed, 'standard') not in ('standard', 'not_available') as is_of_other_speed,
            coalesce(service_tier, 'standard') not in ('standard', 'batch', 'not_available')
                as is_of_other_tier,
            prices.raw_model is null as is_of_unknown_model
        from responses
        left join project_names using (project_hash)
        left join models on responses.model = models.raw_model
        left join model_prices as prices
            on responses.model = prices.raw_model
            and responses.first_at::date >= prices.valid_from
            and responses.first_at::date < prices.valid_to
        where {chosen.condition("first_at")};

        create or replace temp view calls as
        select
            coalesce(tool, 'unknown') as tool,
            case when starts_with(tool, 'mcp__') then split_part(tool, '__', 2) end as mcp_server,
            byte_count,
            image_count,
            has_result
        from tool_calls
        where {chosen.condition("occurred_at")}
        """
    )
