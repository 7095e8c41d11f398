"""Sums of stored answers that are worked out once for each reading of them, and then kept.

Answers are parsed when they are new; what was summed of the others stands in tables of the attached
database `kept`. They hold nothing that the answers do not say: whoever deletes them has them made
again. As in staging, who changes a body without a new reading is not heard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

DATABASE = "kept"


@dataclass(frozen=True)
class Sums:
    """Sums of a raw table, by pieces that are read and replaced as one.

    ``query`` is of `piece` and the sums, from `new_rows`, which are rows of ``table`` with their
    ``piece``. ``wanted`` says which rows of the table; ``also`` is an aggregate that tells what can
    change of a piece without a new reading.
    """

    table: str
    query: str
    piece: str = "window_key"
    wanted: str = "true"
    also: str = "0"


def statements(name: str, parts: Mapping[str, Sums], made_by: str | None) -> Iterator[str]:
    """Yield the SQL that brings the kept table ``name`` in line with what is stored.

    Each piece is known by its endpoint, the key of ``parts``, and by its reading. ``made_by`` is
    the comment of the table that is there: one that other queries made is started anew.
    """
    table = f"{DATABASE}.{name}"
    code = hashlib.md5(repr(parts).encode(), usedforsecurity=False).hexdigest()
    if made_by != code:
        yield f"drop table if exists {table}"
    yield "create or replace temp table readings as " + " union all ".join(
        f"select '{endpoint}' as endpoint, {one.piece} as piece,"
        f" concat_ws('|', count(*), max(fetched_at), max(run_id), {one.also}) as reading"
        f" from {one.table} where {one.wanted} group by all"
        for endpoint, one in parts.items()
    )
    if made_by != code:
        yield "create or replace temp table unread as from readings limit 0"
        endpoint, one = next(iter(parts.items()))
        yield _new_rows(endpoint, one)
        yield f"create table {table} as {_sums(endpoint, one)}"
        yield f"comment on table {table} is '{code}'"
    known = f"select endpoint, piece, reading from {table}"
    yield (
        f"delete from {table} where not exists (select 1 from readings where"
        f" (readings.endpoint, readings.piece, readings.reading)"
        f" = ({name}.endpoint, {name}.piece, {name}.reading))"
    )
    yield f"create or replace temp table unread as from readings except all ({known})"
    for endpoint, one in parts.items():
        yield _new_rows(endpoint, one)
        yield f"insert into {table} by name {_sums(endpoint, one)}"


def _new_rows(endpoint: str, one: Sums) -> str:
    return (
        f"create or replace temp view new_rows as select *, {one.piece} as piece from {one.table}"
        f" where {one.piece} in (select piece from unread where endpoint = '{endpoint}')"
    )


def _sums(endpoint: str, one: Sums) -> str:
    return (
        f"select '{endpoint}' as endpoint, unread.reading, sums.* from ({one.query}) as sums"
        f" join unread on unread.endpoint = '{endpoint}' and unread.piece = sums.piece"
    )
