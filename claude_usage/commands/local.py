"""`claude-usage local`: what transcripts on this machine tell, and their export."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import msgspec
from pydantic import ValidationError
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from claude_usage.console import out, say
from claude_usage.settings import SEEDS
from ingestion.errors import ConfigurationError
from ingestion.network import unencrypted_way
from ingestion.settings import Settings
from local_usage import By, index, places, report
from local_usage.delivery import to_folder, to_url
from local_usage.errors import WrongChoice
from local_usage.export import prepare, sender, target_name
from local_usage.views import Chosen, make_views

PRICES = SEEDS / "prices" / "list_prices.csv"
# Rows of an overview's table; --by shows all.
_MOST_ROWS = 12


def show(
    since: date | None, until: date | None, *, by: By | None, format_: str, time_zone: str | None
) -> int:
    """Print the overview, or a table ``by`` something; return 0."""
    if since and until and until < since:
        raise ConfigurationError(f"--until {until} is before --since {since}")
    settings = _settings()
    with _read(settings) as (connection, folders):
        chosen = Chosen(_zone(connection, time_zone), since, until)
        make_views(connection, chosen, PRICES, index.project_names(connection, folders))
        if by is None:
            tables = report.overview(connection, chosen)
        else:
            tables = [report.table_by(connection, chosen, by)]
        notes = report.notes(connection)
    if format_ == "json":
        _print_json(tables, chosen, notes, is_overview=by is None)
    elif format_ == "csv":
        _print_csv(tables)
    else:
        _print_tables(tables, chosen, is_overview=by is None)
    if format_ != "json":
        for line in notes:
            say(f"note: {line}")
    return 0


def export(to: str, *, email: str | None, anew: bool) -> int:
    """Hand counts on to a folder or a receiver; return 0."""
    settings = _settings()
    if settings.identity_salt is None:
        raise ConfigurationError(
            "IDENTITY_SALT is not set: it hashes whose machine this is. Whoever runs the pipeline"
            " gives you the one of your organisation"
        )
    is_url = urlsplit(to).scheme in ("http", "https")
    if is_url:
        _check_url(settings, to)
    address = email or (settings.local_email and settings.local_email.get_secret_value())
    if not address:
        say("LOCAL_EMAIL is not set: these figures will be nobody's")
    who = sender(
        _folder(settings),
        settings.identity_salt.get_secret_value(),
        email=address or None,
        billing_basis=settings.local_billing_basis,
        has_projects=settings.local_projects in ("on", "true", "yes", "1"),
    )
    with _read(settings) as (connection, _):
        folder = Path(to).expanduser()
        target = target_name(_folder(settings), to if is_url else str(folder.absolute()))
        count = prepare(connection, who, target, anew=anew)
        if not count:
            out.print("Nothing is new since the last export there.")
        elif is_url:
            token = settings.local_token.get_secret_value() if settings.local_token else None
            requests = to_url(connection, to, token, target)
            out.print(f"{count:,} lines sent in {requests:,} requests.")
        else:
            path = to_folder(connection, who, folder, target)
            out.print(f"{count:,} lines in {path}", soft_wrap=True, markup=False)
    return 0


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        one = error.errors()[0]
        name, problem = str(one["loc"][0]).upper(), one["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{name}: {problem}") from None


def _folder(settings: Settings) -> Path:
    return settings.local_folder.expanduser()


@contextmanager
def _read(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Sequence[Path]]]:
    """Open the index, brought up to date, with the folders that were read."""
    folders = places.roots(settings.claude_config_dir, Path.home())
    with index.opened(_folder(settings) / "local.duckdb") as connection:
        if not folders:
            say("no transcripts: there is no projects folder in ~/.claude (or CLAUDE_CONFIG_DIR)")
        found = index.scan(connection, folders)
        if found.unreadable_file_count:
            say(f"{found.unreadable_file_count:,} files cannot be read and were left out")
        yield connection, folders


def _zone(connection: duckdb.DuckDBPyConnection, asked: str | None) -> str:
    if asked is None:
        (found,) = connection.execute(
            "select value from duckdb_settings() where name = 'TimeZone'"
        ).fetchone() or ("UTC",)
        # The index is opened in UTC; a fresh connection has the machine's own zone.
        with duckdb.connect() as fresh:
            (found,) = fresh.execute("select current_setting('TimeZone')").fetchone() or (found,)
        return str(found)
    known = connection.execute(
        "select name from pg_timezone_names() where lower(name) = lower($asked)", {"asked": asked}
    ).fetchone()
    if known is None:
        raise WrongChoice(f"{asked!r} is no time zone: write it as Europe/Berlin or UTC")
    return str(known[0])


def _check_url(settings: Settings, url: str) -> None:
    parts = urlsplit(url)
    if parts.username or parts.query or parts.fragment or not parts.hostname:
        raise ConfigurationError("--to takes an address without a user name or a query in it")
    way = None if settings.allow_plain_http else unencrypted_way(url)
    if parts.scheme == "http" and way:
        raise ConfigurationError(
            f"--to: LOCAL_TOKEN would go to {way} in the clear. Use https://, or set"
            " ALLOW_PLAIN_HTTP=1 where the network is trusted"
        )


def _print_json(
    tables: Sequence[report.Table], chosen: Chosen, notes: Sequence[str], *, is_overview: bool
) -> None:
    answer: dict[str, object] = {
        "time_zone": chosen.time_zone,
        "since": chosen.since,
        "until": chosen.until,
    }
    if is_overview:
        for one in tables:
            key = one.title.replace(" ", "_")
            answer[key] = one.records()[0] if key == "totals" else one.records()
    else:
        answer["rows"] = tables[0].records()
    answer["notes"] = notes
    encoder = msgspec.json.Encoder(decimal_format="number")
    print(msgspec.json.format(encoder.encode(answer), indent=2).decode())


def _print_csv(tables: Sequence[report.Table]) -> None:
    """Print one table; of an overview its totals."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(tables[0].columns)
    writer.writerows([_plain(value) for value in row] for row in tables[0].rows)


