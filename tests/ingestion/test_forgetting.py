"""A forgotten person is in no stored answer, is brought back by no load, and leaves all else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from ingestion_bench import DAYS, REPORT_TABLES, TABLES, Bench

from demo_api.people import Person
from ingestion import raw, warehouse
from ingestion.forgetting import register, rules, tables
from ingestion.forgetting.identities import Identity, Kind, replacements
from ingestion.sources import SOURCES

FIRST_DAY = date(2026, 10, 1)
REPORTS = tuple(one.name for one in REPORT_TABLES)
TWO_DAYS = (DAYS[0], DAYS[0] + timedelta(days=1))


def load_all(bench: Bench) -> None:
    assert bench.load(TWO_DAYS, REPORTS, directories=True).failures == []
    assert bench.github(FIRST_DAY).failures == []


def someone(bench: Bench) -> Person:
    """Return a person whom reports of both organisations, keys, commits and reviews name."""
    organisation = bench.server.organisation
    enterprise = organisation.enterprise
    active = {one.user_id for day in TWO_DAYS for one in enterprise.activity[str(day)]}
    seats = {seat.email for seat in enterprise.seats if seat.user_id in active}
    return next(
        one
        for one in organisation.people
        if one.intensity and one.email in seats and not one.has_subscription
    )


def identities_of(bench: Bench, person: Person) -> dict[Kind, list[str]]:
    keys = [
        key
        for key in bench.server.organisation.api_keys
        if key.created_by_id == person.user_id and key.name.startswith("claude_code_key")
    ]
    return {
        "mail": [person.email, person.private_email],
        "login": [person.github_login],
        "github_id": [str(person.github_id)],
        "user_id": [
            person.user_id,
            bench.server.organisation.enterprise.seat(person.email).user_id,
        ],
        "api_key_id": [key.api_key_id for key in keys],
        "api_key_name": [key.name for key in keys],
        "name": [person.name],
    }


def forget(path: Path, found: dict[Kind, list[str]]) -> list[Identity]:
    with warehouse.writing(path):
        with warehouse.connect(path) as connection:
            identities = register.propose(connection, found)
            register.note(connection, identities)
        tables.rewrite(path, identities)
    return identities


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables but those that say who was forgotten."""
    with warehouse.connect(path, read_only=True) as connection:
        return {
            table: connection.execute(f"from {table} order by all").fetchall()
            for table in tables.stored(connection)
            if not table.startswith('"forgotten"')
        }


def holding(path: Path, words: Iterable[str]) -> set[str]:
    """Return the tables that hold any of the words, whatever their case."""
    wanted = [word.lower() for word in words]
    return {
        table
        for table, rows in contents(path).items()
        if any(word in str(row).lower() for row in rows for word in wanted)
    }


def uncompressed(path: Path, copy: Path) -> bytes:
    """Return the bytes of the same tables without compression, in lower case."""
    with duckdb.connect() as connection:
        connection.execute("set force_compression = 'uncompressed'")
        connection.execute(f"attach '{path}' as stored (read_only)")
        connection.execute(f"attach '{copy}' as copied")
        connection.execute("copy from database stored to copied")
    return copy.read_bytes().lower()


def test_nothing_of_a_forgotten_person_is_left_or_comes_back(both: Bench, tmp_path: Path) -> None:
    load_all(both)
    both.close()
    path = both.settings.warehouse_path
    person = someone(both)
    found = identities_of(both, person)
    words = [word for values in found.values() for word in values]
    assert {
        "usage_report_claude_code", "analytics_cost", "users", "workspace_members", "api_keys",
        "enterprise_user_activity", "enterprise_users", "entity_versions", "commits",
        "pull_requests", "organization_members",
    } <= {name.split(".")[1].strip('"') for name in holding(path, words)}  # fmt: skip
    assert person.email.encode() in uncompressed(path, tmp_path / "before.duckdb")
    before = contents(path)

    identities = forget(path, found)

    assert holding(path, words) == set()
    bytes_left = uncompressed(path, tmp_path / "after.duckdb")
    assert [word for word in words if word.lower().encode() in bytes_left] == []
    after = contents(path)
    assert_only_identities_differ(before, after, words)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in path.parent.iterdir() if "warehouse" in one.name) == [
        path.name,
        f"{path.name}.lock",
    ]

    load_all(both)
    both.close()

    assert holding(path, words) == set()
    again = contents(path)
    assert len(again['"raw_anthropic"."entity_versions"']) == len(
        after['"raw_anthropic"."entity_versions"']
    )
    assert len(again['"raw_github"."entity_versions"']) == len(
        after['"raw_github"."entity_versions"']
    )
    # What comes is stored as what was there was rewritten: nothing was revised.
    assert again['"raw_anthropic"."record_revisions"'] == []
    assert holding(path, [identities[0].person]) >= {
        '"raw_github"."commits"',
        '"raw_anthropic"."usage_report_claude_code"',
    }


