"""Blocks of five hours, as Claude's limits have them.

A block begins at the full hour (UTC) of the first response after the one before has ended; it ends
five hours later. ccusage has the same rule.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

HOUR = 3_600 * 10**6
LENGTH = 5 * HOUR


def block_starts(times: np.ndarray) -> np.ndarray:
    """Return for each time the start of its block; both in microseconds, times in order."""
    starts = np.empty_like(times)
    place = 0
    while place < len(times):
        start = times[place] // HOUR * HOUR
        # What comes five hours after the start to the microsecond is still in it.
        end = int(np.searchsorted(times, start + LENGTH, "right"))
        starts[place:end] = start
        place = end
    return starts


def make_blocks(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the temporary table `blocks`: the block of each response of `priced`."""
    found = connection.execute(
        "select response_key, epoch_us(first_at) as us from priced order by first_at, response_key"
    ).to_arrow_table()
    times = found["us"].to_numpy().astype(np.int64)
    placed = pa.table(
        {
            "response_key": found["response_key"],
            "started_at": pa.array(block_starts(times), pa.timestamp("us")),
        }
    )
    connection.register("placed_in_blocks", placed)
    connection.execute("create or replace temp table blocks as from placed_in_blocks")
    connection.unregister("placed_in_blocks")
