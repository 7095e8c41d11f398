"""The published copy of the marts: one DuckDB file, replaced whole, open to any reader."""

from __future__ import annotations

from publishing.declared import Declared, declared_tables
from publishing.duckdb_file import (
    STORAGE_VERSION,
    PublishedFile,
    PublishError,
    check_paths,
    publish,
)
from publishing.first_day import first_report_day
from publishing.privacy import Privacy, PrivacyError

__all__ = [
    "STORAGE_VERSION",
    "Declared",
    "Privacy",
    "PrivacyError",
    "PublishError",
    "PublishedFile",
    "check_paths",
    "declared_tables",
    "first_report_day",
    "publish",
]
