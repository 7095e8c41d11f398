"""`claude-usage forget PERSON`: take a person out of everything stored, and keep the figures."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import typer

from claude_usage.console import complain, out, say
from claude_usage.headless import dagster_home, opened
from claude_usage.people import candidates, identities
from claude_usage.texts import Sought, clean_history, lines_naming
from ingestion import warehouse
from ingestion.errors import ConfigurationError
from ingestion.forgetting import register, rules, tables
from ingestion.forgetting.identities import MAIL_DOMAIN, Identity, shown_name
from ingestion.settings import Settings


@dataclass(frozen=True)
class _Plan:
    """Whom to forget, by which identities; ``is_noted`` by a command that did not end."""

    person: str
    identities: list[Identity]
    is_noted: bool


def forget(settings: Settings, given: str, *, dry_run: bool, yes: bool) -> int:
    """Forget the person that ``given`` leads to; return the exit code.

    Each step may be killed: the same command goes on where that one stopped. First the person is
    noted, so that no load brings them back; then the history and the warehouse are written anew;
    then the marts are built from that and published.
    """
    path = settings.warehouse_path
    if not path.is_file():
        raise ConfigurationError(f"there is no warehouse at {path}: nobody is stored")
    with warehouse.writing(path):
        with warehouse.connect(path) as connection:
            plan = _plan(connection, settings, given)
            if plan is None:
                out.print(f"{given} is forgotten already", soft_wrap=True, markup=False)
                return 0
            _show(connection, settings, plan)
            if dry_run:
                return 0
            if not (yes or typer.confirm("This cannot be undone. Go on?")):
                return 1
            if not plan.is_noted:
                register.note(connection, plan.identities)
        if lines := _seed_lines(settings, plan):
            _refuse(lines, plan)
            return 2
        clean_history(dagster_home(settings), Sought(plan.identities))
        tables.rewrite(path, plan.identities)
        # Made again from the answers when the checks run.
        path.with_suffix(".sums.duckdb").unlink(missing_ok=True)
    return _publish(settings, plan)


def _plan(connection: duckdb.DuckDBPyConnection, settings: Settings, given: str) -> _Plan | None:
    """Return what to do, or None where it is done.

    Raises:
        ConfigurationError: nobody, several people or no person is known by ``given``.
    """
    noted = register.find(connection, given)
    for one in noted:
        if not one.is_done:
            left = tables.identities_left(connection, _seed_texts(settings))
            return _Plan(one.person, left, is_noted=True)
    found = candidates(connection, given) if _has_marts(connection) else []
    if not found and noted:
        return None
    if not found:
        raise ConfigurationError(
            f"nobody is known as {given!r}: give an address, a login, a person_key or a name as in"
            " marts.dim_people, after `claude-usage publish` has built it"
        )
    if len(found) > 1:
        shown = "".join(f"\n  {one.shown}" for one in found)
        raise ConfigurationError(
            f"{given!r} leads to {len(found)} people, name one by address or person_key:{shown}"
        )
    (person,) = found
    if MAIL_DOMAIN in person.shown:
        return None
    if person.person_kind in ("bot", "service"):
        raise ConfigurationError(f"{given!r} is no person but a {person.person_kind}")
    proposed = register.propose(connection, identities(connection, person.person_key))
    return _Plan(proposed[0].person, proposed, is_noted=False)


def _has_marts(connection: duckdb.DuckDBPyConnection) -> bool:
    built = connection.execute(
        "select count(*) from duckdb_tables() where database_name = current_database()"
        " and (schema_name, table_name) in"
        " (('marts', 'dim_people'), ('intermediate', 'int_identities_resolved'))"
    ).fetchone()
    return built == (2,)


def _show(connection: duckdb.DuckDBPyConnection, settings: Settings, plan: _Plan) -> None:
    """Print what is going to be changed: rows by table, the lines of seeds, the files."""
    rules.use(connection, plan.identities)
    out.print(f"In the place of the person will stand: {shown_name(plan.person)}")
    for table, count in tables.count(connection).items():
        out.print(f"  {table}: {count:,} rows", markup=False)
    for line in _seed_lines(settings, plan):
        out.print(f"  {line}: to be changed by you", soft_wrap=True, markup=False)
    out.print("  the marts: built anew", markup=False)
    out.print(f"  {settings.publish_path}: published anew", soft_wrap=True, markup=False)


def _seed_lines(settings: Settings, plan: _Plan) -> list[str]:
    return lines_naming(settings.seeds_folder, Sought(plan.identities))


def _seed_texts(settings: Settings) -> list[str]:
    folder = settings.seeds_folder
    if folder is None or not list(folder.glob("*.csv")):
        return []
    pattern = f"{folder}/*.csv".replace("'", "''")
    return [f"select content as text from read_text('{pattern}')"]


def _refuse(lines: list[str], plan: _Plan) -> None:
    for line in lines:
        complain(f"{line} names the person")
    mail = next((one.replacement for one in plan.identities if one.kind == "mail"), None)
    instead = f", or write {mail} in the place of the address," if mail else ""
    say(
        f"The person is noted, so that no load brings more of them; nothing else is changed yet."
        f" Delete these lines{instead} and give the command again."
    )


def _publish(settings: Settings, plan: _Plan) -> int:
    """Build and publish what is left, which replaces the last file that names the person."""
    with opened(settings) as headless:
        outcome = headless.run("build_marts", "building, checking and publishing the marts")
    if not outcome.success:
        for line in outcome.failures:
            complain(line)
        say(
            f"The warehouse names the person no more; {settings.publish_path} still does. Mend what"
            " failed and give the command again."
        )
        return 1
    path = settings.warehouse_path
    with warehouse.writing(path), warehouse.connect(path) as connection:
        register.finish(connection, plan.person)
    out.print(
        f"Forgotten. The figures stand under {shown_name(plan.person)}. Copies elsewhere are yours"
        " to delete: see docs/security.md.",
        soft_wrap=True,
    )
    return 0
