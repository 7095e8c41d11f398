"""The published copy of the marts: one DuckDB file, replaced whole, open to any reader."""

from __future__ import annotations

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
    "Privacy",
    "PrivacyError",
    "PublishError",
    "PublishedFile",
    "check_paths",
    "first_report_day",
    "publish",
]
