"""`claude-usage forget PERSON` on the demo organisation: nothing of them is left but figures."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from claude_usage.commands.forget import forget
from claude_usage.texts import Sought, clean_history
from demo_api import DemoServer
from ingestion.errors import ConfigurationError
from ingestion.forgetting.identities import Identity
from ingestion.settings import Settings
from tests.end_to_end.conftest import FIRST, LAST, Place

SECURITY = Path(__file__).parents[2] / "docs" / "security.md"
TOTALS = (
    "select 'billed', sum(billed_cost_usd) from marts.fct_billed_costs_daily",
    "select 'allocated', sum(allocated_cost_usd) from marts.fct_cost_attribution_daily",
    "select 'estimated', sum(estimated_cost_usd) from marts.fct_claude_code_model_usage_daily",
    "select 'sessions', sum(session_count) from marts.fct_claude_code_activity_daily",
    "select 'people', count(*) from marts.dim_people",
    "select attribution_balanced, count(*) from marts.fct_pull_requests group by all",
    "select rule, count(*) from marts.fct_attribution_evidence group by all",
    "select person_kind, count(*) from marts.fct_commits join marts.dim_people using (person_key)"
    " group by all",
)


@pytest.fixture
def place(two_days: Place, tmp_path: Path) -> Place:
    """A copy of two loaded days, to change."""
    shutil.copytree(two_days.folder, tmp_path / "copy", symlinks=True)
    return Place(tmp_path / "copy", two_days.server)


@pytest.fixture
def settings(place: Place) -> Settings:
    return Settings(warehouse_path=place.warehouse, publish_path=place.published)


def leading_to(place: Place, server: DemoServer) -> list[str]:
    """Return all that leads to the second person, who has activity, keys, commits and reviews."""
    person = server.organisation.people[1]
    keys = [
        one
        for one in server.organisation.api_keys
        if one.created_by_id == person.user_id and one.name.startswith("claude_code_key")
    ]
    assert keys
    with duckdb.connect(str(place.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select person_key from marts.dim_people where email_address = $1"
            " union all select actor_key from marts.dim_claude_code_actors"
            " where person_key in (select person_key from marts.dim_people"
            " where email_address = $1)",
            [person.email],
        ).fetchall()
    assert len(rows) > 1
    return [
        *(person.name, person.email, person.local_part, person.github_login, person.user_id),
        str(person.github_id),
        *(word for key in keys for word in (key.name, key.api_key_id)),
        *(key for (key,) in rows),
    ]


def holding(path: Path, words: Iterable[str]) -> set[str]:
    """Return the columns of all tables of a DuckDB file that hold any of the words."""
    found = set()
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        ).fetchall():
            text = f'lower("{column}"::varchar)'
            hits = " or ".join(f"contains({text}, lower(?))" for _ in words)
            query = f'select 1 from "{schema}"."{table}" where {hits} limit 1'
            if connection.execute(query, list(words)).fetchone():
                found.add(f"{schema}.{table}.{column}")
    return found


def files_holding(folder: Path, words: Iterable[str]) -> set[str]:
    """Return the files whose bytes hold any of the words."""
    sought = [word.lower().encode() for word in words]
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(word in path.read_bytes().lower() for word in sought)
    }


def totals(path: Path) -> set[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            (number, *row)
            for number, query in enumerate(TOTALS)
            for row in connection.execute(query).fetchall()
        }


def killed_while_building(place: Place, name: str, **overrides: str) -> None:
    with subprocess.Popen(
        place.command("forget", name, "--yes"),
        env=place.environment(**overrides),
        cwd=place.folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert any(line.startswith("building") for line in process.stderr)
        os.killpg(process.pid, signal.SIGKILL)


def shown_commands(address: str) -> list[list[str]]:
    """Return the commands of docs/security.md in their order, for another person."""
    blocks = re.findall(r"```sh\n(.*?)```", SECURITY.read_text(), flags=re.DOTALL)
    lines = [line.split() for block in blocks for line in block.splitlines()]
    assert [line[:2] for line in lines] == [
        ["claude-usage", name] for name in ("doctor", "forget", "forget")
    ]
    return [[address if "@" in word else word for word in line[1:]] for line in lines]


@pytest.mark.timeout(900)
def test_a_person_is_forgotten_for_good_and_their_figures_are_not(
    place: Place, server: DemoServer, tmp_path: Path
) -> None:
    person = server.organisation.people[1]
    words = leading_to(place, server)
    before, marts = totals(place.published), place.marts()
    assert {"marts.dim_people.email_address", "raw_github.commits.body"} <= holding(
        place.warehouse, words
    )
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    with (seeds / "team_memberships.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["email_address", "github_login", "team_name", "cost_center", "valid_from", "valid_to"]
        )
        rows.writerow([person.email, "", "Platform", "", "", ""])

    refused = place.run("forget", person.email, "--yes", SEEDS_PATH=str(seeds))

    assert refused.returncode == 2
    assert "team_memberships.csv, line 2 names the person" in refused.stderr
    assert totals(place.published) == before

    shutil.rmtree(seeds)
    killed_while_building(place, person.name)
    finished = [place.run(*command) for command in shown_commands(person.email)]

    assert [one.returncode for one in finished] == [0, 0, 0], finished[-1].stderr
    assert "Forgotten." in finished[-1].stdout
    assert_gone(place, words)
    assert totals(place.published) == before
    assert_others_unchanged(marts, place.marts(), words)

    loaded = place.run("run", "--start", FIRST, "--end", LAST)

    assert loaded.returncode == 0, loaded.stderr
    assert_gone(place, words)
    assert totals(place.published) == before
    again = place.run("forget", person.email, "--yes")
    assert (again.returncode, again.stdout.strip()) == (0, f"{person.email} is forgotten already")


def assert_gone(place: Place, words: list[str]) -> None:
    assert files_holding(place.folder, words) == set()
    for path in place.folder.glob("*.duckdb"):
        assert holding(path, words) == set(), path.name


def assert_others_unchanged(
    before: dict[str, list[tuple[object, ...]]],
    after: dict[str, list[tuple[object, ...]]],
    words: list[str],
) -> None:
    assert before.keys() == after.keys()
    lower = [word.lower() for word in words]
    for table, rows in before.items():
        assert len(rows) == len(after[table]), table
        texts = map(str, rows)
        others = {text for text in texts if not any(word in text.lower() for word in lower)}
        assert others <= set(map(str, after[table])), table


def test_a_dry_run_shows_and_changes_nothing(
    settings: Settings, place: Place, server: DemoServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = place.warehouse.read_bytes()

    assert forget(settings, server.organisation.people[1].email, dry_run=True, yes=False) == 0

    said = capsys.readouterr().out
    assert "raw_github.commits: " in said
    assert "raw_anthropic.usage_report_claude_code: " in said
    assert place.warehouse.read_bytes() == before


def test_who_is_not_one_person_is_said(settings: Settings, server: DemoServer) -> None:
    first, second = server.organisation.people[:2]
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            "update marts.dim_people set display_name = ? where email_address = ?",
            [first.name, second.email],
        )
        (bot,) = connection.execute(
            "select github_login from marts.dim_people where person_kind = 'bot'"
            " and github_login is not null limit 1"
        ).fetchone() or ("",)

    with pytest.raises(ConfigurationError, match="leads to 2 people") as ambiguous:
        forget(settings, first.name, dry_run=False, yes=True)
    with pytest.raises(ConfigurationError, match="nobody is known as 'nobody at all'"):
        forget(settings, "nobody at all", dry_run=False, yes=True)
    with pytest.raises(ConfigurationError, match="is no person but a bot"):
        forget(settings, bot, dry_run=False, yes=True)

    assert first.email in str(ambiguous.value)
    assert second.email in str(ambiguous.value)


def test_who_says_no_changes_nothing(place: Place, server: DemoServer) -> None:
    before = place.warehouse.read_bytes()

    # There is nobody to answer.
    refused = place.run("forget", server.organisation.people[1].email)

    assert refused.returncode == 1
    assert place.warehouse.read_bytes() == before


def test_the_history_names_nobody_afterwards(tmp_path: Path) -> None:
    sought = Sought(
        [
            Identity("p", "mail", "ada@example.com", "forgotten-p-1@forgotten.invalid"),
            Identity("p", "name", "ada lovelace", "Forgotten person p"),
        ]
    )
    (tmp_path / "run.log").write_text("failed for Ada@Example.com, not for lada@example.com\n")
    with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
        connection.execute("create table events (id integer, body text, number integer)")
        connection.execute("""insert into events values (1, '{"by": "Ada  Lovelace"}', 7)""")
        connection.execute("insert into events values (2, null, 8)")
        connection.commit()

    assert clean_history(tmp_path, sought) == 2
    assert clean_history(tmp_path, sought) == 0

    assert files_holding(tmp_path, ["ada@example.com.", "ada  lovelace"]) == set()
    log = "failed for forgotten-p-1@forgotten.invalid, not for lada@example.com\n"
    assert (tmp_path / "run.log").read_text() == log
    with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
        assert connection.execute("select * from events").fetchall() == [
            (1, '{"by": "Forgotten person p"}', 7),
            (2, None, 8),
        ]
