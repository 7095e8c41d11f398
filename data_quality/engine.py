"""The SQLAlchemy engine through which Great Expectations reads DuckDB.

GX leaves its connection before it fetches, and DuckDB drops a pending result as soon as the
connection does something else: every expectation then fails with an error inside the result. So
the rows are fetched right after each statement. What GX asks for are counts and a few examples,
never whole tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine


def connection_string(warehouse_path: Path) -> str:
    return f"duckdb:///{warehouse_path}"


def engine_arguments() -> dict[str, Any]:
    """Return the arguments of ``create_engine``: read only, and one connection for all.

    One connection, because temporary tables are seen by the connection that made them only.
    """
    from sqlalchemy.pool import StaticPool

    return {"connect_args": {"read_only": True}, "poolclass": StaticPool}


def prepare_engine(engine: Engine) -> None:
    """Make ``engine`` fetch at once, and its session think in UTC."""
    from sqlalchemy import event, text

    event.listen(engine, "after_cursor_execute", _fetch_at_once)
    with engine.begin() as connection:
        connection.execute(text("set TimeZone = 'UTC'"))


def _fetch_at_once(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    del connection, statement, parameters, executemany  # the signature is SQLAlchemy's
    if context is None or not cursor.description:
        return
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
        cursor, initial_buffer=cursor.fetchall()
    )
