"""Values as people read them. Null is a dash and never a zero."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from dashboard.model import Unit

DASH = "–"
_LEVELS = {
    **dict.fromkeys(("critical", "exhausted", "forecast over", "failed", "error"), "bad"),
    **dict.fromkeys(("warning", "at risk", "partial", "missing", "warn"), "warn"),
    **dict.fromkeys(("within", "complete", "passed"), "good"),
}


def shown(value: object, unit: Unit) -> str:
    """Return a value in its unit, short enough for a figure or a cell."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m}" if unit == "month" else value.isoformat()
    if isinstance(value, int | float | Decimal):
        return _number(Decimal(str(value)), unit)
    return str(value)


def _number(value: Decimal, unit: Unit) -> str:
    sign = "-" if value < 0 else ""
    if unit == "usd":
        return f"{sign}${abs(value):,.2f}"
    if unit == "ratio":
        return f"{100 * value:,.1f} %"
    if unit == "hours":
        return f"{value:,.1f} h"
    if unit == "tokens":
        return _of_tokens(value)
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.1f}"


def _of_tokens(value: Decimal) -> str:
    for size, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if abs(value) >= size:
            return f"{value / size:,.1f} {name}"
    return f"{value:,.0f}"


def level(text: str) -> str:
    """Return whether a text of a level is bad, a warning, good or neither: how it is coloured."""
    return _LEVELS.get(text, "")


def change(now: object, before: object) -> str | None:
    """Return how far a figure is from the one before, in words; None where none was."""
    if not isinstance(now, int | float | Decimal) or not isinstance(before, int | float | Decimal):
        return None
    earlier, difference = Decimal(str(before)), Decimal(str(now)) - Decimal(str(before))
    if earlier == 0:
        return "none before" if difference else "as before"
    share = difference / abs(earlier)
    return "as before" if abs(share) < Decimal("0.0005") else f"{100 * share:+,.1f} %"


def cell(value: object) -> str:
    """Return a value for a file of comma-separated values, exact and never a formula."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        # A spreadsheet would run it.
        return f"'{value}"
    return str(value)
