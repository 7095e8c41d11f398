"""The hash of an address is the same in Python, in SQL and in dbt."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from attribution.dbt_plugin import Plugin
from ingestion.hashing import identity_hash, identity_hash_sql

SALT = "salt of sixteen characters"
MACRO = Path(__file__).parents[2] / "dbt_project/macros/identity_hash.sql"


def in_dbt(connection: duckdb.DuckDBPyConnection) -> str | None:
    body = MACRO.read_text().split("-%}")[1].split("{%-")[0].replace("{{ value }}", "?")
    return connection.execute(f"select {body}", ["Åsa@Example.org "]).fetchone()[0]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    Plugin.configure_connection(None, connection)  # type: ignore[arg-type]
    return connection


def test_all_make_the_same_hash(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_SALT", SALT)
    sql = identity_hash_sql("' åsa@example.org'", f"'{SALT}'")
    hashed = identity_hash("Åsa@Example.org", SALT)
    assert len(hashed) == 32
    assert connection.execute(f"select {sql}").fetchone() == (hashed,)
    assert in_dbt(connection) == hashed
    assert identity_hash("åsa@example.org", SALT + "!") != hashed


def test_without_a_salt_there_is_no_hash(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_SALT", "")
    assert in_dbt(connection) is None
