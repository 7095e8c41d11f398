"""Dagster's history in SQLite, written without opening and flushing a file for each event.

A build stores some 2,500 events. Dagster's own storage opens a database for each, has the disk
write it through, and closes it, which copies the write-ahead log back: that took longer than dbt.
Files, tables and contents are the same, but for secrets, so either storage reads what the other
wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage

from ingestion.secrets import conceal


class EventLog(SqliteEventLogStorage):
    """Keeps two databases open: the index, and that of the run which was last asked for."""

    def __init__(self, base_dir: str) -> None:
        self._opened: dict[str, sa.Engine] = {}
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        if shard not in self._initialized_dbs:
            # The first time as Dagster does it, which makes the tables.
            with super()._connect(shard):
                pass
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._opened:
            for other in self._opened.keys() - {INDEX_SHARD_NAME}:
                self._opened.pop(other).dispose()
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                # One connection for all threads: they take turns under the lock.
                poolclass=sa.StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            sa.event.listen(engine, "connect", _trust_the_log)
            sa.event.listen(engine, "before_cursor_execute", _conceal_secrets, retval=True)
            self._opened[shard] = engine
        return self._opened[shard]

    def dispose(self) -> None:
        for engine in self._opened.values():
            engine.dispose()
        self._opened.clear()
        super().dispose()


def _trust_the_log(connection: Any, _: Any) -> None:
    # Flushed when the log is copied back, not at each event. A killed process loses nothing, and
    # a machine without power the last events at most.
    connection.execute("pragma synchronous = normal")


def _conceal_secrets(
    _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, is_many: bool
) -> tuple[str, Any]:
    """Keep secrets out of what is written: an error of a library may hold one."""
    if is_many:
        return statement, [_concealed(row) for row in values]
    return statement, _concealed(values)


def _concealed(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(conceal(value) if isinstance(value, str) else value for value in row)


class History(DagsterSqliteStorage):
    """All of Dagster's storage as it makes it, but for the event log."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> History:
        return cls(**config_value, inst_data=inst_data)
