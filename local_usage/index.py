"""An index of what was read: a DuckDB file of the user's own, with counts, names and ids.

Transcripts grow at their ends and are swept after a month; what was read once stays here. A file is
known by a keyed hash of its path. Rows are told apart by what they are of, so that reading anything
twice, in any order, gives the same rows.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import filelock
import numpy as np
import pyarrow as pa

from local_usage.errors import IndexProblem
from local_usage.lines import Damage, Piece, read_lines
from local_usage.merging import MERGES
from local_usage.places import Transcript, agent_type, cleanup_days, transcripts
from local_usage.records import KNOWN_TYPES, NAME, STATEMENTS

VERSION = 1
# Bytes handed to the database at a time.
BATCH = 48_000_000
LONGEST_WAIT_SECONDS = 120
_TAIL = 512
_ROWS = 1_024

_TABLES = """
create table about (version integer, salt varchar, made_at timestamp);

create table files (
    file_id integer, path_hash varchar, project_hash varchar, device bigint, inode bigint,
    size bigint, modified_ns bigint, read_to bigint, tail_hash varchar, first_at timestamp,
    agent varchar, line_count bigint, unreadable_count bigint, mended_count bigint,
    not_utf8_count bigint, nul_count bigint, too_long_count bigint, torn_end_count bigint,
    unknown_type_count bigint, synthetic_count bigint, api_error_count bigint,
    without_usage_count bigint, impossible_count bigint, without_id_count bigint,
    response_line_count bigint
);

create table sightings (
    response_key varchar, file_id integer, session_id varchar, first_at timestamp,
    occurred_at timestamp, request_id varchar, model varchar, is_subagent boolean, agent varchar,
    skill varchar,
    mcp_server varchar, client_version varchar, entrypoint varchar, service_tier varchar,
    speed varchar, inference_geo varchar, is_final boolean, is_split_assumed boolean,
    uncached_input_tokens bigint, cache_read_tokens bigint, cache_creation_5m_tokens bigint,
    cache_creation_1h_tokens bigint, output_tokens bigint, web_search_count bigint,
    web_fetch_count bigint
);

create table tool_calls (
    tool_use_id varchar, tool varchar, session_id varchar, file_id integer, occurred_at timestamp,
    is_subagent boolean, byte_count bigint, image_count bigint, has_result boolean
);

create table context_items (
    item_key ubigint, kind varchar, name varchar, file_id integer, occurred_at timestamp,
    byte_count bigint
);

create table compactions (
    uuid varchar, session_id varchar, file_id integer, occurred_at timestamp, trigger varchar,
    tokens_before bigint, tokens_after bigint
);

create table scans (scanned_on date, cleanup_days integer);

create table sent (target varchar, row_key varchar, row_hash varchar);
create table bases (response_key varchar, billing_basis varchar);
"""


@dataclass(frozen=True)
class Scan:
    """What a scan has read: files that are there, files that had news, and their bytes."""

    file_count: int
    read_file_count: int
    read_byte_count: int
    unreadable_file_count: int


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the index as the only program that does, made where there is none, in UTC.

    Raises:
        IndexProblem: it is no index of this version, or another program keeps it open.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = filelock.FileLock(f"{path}.lock", mode=0o600)
    try:
        lock.acquire(timeout=LONGEST_WAIT_SECONDS)
    except filelock.Timeout as error:
        raise IndexProblem(f"{path} is in use by another claude-usage local") from error
    before = os.umask(0o077)
    try:
        with _connect(path) as connection:
            _set_up(connection)
            _check(connection, path)
            yield connection
    finally:
        os.umask(before)
        lock.release()


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), config={"autoinstall_known_extensions": False})
    except duckdb.Error as error:
        raise IndexProblem(
            f"{path} cannot be opened: {str(error).splitlines()[0]}. Move it away to read all"
            " transcripts anew; what has been swept since is lost with it"
        ) from error


def _set_up(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    # Lines hold prompts: none of them is written to a disk.
    connection.execute("set temp_directory = ''")


def _check(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    there = connection.execute(
        "select count(*) from duckdb_tables() where table_name = 'about' and not temporary"
    ).fetchone()
    if there == (0,):
        connection.execute("begin")
        connection.execute(_TABLES)
        connection.execute(
            "insert into about values (?, ?, ?)", [VERSION, secrets.token_hex(16), _now()]
        )
        connection.execute("commit")
    (version,) = connection.execute("select version from about").fetchone() or (None,)
    if version != VERSION:
        raise IndexProblem(
            f"{path} is of another version of claude-usage: move it away, or use that version"
        )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass
class _News:
    """What there is to read of one file."""

    transcript: Transcript
    file_id: int
    start: int
    damage: Damage = field(default_factory=Damage)
    read_to: int = 0
    line_count: int = 0
    is_begun: bool = False


def scan(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> Scan:
    """Bring the index up to date: read what was appended, and whole what was written anew.

    A batch of files is one transaction. A file that cannot be read costs itself, and is counted.
    """
    (salt,) = connection.execute("select salt from about").fetchone() or ("",)
    there = transcripts(folders)
    news = _changed(connection, there, salt)
    read, failed = 0, 0
    batch: list[tuple[_News, Piece]] = []
    done: list[_News] = []
    waiting = 0
    for one in news:
        try:
            for piece in read_lines(
                one.transcript.path, one.start, one.transcript.size, one.damage
            ):
                batch.append((one, piece))
                one.read_to = piece.end
                waiting += piece.byte_count
                read += piece.byte_count
                if waiting >= BATCH:
                    _store(connection, batch, [], salt)
                    batch, waiting = [], 0
        except OSError:
            failed += 1
            continue
        done.append(one)
        if waiting >= BATCH / 2 or len(done) >= 500:
            _store(connection, batch, done, salt)
            batch, done, waiting = [], [], 0
    _store(connection, batch, done, salt)
    _note_scan(connection, cleanup_days(folders))
    return Scan(len(there), len(news) - failed, read, failed)


def _note_scan(connection: duckdb.DuckDBPyConnection, days: int) -> None:
    """Note that all there is was read today, and for how long it is kept."""
    today = _now().date()
    found = "select count(*) from scans where scanned_on = ? and cleanup_days = ?"
    if connection.execute(found, [today, days]).fetchone() == (0,):
        connection.execute("insert into scans values (?, ?)", [today, days])


def _keyed(salt: str, data: bytes) -> str:
    return hashlib.blake2b(data, key=salt.encode(), digest_size=16).hexdigest()


def path_hash(salt: str, path: Path | str) -> str:
    """Return what stands for a path, or a project's folder, in the index."""
    return _keyed(salt, os.fsencode(path))


