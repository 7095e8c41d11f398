"""What a check is, as plain values: nothing here needs Great Expectations or a warehouse.

Belongs here: the kinds of checks, suites of them, and the result of one. Does not belong here:
which checks there are (``suites``) and how one is carried out (``runner``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warn"]
MetadataValue = str | int | float | bool | list[str]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must hold.

    ``name`` says it in present tense. A ``blocking`` check keeps the marts from being published;
    another one asks a person to look.
    """

    name: str
    description: str
    blocking: bool = True

    @property
    def severity(self) -> Severity:
        return "error" if self.blocking else "warn"

    def sql(self) -> str:
        """Return the SQL text this check brings along, empty when it has none."""
        return ""


@dataclass(frozen=True, kw_only=True)
class ExpectationCheck(Check):
    """One of GX's own expectations, on the table of the suite.

    ``arguments`` are the expectation's own. ``arguments_sql`` adds those that depend on the
    warehouse: a query of one row whose columns are named like the arguments.
    """

    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    arguments_sql: str = ""

    def sql(self) -> str:
        return self.arguments_sql


@dataclass(frozen=True, kw_only=True)
class RowsCheck(Check):
    """A query that returns each row looked at, with a boolean column ``holds``.

    Rows for which ``holds`` is false or null are unexpected. The other columns are shown as
    examples: keys and numbers, never mail addresses or texts people wrote.
    """

    rows: str

    def sql(self) -> str:
        return self.rows


@dataclass(frozen=True)
class Suite:
    """The checks of one mart; ``keys`` are the columns that name a failing row."""

    table: str
    checks: tuple[Check, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckSpec:
    """What can be known of a check without running it."""

    name: str
    table: str
    blocking: bool
    description: str

    @property
    def severity(self) -> Severity:
        return "error" if self.blocking else "warn"


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    ``metadata`` holds ``rows_looked_at``, ``rows_failing`` and, where there is one,
    ``observed_value``, ``expected`` and ``examples`` (at most five). No mail addresses.
    """

    table: str
    name: str
    passed: bool
    severity: Severity
    blocking: bool
    metadata: Mapping[str, MetadataValue]
