"""Who was forgotten, as keyed hashes: by them a load knows whom it must not bring back.

The key stands beside the hashes: whoever has the warehouse and an address can find out whether it
was forgotten, and under what neutral name its figures stand. Nobody can read an address from it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from ingestion.forgetting import rules
from ingestion.forgetting.identities import NOREPLY, Identity, Kind, new_person, replacements

SCHEMA = "forgotten"
_KEY = "forgotten_key"


@dataclass(frozen=True)
class Forgotten:
    """A person whose identities are noted; ``is_done`` once nothing of them is left anywhere."""

    person: str
    is_done: bool


def is_empty(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether nobody was ever forgotten."""
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = 'identities'"
        " and database_name = current_database()",
        [SCHEMA],
    ).fetchone()
    return found is None


def propose(
    connection: duckdb.DuckDBPyConnection, found: Mapping[Kind, Iterable[str]]
) -> list[Identity]:
    """Return the identities of a person and what is to take their place, with a new random name."""
    in_words: dict[Kind, list[str]] = {
        kind: _in_words(connection, values) for kind, values in found.items()
    }
    return replacements(new_person(), in_words)


def note(connection: duckdb.DuckDBPyConnection, identities: Sequence[Identity]) -> None:
    """Note a person's identities, in one transaction: from then on loads replace them."""
    connection.execute("begin")
    _prepare(connection)
    connection.execute(
        f"insert into {SCHEMA}.people values (?, ?, null)",
        [identities[0].person, datetime.now(UTC)],
    )
    for one in identities:
        connection.execute(
            f"insert into {SCHEMA}.identities"
            f" select $person, $kind, {_hashed('$value')}, $put, len(string_split($value, ' '))",
            {"person": one.person, "kind": one.kind, "value": one.value, "put": one.replacement},
        )
    connection.execute("commit")


def find(connection: duckdb.DuckDBPyConnection, given: str) -> list[Forgotten]:
    """Return who of those forgotten ``given`` led to."""
    if is_empty(connection):
        return []
    _use_key(connection)
    rows = connection.execute(
        f"""
        select distinct person, finished_at is not null
        from {SCHEMA}.identities join {SCHEMA}.people using (person)
        where identity_hash = {_hashed(rules.canonical("$given"))}
        order by person
        """,
        {"given": given},
    ).fetchall()
    return [Forgotten(*row) for row in rows]


def finish(connection: duckdb.DuckDBPyConnection, person: str) -> None:
    connection.execute(
        f"update {SCHEMA}.people set finished_at = ? where person = ?",
        [datetime.now(UTC), person],
    )


def met_in(connection: duckdb.DuckDBPyConnection, texts: Iterable[str]) -> list[Identity]:
    """Return the forgotten identities that stand in what the queries of a column `text` give."""
    _use_key(connection)
    lengths = connection.execute(
        f"select distinct word_count from {SCHEMA}.identities where word_count > 1"
    ).fetchall()
    phrases = "".join(_phrases(length) for (length,) in lengths)
    noreply = f"^(?:[0-9]+[+])?([^@+]+){NOREPLY.replace('.', '[.]')}$"
    rows = connection.execute(
        rf"""
        with texts as not materialized (
            select {rules.words(rules.without_escapes("text"))} as words
            from ({" union all ".join(texts)})
        ),
        phrases as materialized (
            select unnest(words) as phrase from texts{phrases}
        ),
        spelled as (
            select phrase from phrases
            union select regexp_replace(phrase, '^([^+@]+)[+][^@]*@', '\1@') from phrases
            where contains(phrase, '+')
            union select regexp_extract(phrase, '{noreply}', 1) from phrases
            where ends_with(phrase, '{NOREPLY}')
        )
        select distinct known.person, known.kind, phrase, known.replacement
        from spelled
        join {SCHEMA}.identities as known on known.identity_hash = {_hashed("phrase")}
        """
    ).fetchall()
    return [Identity(*row) for row in rows]


def _phrases(length: int) -> str:
    """Return the SQL that adds each run of so many words."""
    # Word by word: slices of lists take several times as long.
    phrase = " || ' ' || ".join(f"words[i + {place}]" for place in range(length))
    return (
        f" union select unnest(list_transform(range(1, len(words) - {length} + 2),"
        f" lambda i: {phrase})) from texts"
    )


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create schema if not exists {SCHEMA}")
    for table in (
        "hash_key (key varchar)",
        "people (person varchar, noted_at timestamptz, finished_at timestamptz)",
        "identities (person varchar, kind varchar, identity_hash varchar, replacement varchar,"
        " word_count bigint)",
    ):
        connection.execute(f"create table if not exists {SCHEMA}.{table}")
    connection.execute(
        f"insert into {SCHEMA}.hash_key select ? where not exists (from {SCHEMA}.hash_key)",
        [secrets.token_hex(32)],
    )
    _use_key(connection)


def _use_key(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"set variable {_KEY} = (select key from {SCHEMA}.hash_key)")


def _hashed(value: str) -> str:
    """Return the SQL of a value's hash, twice with the key as HMAC does."""
    key = f"getvariable('{_KEY}')"
    return f"sha256({key} || sha256({key} || {value}))"


def _in_words(connection: duckdb.DuckDBPyConnection, values: Iterable[str]) -> list[str]:
    rows = connection.execute(
        f"select distinct {rules.canonical('value')} as words from"
        " (select unnest(?::varchar[]) as value) where words <> ''",
        [list(values)],
    ).fetchall()
    return [words for (words,) in rows]
