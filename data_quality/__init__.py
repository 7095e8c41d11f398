"""Great Expectations suites over the marts, and the runner that judges a warehouse by them."""

from __future__ import annotations

from data_quality.broken_rules import broken_rules
from data_quality.checks import CheckResult, CheckSpec, Suite
from data_quality.errors import CheckError
from data_quality.kept_results import KeptResult, forget_results, keep_results, kept
from data_quality.runner import import_meanwhile, run_suite, run_suites
from data_quality.suites import SUITES, all_checks, suite_of

__all__ = [
    "SUITES",
    "CheckError",
    "CheckResult",
    "CheckSpec",
    "KeptResult",
    "Suite",
    "all_checks",
    "broken_rules",
    "forget_results",
    "import_meanwhile",
    "keep_results",
    "kept",
    "run_suite",
    "run_suites",
    "suite_of",
]