def _changed(
    connection: duckdb.DuckDBPyConnection, there: Sequence[Transcript], salt: str
) -> list[_News]:
    """Return the files that are new, longer or other than when they were read; note new ones."""
    columns = "file_id, path_hash, device, inode, size, modified_ns, read_to, tail_hash"
    rows = connection.execute(f"select {columns} from files").fetchall()
    by_path = {row[1]: row for row in rows}
    by_inode = {(row[2], row[3]): row for row in rows}
    next_id = max((row[0] for row in rows), default=0) + 1
    news: list[_News] = []
    for one in there:
        # A file that is known by its place and as it was is not even named.
        known = by_inode.get((one.device, one.inode))
        if known and known[4] == one.size and known[5] == one.modified_ns:
            continue
        hashed = path_hash(salt, one.path)
        known = by_path.get(hashed) or known
        if known is None:
            file_id, start = next_id, 0
            next_id += 1
            connection.execute(
                "insert into files (file_id, path_hash, project_hash, agent, device, inode,"
                " modified_ns)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                [
                    *(file_id, hashed, path_hash(salt, one.project), _agent(one.path)),
                    *(one.device, one.inode, one.modified_ns),
                ],
            )
        else:
            file_id = known[0]
            start = known[6] or 0
            if start > one.size or _tail(one.path, start, salt) != known[7]:
                start = 0
        news.append(_News(one, file_id, start, read_to=start))
    return news


def _agent(path: Path) -> str | None:
    kind = agent_type(path)
    if kind is None:
        return None
    return kind if re.fullmatch(NAME, kind) and "@" not in kind else "custom"


def _tail(path: Path, end: int, salt: str) -> str | None:
    """Return a keyed hash of what stands before byte ``end``."""
    try:
        with path.open("rb") as file:
            file.seek(max(end - _TAIL, 0))
            return _keyed(salt, file.read(min(end, _TAIL)))
    except OSError:
        return None


def _store(
    connection: duckdb.DuckDBPyConnection,
    batch: Sequence[tuple[_News, Piece]],
    done: Sequence[_News],
    salt: str,
) -> None:
    """Take a batch of lines into the index, and note how far their files are read."""
    begun = {one.file_id: one for one, _ in batch} | {one.file_id: one for one in done}
    if not begun:
        return
    connection.execute("begin")
    try:
        _reset(connection, [one for one in begun.values() if one.start == 0 and not one.is_begun])
        if batch:
            connection.register("lines", _table(batch))
            for statement in STATEMENTS:
                connection.execute(statement)
            _count_lines(connection)
            connection.unregister("lines")
            for statement in MERGES:
                connection.execute(statement)
        finished = {one.file_id for one in done}
        for one in begun.values():
            _note_read(connection, one, salt, is_done=one.file_id in finished)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    for one in begun.values():
        one.is_begun = True


