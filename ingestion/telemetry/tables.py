"""The raw tables of telemetry: rows that may be kept, each once, and the files they were in."""

from __future__ import annotations

from ingestion.raw import RawTable
from ingestion.telemetry import rows

SOURCE = "telemetry"

EVENTS = RawTable(
    SOURCE,
    "events",
    rows.EVENTS,
    ("row_key",),
    ("row_key",),
    "One row per event of Claude Code as it may be kept; one that was sent again is the same row.",
)
POINTS = RawTable(
    SOURCE,
    "points",
    rows.POINTS,
    ("row_key",),
    ("row_key",),
    "One row per point of a metric of Claude Code as it may be kept.",
)
FILES = RawTable(
    SOURCE,
    "files",
    rows.FILES,
    ("file_key",),
    ("file_key",),
    "One row per file that was read, with how many of its lines could not be.",
)
TABLES = (EVENTS, POINTS, FILES)
