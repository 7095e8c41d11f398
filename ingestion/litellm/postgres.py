"""The gateway's log, pulled from its Postgres as Arrow, a batch in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pyarrow as pa

from ingestion.errors import IngestionError
from ingestion.litellm.columns import DAILY, LOG, requests_query, totals_query
from ingestion.litellm.reader import REQUESTS_VIEW, SCHEMA, TOTALS_VIEW
from ingestion.secrets import mask

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Connection

BATCH_BYTES = 8_000_000
# A day of a large log takes seconds; a lock of a migration is waited for.
LONGEST_STATEMENT = "30min"
LONGEST_CONNECT_SECONDS = 15
_SESSION = {
    "TimeZone": "UTC",
    "statement_timeout": LONGEST_STATEMENT,
    "default_transaction_read_only": "on",
    "application_name": "claude-usage",
}
_ADVICE = (
    "Is LITELLM_DATABASE_URL the database of the gateway, and was ingestion/litellm/reader.sql run"
    " in it since the gateway was upgraded?"
)


class DatabaseError(IngestionError):
    """The database could not be reached or read; what it said is masked."""


@dataclass(frozen=True)
class Offered:
    """The queries that a role can ask; ``totals`` is None where there are no daily tables.

    ``is_view``: whether of the views of `reader.sql`, else of LiteLLM's own tables.
    """

    requests: str
    totals: str | None
    is_view: bool


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Open a read-only session in UTC.

    Raises:
        DatabaseError: there or while it is used, whatever the driver raised.
    """
    # With its library: few have a gateway.
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(_with_timeout(url)) as connection:
            with connection.cursor() as cursor:
                for name, value in _SESSION.items():
                    cursor.execute(f"set {name} = '{value}'")
            yield connection
    except Error as error:
        said = mask(str(error).removeprefix("IO: ").partition("Query was:")[0])
        raise DatabaseError(f"the gateway's database: {said}. {_ADVICE}") from None


def _with_timeout(url: str) -> str:
    parts = urlsplit(url)
    query = {"connect_timeout": str(LONGEST_CONNECT_SECONDS), **dict(parse_qsl(parts.query))}
    # Prisma's own, which the driver of Postgres refuses.
    for name in ("schema", "connection_limit", "pool_timeout", "pgbouncer"):
        query.pop(name, None)
    return urlunsplit(parts._replace(query=urlencode(query)))


def offered(connection: Connection) -> Offered:
    """Return what can be read: the views where there are any, else LiteLLM's tables.

    Raises:
        DatabaseError: the role can read neither.
    """
    there = _columns(connection)
    view = there.get((SCHEMA, REQUESTS_VIEW))
    if view:
        has_totals = (SCHEMA, TOTALS_VIEW) in there
        return Offered(
            f'select * from "{SCHEMA}"."{REQUESTS_VIEW}"',
            f'select * from "{SCHEMA}"."{TOTALS_VIEW}"' if has_totals else None,
            is_view=True,
        )
    schema = next((schema for schema, table in there if table == LOG), None)
    if schema is None:
        raise DatabaseError(
            f"this role can read neither {SCHEMA}.{REQUESTS_VIEW} nor {LOG}. {_ADVICE}"
        )
    tables = {
        entity: _quoted(schema, table)
        for entity, table in DAILY.items()
        if (schema, table) in there
    }
    found = {entity: there[(schema, DAILY[entity])] for entity in tables}
    return Offered(
        requests_query(_quoted(schema, LOG), there[(schema, LOG)]),
        totals_query(tables, found) if tables else None,
        is_view=False,
    )


def _quoted(schema: str, table: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in (schema, table))


def _columns(connection: Connection) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the names of the columns that the role may read, by schema and table."""
    wanted = ", ".join(f"'{name}'" for name in (LOG, *DAILY.values(), REQUESTS_VIEW, TOTALS_VIEW))
    rows = _rows(
        connection,
        "select table_schema::text, table_name::text, column_name::text"
        f" from information_schema.columns where table_name in ({wanted})"
        # Of several schemas that have the tables, the one that the role finds them in.
        " order by array_position(current_schemas(false)::text[], table_schema::text),"
        " table_schema, ordinal_position",
    )
    found: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in rows:
        found.setdefault((schema, table), []).append(column)
    return found


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def count_since(connection: Connection, query: str, since: date) -> int:
    """Return how many requests a query has since a day."""
    ((count,),) = _rows(connection, f"select count(*) from {_since(query, since)}")
    return int(count)


def requests_since(connection: Connection, query: str, since: date) -> Iterator[pa.RecordBatch]:
    """Yield the requests since a UTC day, in batches as they come."""
    yield from _batches(connection, f"select * from {_since(query, since)}")


def _since(query: str, since: date) -> str:
    return f"({query}) as requests where started_at >= timestamp '{since:%Y-%m-%d}'"


def totals_since(connection: Connection, query: str, since: date) -> Iterator[pa.RecordBatch]:
    """Yield the gateway's own sums of the days since one."""
    days = f"({query}) as totals where usage_date >= '{since:%Y-%m-%d}'"
    yield from _batches(connection, f"select * from {days}")


def _batches(connection: Connection, query: str) -> Iterator[pa.RecordBatch]:
    with connection.cursor() as cursor:
        cursor.adbc_statement.set_options(
            **{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)}
        )
        cursor.execute(query)
        yield from cursor.fetch_record_batch()