def _table(batch: Sequence[tuple[_News, Piece]]) -> pa.Table:
    tables = []
    for one, piece in batch:
        count = len(piece.lines)
        tables.append(
            pa.table(
                {
                    "file_id": pa.repeat(pa.scalar(one.file_id, pa.int32()), count),
                    "place": pa.array(np.arange(one.line_count, one.line_count + count)),
                    "line": piece.lines,
                }
            )
        )
        one.line_count += count
    # In small batches, so that all cores read.
    return pa.Table.from_batches(pa.concat_tables(tables).to_batches(max_chunksize=_ROWS))


_COUNTS = (
    *("line_count", "unreadable_count", "mended_count", "not_utf8_count", "nul_count"),
    *("too_long_count", "unknown_type_count", "synthetic_count", "api_error_count"),
    *("without_usage_count", "impossible_count", "without_id_count", "response_line_count"),
)


def _reset(connection: duckdb.DuckDBPyConnection, anew: Sequence[_News]) -> None:
    """Begin the counts of files that are read from their beginning; rows stay."""
    zeros = ", ".join(f"{name} = 0" for name in _COUNTS)
    connection.execute(
        f"update files set {zeros}, torn_end_count = 0 where list_contains($ids, file_id)",
        {"ids": [one.file_id for one in anew]},
    )


def _count_lines(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what was found in the lines to the counts of their files."""
    types = ", ".join(f"'{one}'" for one in KNOWN_TYPES)
    skipped = ", ".join(
        f"count(*) filter (skipped_as = '{name}') as {name}_count"
        for name in ("synthetic", "api_error", "without_usage", "impossible", "without_id")
    )
    connection.execute(
        f"""
        create or replace temp table found as
        select
            file_id,
            count(*) as line_count,
            count(*) filter (type not in ({types})) as unknown_type_count,
            count(*) filter (type = 'assistant' and skipped_as is null) as response_line_count,
            min_by(occurred_at, place) filter (occurred_at is not null) as first_at,
            {skipped},
            0 as unreadable_count, 0 as mended_count, 0 as lost_count,
        from records group by file_id
        union all by name
        select
            file_id,
            count(*) filter (not is_blank and mended is null) as line_count,
            count(*) filter (not is_blank and not is_mended) as unreadable_count,
            count(*) filter (is_mended) as mended_count,
        from unreadable group by file_id
        """
    )
    counted = [name for name in _COUNTS if name not in ("not_utf8_count", "nul_count")]
    counted.remove("too_long_count")
    sums = ", ".join(f"{name} = {name} + summed.{name}_new" for name in counted)
    news = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}_new" for name in counted)
    connection.execute(
        f"""
        update files set {sums}, first_at = coalesce(files.first_at, summed.first_at)
        from (select file_id, {news}, min(first_at) as first_at from found group by file_id)
            as summed
        where files.file_id = summed.file_id
        """
    )


def _note_read(
    connection: duckdb.DuckDBPyConnection, one: _News, salt: str, *, is_done: bool
) -> None:
    """Note how far a file is read; one that is not ``is_done`` is gone on with from there."""
    found, damage = one.transcript, one.damage
    connection.execute(
        """
        update files set
            path_hash = $path_hash, device = $device, inode = $inode, size = $size,
            modified_ns = $modified_ns, read_to = $read_to, tail_hash = $tail_hash,
            not_utf8_count = not_utf8_count + $not_utf8, nul_count = nul_count + $with_nul,
            too_long_count = too_long_count + $too_long, torn_end_count = $torn_end
        where file_id = $file_id
        """,
        {
            "path_hash": path_hash(salt, found.path),
            "device": found.device,
            "inode": found.inode,
            "size": found.size if is_done else -1,
            "modified_ns": found.modified_ns,
            "read_to": one.read_to,
            "tail_hash": _tail(found.path, one.read_to, salt),
            "not_utf8": damage.not_utf8,
            "with_nul": damage.with_nul,
            "too_long": damage.too_long,
            "torn_end": damage.torn_end,
            "file_id": one.file_id,
        },
    )
    one.damage = Damage()


def project_names(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> dict[str, str]:
    """Return the names of the projects' folders that are there now, by their hash in the index.

    Names are read from the disk each time: none is stored.
    """
    (salt,) = connection.execute("select salt from about").fetchone() or ("",)
    names = {
        one.name
        for folder in folders
        for one in (folder / "projects").iterdir()
        if one.is_dir() or one.suffix == ".jsonl"
    }
    return {path_hash(salt, name): name for name in sorted(names)}