def _print_tables(tables: Sequence[report.Table], chosen: Chosen, *, is_overview: bool) -> None:
    days = f"{chosen.since or 'the first day'} to {chosen.until or 'now'}"
    out.print(f"Claude Code on this machine, {days}. Times are {chosen.time_zone}.")
    out.print("List price in US dollars, an estimate: no bill, and no subscription's fee.")
    for one in tables:
        if is_overview and one.title == "totals":
            _print_totals(one)
            continue
        _print_table(one, _MOST_ROWS if is_overview else len(one.rows), has_title=is_overview)


def _print_totals(one: report.Table) -> None:
    table = Table(box=SIMPLE, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in one.records()[0].items():
        table.add_row(_words(name), _shown(name, value))
    out.print(table)


def _print_table(one: report.Table, most: int, *, has_title: bool) -> None:
    if not one.rows:
        return
    title = f"{one.title[0].upper()}{one.title[1:]}" if has_title else None
    table = Table(title=title, title_justify="left", box=SIMPLE)
    kept = [place for place, name in enumerate(one.columns) if not _is_empty(one, place, name)]
    for place in kept:
        values = [row[place] for row in one.rows]
        is_number = any(isinstance(value, int | float | Decimal) for value in values)
        table.add_column(
            Text(_words(one.columns[place])),
            justify="right" if is_number else "left",
            overflow="fold",
        )
    for row in one.rows[:most]:
        table.add_row(*(Text(_shown(one.columns[place], row[place])) for place in kept))
    out.print(table)
    if len(one.rows) > most:
        out.print(f"and {len(one.rows) - most:,} more")


def _is_empty(one: report.Table, place: int, name: str) -> bool:
    """Return whether a count is 0 in all rows and tells of something that is rare."""
    is_rare = name in ("web_search_count", "unpriced_response_count", "image_count")
    return is_rare and not any(row[place] for row in one.rows)


_WORDS = {
    "uncached_input_tokens": "uncached input",
    "cache_read_tokens": "cache read",
    "cache_creation_5m_tokens": "cache write 5m",
    "cache_creation_1h_tokens": "cache write 1h",
    "output_tokens": "output",
    "list_cost_usd": "list price USD",
    "cache_read_share": "input read from cache",
}


def _words(name: str) -> str:
    return _WORDS.get(name, name.removesuffix("_count").replace("_", " "))


def _shown(name: str, value: object) -> str:
    if value is None:
        return "–"
    if name == "cache_read_share" and isinstance(value, float):
        return f"{100 * value:.1f} %"
    if isinstance(value, Decimal):
        return f"{value:,.4f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) and name != "hour" else str(value)


def _plain(value: object) -> object:
    """Return a value for a program: decimals with all the places they need, times as ISO text."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date | datetime) else value
