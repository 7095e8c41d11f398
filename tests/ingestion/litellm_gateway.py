"""A database as LiteLLM makes it, in a real Postgres, and requests to put into its log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from pydantic import SecretStr

from benchmarks.postgres import Postgres
from ingestion.litellm import reader
from ingestion.settings import Settings

READER_PASSWORD = "reader/password+of:the@tests"
SALT = "salt-of-the-tests"
KEY = "6" * 64
LOG = "LiteLLM_SpendLogs"

# The columns of the log and of a daily table in version 1.108.
SPEND_LOGS = """
request_id text primary key, call_type text not null, api_key text not null default '',
spend double precision not null default 0, total_tokens integer not null default 0,
prompt_tokens integer not null default 0, completion_tokens integer not null default 0,
"startTime" timestamp(3) not null, "endTime" timestamp(3) not null,
"completionStartTime" timestamp(3), model text not null default '', model_id text,
model_group text, custom_llm_provider text, api_base text, "user" text, metadata jsonb,
cache_hit text, cache_key text, request_tags jsonb, team_id text, end_user text,
requester_ip_address text, messages jsonb, response jsonb, proxy_server_request jsonb,
session_id text, status text, mcp_namespaced_tool_name text, agent_id text,
request_duration_ms integer, created_at timestamp(3) not null default now(),
updated_at timestamp(3) not null default now(), litellm_call_id text, billing_agent_id text,
organization_id text
"""
DAILY_SPEND = """
id text primary key default gen_random_uuid()::text, {entity}_id text, date text not null,
api_key text not null default '', model text, model_group text, custom_llm_provider text,
mcp_namespaced_tool_name text, endpoint text, prompt_tokens bigint not null default 0,
completion_tokens bigint not null default 0, cache_read_input_tokens bigint not null default 0,
cache_creation_input_tokens bigint not null default 0, spend double precision not null default 0,
api_requests bigint not null default 0, successful_requests bigint not null default 0,
failed_requests bigint not null default 0
"""


def usage(text: int, *, read: int = 0, write_5m: int = 0, write_1h: int = 0) -> dict[str, Any]:
    """Return what LiteLLM notes of the input of an answer."""
    return {
        "prompt_tokens": text + read + write_5m + write_1h,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": write_5m + write_1h,
        "prompt_tokens_details": {
            "text_tokens": text,
            "cache_creation_token_details": {
                "ephemeral_5m_input_tokens": write_5m,
                "ephemeral_1h_input_tokens": write_1h,
            },
        },
    }


def request(request_id: str, started: str, **more: Any) -> dict[str, Any]:
    """Return a row of the log; ``started`` is without a zone, in UTC."""
    used = more.pop("usage", usage(10, read=200, write_5m=30, write_1h=4))
    metadata = {
        "user_api_key_alias": "key-of-ada",
        "user_api_key_team_alias": "Compilers",
        "usage_object": used,
        **more.pop("metadata", {}),
    }
    return {
        "request_id": request_id,
        "call_type": "anthropic_messages",
        "api_key": KEY,
        "spend": 0.0123456,
        "prompt_tokens": used.get("prompt_tokens", 0),
        "completion_tokens": 50,
        "total_tokens": used.get("prompt_tokens", 0) + 50,
        "startTime": started,
        "endTime": started,
        "model": "anthropic/claude-sonnet-4-5-20250929",
        "model_group": "claude-sonnet",
        "custom_llm_provider": "anthropic",
        "user": "Ada@Example.org",
        "metadata": metadata,
        "cache_hit": "None",
        "request_tags": ["cost-center:cc-7", "app:x", "User-Agent: claude-cli/2.1.332 (cli)"],
        "team_id": "team-c",
        "session_id": "0b2f7c9e-1111-2222-3333-444455556666",
        "status": "success",
        **more,
    }


@dataclass
class Gateway:
    """A database of its own in a server, and the settings of a load of it."""

    server: Postgres
    database: str
    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def make(self, *, log: str = SPEND_LOGS, daily: bool = True) -> None:
        """Make LiteLLM's tables, empty."""
        self.server.run(f'create database "{self.database}"')
        self.run(f'create table "{LOG}" ({log})')
        for entity in ("user", "team") if daily else ():
            columns = DAILY_SPEND.format(entity=entity)
            self.run(f'create table "LiteLLM_Daily{entity.title()}Spend" ({columns})')

    def run(self, sql: str, **who: str) -> str:
        return self.server.run(sql, database=self.database, **who)

    def add(self, *rows: Mapping[str, Any], table: str = LOG) -> None:
        """Insert rows; columns that are not given, or that the table has not, are left out."""
        self.run(insert_statement(table, self._columns(table), rows))

    def _columns(self, table: str) -> list[str]:
        found = self.run(
            "select column_name from information_schema.columns"
            f" where table_name = '{table}' and table_schema = 'public'"
        )
        return found.splitlines()

    def add_daily_sums(self) -> None:
        """Fill the daily tables as LiteLLM does: a row a day, user or team, and model."""
        for entity, column in (("user", '"user"'), ("team", "team_id")):
            self.run(
                f'delete from "LiteLLM_Daily{entity.title()}Spend";'
                f'insert into "LiteLLM_Daily{entity.title()}Spend"'
                f" ({entity}_id, date, api_key, model, prompt_tokens, completion_tokens, spend,"
                " cache_read_input_tokens, cache_creation_input_tokens, api_requests,"
                " failed_requests)"
                f" select coalesce({column}, ''), to_char(\"startTime\", 'YYYY-MM-DD'), api_key,"
                " model, sum(prompt_tokens), sum(completion_tokens), sum(spend),"
                " sum(coalesce((metadata #>> '{usage_object,cache_read_input_tokens}')::bigint,"
                " 0)),"
                " sum(coalesce("
                "(metadata #>> '{usage_object,cache_creation_input_tokens}')::bigint, 0)),"
                f" count(*), count(*) filter (where status = 'failure') from \"{LOG}\" group by"
                " 1, 2, 3, 4"
            )

    def give_views(self) -> None:
        """Run `reader.sql` as an administrator does, with a password for its role."""
        self.run(reader.FILE.read_text())
        self.run(f"alter role {reader.ROLE} password '{READER_PASSWORD}'")

    @property
    def reader_url(self) -> str:
        return self.server.url(self.database, reader.ROLE, READER_PASSWORD)

    def settings(self, **overrides: Any) -> Settings:
        """Return the settings of a load as the role of `reader.sql`."""
        given = {
            "litellm_database_url": SecretStr(self.reader_url),
            "litellm_tag_namespace": "cost-center",
            "identity_salt": SecretStr(SALT),
            "warehouse_path": self.warehouse,
            **overrides,
        }
        return Settings(**given)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(query).fetchall()

    def stored(self, columns: str = "* exclude (fetched_at, run_id)") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from raw_litellm.requests order by request_id")


def insert_statement(table: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the statements that insert rows as JSON, by the columns that they give."""
    known = set(columns)
    statements = []
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row if name in known)
        text = json.dumps(row).replace("'", "''")
        statements.append(
            f'insert into "{table}" ({names}) select {names} from'
            f" jsonb_populate_record(null::\"{table}\", '{text}'::jsonb)"
        )
    return ";\n".join(statements)
