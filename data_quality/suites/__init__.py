"""All suites: one per mart, each opening with a row count."""

from __future__ import annotations

from data_quality.checks import CheckSpec, Suite
from data_quality.suites import (
    answers,
    claude_code,
    completeness,
    context,
    contributions,
    directories,
    gateways,
    outcomes,
    reports,
    telemetry,
    transcripts,
)

SUITES: tuple[Suite, ...] = (
    *completeness.SUITES,
    *claude_code.SUITES,
    *reports.SUITES,
    *gateways.SUITES,
    *transcripts.SUITES,
    *contributions.SUITES,
    *outcomes.SUITES,
    *answers.SUITES,
    *directories.SUITES,
    *telemetry.SUITES,
    *context.SUITES,
)


def suite_of(table: str) -> Suite:
    """Return the suite of one mart. Raises ``KeyError`` when it has none."""
    return {suite.table: suite for suite in SUITES}[table]


def all_checks() -> list[CheckSpec]:
    """Return what is known of every check without a warehouse and without importing GX."""
    return [
        CheckSpec(check.name, suite.table, check.blocking, check.description)
        for suite in SUITES
        for check in suite.checks
    ]
