"""What dbt's connection has beside SQL: marked lines, the folder of seeds, the salt of hashes."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path

import duckdb
import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb.func import PythonUDFType
from duckdb.sqltypes import VARCHAR

from attribution import own_words

LINE = [
    pa.field("line_number", pa.int64()),
    pa.field("line_text", pa.string()),
    pa.field("is_listed", pa.bool_()),
]


class Plugin(BasePlugin):
    """Named in `profiles.yml`, so that dbt run by hand has the functions too."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        conn.create_function(
            "own_lines",
            _own_lines,
            [VARCHAR, "BOOLEAN"],
            "STRUCT(line_number BIGINT, line_text VARCHAR, is_listed BOOLEAN)[]",
            type=PythonUDFType.ARROW,
        )
        # Part of what a table of marked lines was made with: other code makes it anew.
        conn.create_function("own_lines_version", _version, [], VARCHAR)
        conn.create_function("seeds_path", _seeds_path, [], VARCHAR)
        # By a function, so that it stands in no compiled SQL.
        conn.create_function("identity_salt", _identity_salt, [], VARCHAR, null_handling="special")


def _own_lines(texts: pa.ChunkedArray, is_markdown: pa.ChunkedArray) -> pa.Array:
    """Read the texts of a vector, at most 2,048, each distinct one once."""
    pairs = list(zip(texts.to_pylist(), is_markdown.to_pylist(), strict=True))
    read = {pair: own_words.own_lines(*pair) for pair in set(pairs)}
    lines = [line for pair in pairs for line in read[pair]]
    columns = zip(*lines, strict=True) if lines else ((), (), ())
    structs = pa.StructArray.from_arrays(
        [pa.array(column, type=field.type) for column, field in zip(columns, LINE, strict=True)],
        fields=LINE,
    )
    ends = accumulate((len(read[pair]) for pair in pairs), initial=0)
    return pa.ListArray.from_arrays(pa.array(ends, type=pa.int32()), structs)


def _seeds_path() -> str:
    return os.environ.get("SEEDS_PATH", "")


def _identity_salt() -> str | None:
    return os.environ.get("IDENTITY_SALT") or None


def _version() -> str:
    code = Path(own_words.__file__).read_bytes() + version("markdown-it-py").encode()
    return hashlib.sha256(code).hexdigest()[:16]
