"""What the published file says of how far back the reports reach."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import duckdb

log = logging.getLogger(__name__)

# Windows of reports are days; those of repositories and directories have other keys.
FIRST_DAY = """
select min(window_started_at)::date
from marts.data_completeness
where regexp_full_match(window_key, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
"""


def first_report_day(path: Path) -> date | None:
    """Return the first day of any report in the published file, None where it tells none."""
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            day: date | None = connection.execute(FIRST_DAY).fetchall()[0][0]
    except duckdb.Error as error:
        log.warning("%s does not tell how far back it reaches: %s", path, error)
        return None
    return day
