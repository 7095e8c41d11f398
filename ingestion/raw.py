"""The shape of the raw tables: Arrow schemas, merge keys, and tables that always exist.

Bodies are text exactly as answered. Types are declared so that an empty load has its columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")

PROVENANCE_FIELDS = [
    pa.field("request_id", pa.string()),
    pa.field("api_version", pa.string()),
    pa.field("fetched_at", INSTANT),
    pa.field("run_id", pa.string()),
]

# Where a row came from, which says nothing of what it is.
PROVENANCE = tuple(field.name for field in PROVENANCE_FIELDS)

PAGES = pa.schema(
    [
        pa.field("window_key", pa.string(), nullable=False),
        pa.field("window_start", INSTANT),
        pa.field("window_end", INSTANT),
        pa.field("page_number", pa.int64()),
        pa.field("is_last_page", pa.bool_()),
        # A long page or bucket of a report is stored a record a row, byte for byte: how many of
        # its records stand in rows before this one. Null means none.
        pa.field("records_before", pa.int64()),
        pa.field("record_count", pa.int64()),
        pa.field("byte_count", pa.int64()),
        pa.field("body", pa.string()),
        pa.field("request_path", pa.string()),
        pa.field("request_query", pa.string()),
        # Up to when the answer's figures are whole, where the API says so.
        pa.field("data_refreshed_at", INSTANT),
        *PROVENANCE_FIELDS,
    ]
)

RECORD_REVISIONS = pa.schema(
    [
        pa.field("endpoint", pa.string(), nullable=False),
        pa.field("window_key", pa.string(), nullable=False),
        # `removed`: in the reading before, not in the one after; `added`: the other way round.
        pa.field("change", pa.string()),
        pa.field("record", pa.string()),
        pa.field("record_count", pa.int64()),
        pa.field("read_at", INSTANT),
        pa.field("revised_at", INSTANT),
        pa.field("run_id", pa.string()),
    ]
)

ENTITY_VERSIONS = pa.schema(
    [
        pa.field("directory", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),
        pa.field("entity_id", pa.string(), nullable=False),
        pa.field("body", pa.string()),
        # Half-open, null while current: from the reading that first showed it so to the one
        # that first did not.
        pa.field("valid_from", INSTANT),
        pa.field("valid_to", INSTANT),
        pa.field("run_id", pa.string()),
    ]
)

LEDGER = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("endpoint", pa.string()),
        pa.field("window_key", pa.string(), nullable=False),
        pa.field("window_start", INSTANT),
        pa.field("window_end", INSTANT),
        pa.field("status", pa.string()),
        pa.field("page_count", pa.int64()),
        pa.field("record_count", pa.int64()),
        pa.field("byte_count", pa.int64()),
        pa.field("first_fetched_at", INSTANT),
        pa.field("last_fetched_at", INSTANT),
        pa.field("api_version", pa.string()),
        pa.field("run_id", pa.string()),
        pa.field("high_water_mark", pa.string()),
        pa.field("error", pa.string()),
        # When a complete window was last found changed by its source, and how often.
        pa.field("revised_at", INSTANT),
        pa.field("revision_count", pa.int64()),
        # When a window was first read whole: before that, its figures were those of a part.
        pa.field("first_complete_at", INSTANT),
    ]
)

# Items of a repository that could not be read whole; each run tries them again.
UNREAD_ITEMS = pa.schema(
    [
        pa.field("endpoint", pa.string(), nullable=False),
        pa.field("window_key", pa.string(), nullable=False),
        # A pull request's number or a commit's sha.
        pa.field("item_key", pa.string(), nullable=False),
        # `everything` where nothing of it is stored, else the parts that are null in its row.
        pa.field("missing", pa.list_(pa.string())),
        pa.field("problem", pa.string()),
        pa.field("first_failed_at", INSTANT),
        pa.field("last_failed_at", INSTANT),
        pa.field("run_id", pa.string()),
    ]
)

# Rows of one key that came, or were stored, more than once: one was kept.
DUPLICATE_ROWS = pa.schema(
    [
        pa.field("endpoint", pa.string(), nullable=False),
        pa.field("window_key", pa.string(), nullable=False),
        # The columns of the row's key, as a JSON object.
        pa.field("row_key", pa.string(), nullable=False),
        # How many rows were left out, and whether any differed from the one kept.
        pa.field("row_count", pa.int64()),
        pa.field("is_different", pa.bool_()),
        pa.field("noted_at", INSTANT),
        pa.field("run_id", pa.string()),
    ]
)

LEDGER_TABLE = "completeness_ledger"
RECORD_REVISIONS_TABLE = "record_revisions"
ENTITY_VERSIONS_TABLE = "entity_versions"
UNREAD_ITEMS_TABLE = "unread_items"
DUPLICATE_ROWS_TABLE = "duplicate_rows"


@dataclass(frozen=True)
class RawTable:
    """A raw table, the key whose rows a load replaces whole, and the key of one row.

    ``description`` begins with what one row is. ``records``: where a body of a report or a
    directory has its records; null where it is one itself.
    """

    source: str
    name: str
    schema: pa.Schema
    merge_key: tuple[str, ...]
    row_key: tuple[str, ...]
    description: str
    records: str | None = "data"

    @property
    def qualified_name(self) -> str:
        return f"raw_{self.source}.{self.name}"

    def kept(self, name: str) -> str:
        """Return the qualified name of a table that loads keep beside this one."""
        return f"raw_{self.source}.{name}"


def pages(source: str, name: str, description: str, records: str | None = "data") -> RawTable:
    """Return a table of pages, replaced by window."""
    row_key = ("window_key", "page_number", "records_before")
    return RawTable(source, name, PAGES, ("window_key",), row_key, description, records)


@dataclass(frozen=True)
class KeptTable:
    """A table that each load writes beside its answers, in the transaction that brings them in."""

    name: str
    schema: pa.Schema
    description: str


KEPT_LEDGER = KeptTable(
    LEDGER_TABLE, LEDGER, "One row per endpoint and window, derived from the rows that are stored."
)
KEPT_ENTITY_VERSIONS = KeptTable(
    ENTITY_VERSIONS_TABLE,
    ENTITY_VERSIONS,
    "One row per version of an entity of a directory, with when it held.",
)
KEPT_RECORD_REVISIONS = KeptTable(
    RECORD_REVISIONS_TABLE,
    RECORD_REVISIONS,
    "One row per distinct record that a second reading of a complete window took away or brought.",
)
KEPT_UNREAD_ITEMS = KeptTable(
    UNREAD_ITEMS_TABLE,
    UNREAD_ITEMS,
    "One row per item that could not be read whole: what is missing, and why. Each load tries it"
    " again.",
)
KEPT_DUPLICATE_ROWS = KeptTable(
    DUPLICATE_ROWS_TABLE,
    DUPLICATE_ROWS,
    "One row per key of a raw table of which more than one row came, and when: one row is stored.",
)