def assert_only_identities_differ(
    before: dict[str, list[tuple[object, ...]]],
    after: dict[str, list[tuple[object, ...]]],
    words: list[str],
) -> None:
    """Rows that do not name the person are the same; the others have the same figures."""
    assert before.keys() == after.keys()
    for table, rows in before.items():
        named = [any(word.lower() in str(row).lower() for word in words) for row in rows]
        others = [row for row, is_named in zip(rows, named, strict=True) if not is_named]
        assert set(map(str, others)) <= set(map(str, after[table])), table
        assert len(rows) == len(after[table])
        assert sorted(map(figures, rows)) == sorted(map(figures, after[table])), table


def figures(row: tuple[object, ...]) -> list[str]:
    """Return all numbers and amounts in a row's JSON, but those of accounts."""

    def walk(value: object, key: str = "") -> Iterable[str]:
        if isinstance(value, dict):
            for name, one in value.items():
                yield from walk(one, name)
        elif isinstance(value, list):
            for one in value:
                yield from walk(one, key)
        elif "amount" in key or (isinstance(value, int | float) and "id" not in key.lower()):
            yield f"{key}={value}"

    bodies = [one for one in row if isinstance(one, str) and one.startswith(("[", "{"))]
    return [text for body in bodies for text in walk(json.loads(body))]


def test_no_raw_column_is_of_a_type_that_is_not_looked_through() -> None:
    schemas = [table.schema for table in TABLES]
    schemas += [kept.schema for source in SOURCES for kept in source.kept]

    # Names of fields that were asked for, which are our own words.
    own_words = raw.UNREAD_ITEMS.field("missing")
    types = {str(field.type) for schema in schemas for field in schema if field != own_words}

    # Text is looked through, and of numbers those of accounts, which are `member_id` alone.
    # Texts are looked through; the others hold no name.
    others = {"int64", "bool", "date32[day]", "decimal128(24, 12)", "timestamp[us, tz=UTC]"}
    assert types == {"string"} | others


ADA: dict[Kind, list[str]] = {
    "mail": ["ada@example.com", "ada+claude@example.com"],
    "login": ["ada-l"],
    "github_id": ["4711"],
    "name": ["Ada Lovelace", "Pat O'Brien"],
    "api_key_name": ["claude_code_key_ada_xkcd"],
}
MAX: dict[Kind, list[str]] = {"login": ["max"]}
MAIL, LOGIN, NAME = "forgotten-p-1@forgotten.invalid", "forgotten-p-1", "Forgotten person p"


@pytest.mark.parametrize(
    ("found", "text", "expected"),
    [
        pytest.param(ADA, '{"email":"Ada@Example.com"}', f'{{"email":"{MAIL}"}}', id="case"),
        pytest.param(ADA, "by ada@example.com.", f"by {MAIL}.", id="end of a sentence"),
        pytest.param(
            ADA, "ada+claude@example.com", "forgotten-p-1+1@forgotten.invalid", id="plus address"
        ),
        pytest.param(
            ADA,
            "ada+new@example.com",
            "forgotten-p-1+other@forgotten.invalid",
            id="plus address that was not known",
        ),
        pytest.param(
            ADA,
            "4711+ada-l@users.noreply.github.com",
            f"{LOGIN}@users.noreply.github.com",
            id="noreply address",
        ),
        pytest.param(
            ADA,
            r'{"message":"x\n\nCo-authored-by: A. L. <ada@example.com>\nada-l"}',
            rf'{{"message":"x\n\nCo-authored-by: {NAME} <{MAIL}>\n{LOGIN}"}}',
            id="trailer, and a login after a line end",
        ),
        pytest.param(
            ADA,
            '{"name":"Countess","email":"ada@example.com","user":null}',
            f'{{"name":"{NAME}","email":"{MAIL}","user":null}}',
            id="any name beside the address",
        ),
        pytest.param(
            ADA,
            '{"id":"u","email":"ada@example.com","name":"Countess","role":"x"}',
            f'{{"id":"u","email":"{MAIL}","name":"{NAME}","role":"x"}}',
            id="any name after the address",
        ),
        pytest.param(
            ADA,
            '{"login":"ada-l","id":4711,"node_id":"U_4711","avatar_url":"https://x/u/4711?v=4"}',
            f'{{"login":"{LOGIN}","id":-9,"node_id":"forgotten","avatar_url":"https://x/u/-9?v=4"}}',
            id="account",
        ),
        pytest.param(
            ADA, "thanks Ada Lovelace and @ada-l ada-l", f"thanks {NAME} and @{LOGIN} {LOGIN}",
            id="free text",
        ),
        pytest.param(ADA, "Pat O'Brien", NAME, id="name with an apostrophe"),
        pytest.param(
            ADA,
            r'{"message":"Ada Lovelace \u003cada@example.com\u003e"}',
            f'{{"message":"{NAME} <{MAIL}>"}}',
            id="escapes",
        ),
        pytest.param(ADA, "ada-l/tool", f"{LOGIN}/tool", id="repository of the account"),
        pytest.param(MAX, '{"login": "max"}', f'{{"login": "{LOGIN}"}}', id="short login"),
        pytest.param(MAX, "ask @max, please", f"ask @{LOGIN}, please", id="short login addressed"),
    ],
)  # fmt: skip
def test_an_identity_is_replaced(found: dict[Kind, list[str]], text: str, expected: str) -> None:
    assert replaced(found, text) == expected


@pytest.mark.parametrize(
    ("found", "text"),
    [
        pytest.param(ADA, "ada@example.com.au", id="longer domain"),
        pytest.param(ADA, "lada@example.com", id="longer mailbox"),
        pytest.param(ADA, "ada-lf", id="longer login"),
        pytest.param(ADA, "x-ada-l", id="login within a word"),
        pytest.param(ADA, "ada-l@elsewhere.example", id="mailbox named as the login"),
        pytest.param(ADA, '{"repository":{"databaseId":4711}}', id="number of something else"),
        pytest.param(ADA, "Ada Lovelaces", id="longer name"),
        pytest.param(ADA, r'{"a":"\u00e9","n":1.10}', id="escapes of others stay to the byte"),
        pytest.param(MAX, '{"message":"limit max to 5","baseRefName":"max"}', id="a word"),
    ],
)
def test_what_is_not_the_identity_stays_to_the_byte(
    found: dict[Kind, list[str]], text: str
) -> None:
    assert replaced(found, text) == text


def replaced(found: dict[Kind, list[str]], text: str) -> str:
    with duckdb.connect() as connection:
        identities = register.propose(connection, found)
        mine = [
            Identity("p", one.kind, one.value, "-9" if one.kind == "github_id" else one.replacement)
            for one in replacements("p", by_kind(identities))
        ]
        rules.use(connection, mine)
        (row,) = connection.execute(
            f"select {rules.scrubbed('text')} from (select $1 as text)", [text]
        ).fetchall()
    return str(row[0])


def by_kind(identities: list[Identity]) -> dict[Kind, list[str]]:
    found: dict[Kind, list[str]] = {}
    for one in identities:
        found.setdefault(one.kind, []).append(one.value)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Ada@Example.com",
        "x <ada+other@example.com>",
        "1+ada-l@users.noreply.github.com",
        r"Thanks\nAda Lovelace",
        r"Pat O'Brien",
        r'{"name":"\u0041da Lovelace"}',
    ],
)
def test_an_identity_is_known_again_by_its_hash_alone(text: str) -> None:
    with duckdb.connect() as connection:
        register.note(connection, register.propose(connection, ADA))
        hashes = connection.execute("from forgotten.identities").fetchall()

        met = register.met_in(
            connection, [f"select '{text.replace(chr(39), chr(39) * 2)}' as text"]
        )

    assert [one.person for one in met]
    said = str(hashes).lower()
    assert [word for word in ("example.com", "lovelace", "ada-l", "xkcd") if word in said] == []
