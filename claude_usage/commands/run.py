"""`claude-usage run` and `publish`: the pipeline without a UI, through Dagster."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime

from claude_usage.console import complain, out, print_json, say
from claude_usage.headless import Headless, Outcome, dagster_home, opened
from ingestion import ledger, warehouse
from ingestion.errors import ConfigurationError
from ingestion.plan import days_due
from ingestion.settings import Settings
from ingestion.source import Source
from ingestion.sources import SOURCES
from ingestion.windows import ONE_DAY, Days, today
from orchestration.standing import Standing, note_warnings, standing

NOTHING_STORED = "nothing is stored yet, so there is nothing to publish"


def run(
    settings: Settings,
    first: date | None,
    last: date | None,
    source: Source | None,
    *,
    as_json: bool = False,
) -> int:
    """Load what was asked for, then build, check and publish; return the exit code.

    A source that fails does not keep others from being loaded, nor what is stored from being
    built and published; the exit code is 1 all the same.
    """
    _check_dates(first, last)
    sources = _sources(settings, source)
    began = time.monotonic()
    with opened(settings) as headless:
        outcomes: list[Outcome] = []
        for one in sources:
            if one.reports:
                outcomes.append(_load_days(headless, settings, one, first, last))
            else:
                outcomes.append(_load_news(headless, one, first))
        # An empty file is no answer.
        if _is_anything_stored(settings):
            outcomes.append(_build(headless))
        else:
            outcomes.append(Outcome(False, [NOTHING_STORED]))
    return _conclude(settings, outcomes, began, as_json=as_json)


def publish(settings: Settings, *, anew: bool, as_json: bool = False) -> int:
    """Build the marts from what is stored, check and publish them; return the exit code.

    Where nothing has changed since the last time, what was published stands; ``anew`` builds it all
    the same.
    """
    began = time.monotonic()
    # Before Dagster is started, which takes a while.
    if not _is_anything_stored(settings):
        problem = f"{NOTHING_STORED}: claude-usage run, or claude-usage demo"
        complain(problem)
        if as_json:
            _print_document(settings, "not_published", [], [problem], began)
        return 1
    dagster_home(settings)
    stands = None if anew else standing(settings)
    if stands:
        return _let_stand(settings, stands, began, as_json=as_json)
    with opened(settings) as headless:
        outcome = _build(headless)
    return _conclude(settings, [outcome], began, as_json=as_json)


def _let_stand(settings: Settings, stands: Standing, began: float, *, as_json: bool) -> int:
    for line in stands.warnings:
        say(f"warning: {line}")
    if as_json:
        _print_document(settings, "stands", stands.warnings, [], began)
        return 0
    say("to build, check and publish it all the same: claude-usage publish --anew")
    out.print(
        f"nothing new since {stands.since:%Y-%m-%d %H:%M} UTC: the published file"
        f" {settings.publish_path} stands. {time.monotonic() - began:.0f} s",
        soft_wrap=True,
    )
    return 0


def _is_anything_stored(settings: Settings) -> bool:
    if not settings.warehouse_path.exists():
        return False
    with warehouse.prepared(settings.warehouse_path) as connection:
        return ledger.has_complete_windows(connection)


def _build(headless: Headless) -> Outcome:
    outcome = headless.run("build_marts", "building, checking and publishing the marts")
    if outcome.success:
        note_warnings(outcome.warnings)
    return outcome


def _check_dates(first: date | None, last: date | None) -> None:
    if last and not first:
        raise ConfigurationError("--end needs --start: name the first day too")
    if first and last and last < first:
        raise ConfigurationError(f"--end {last} is before --start {first}")
    if (last or first or today()) > today():
        raise ConfigurationError(f"{last or first} has not begun yet (it is {today()} UTC)")


def _sources(settings: Settings, source: Source | None) -> list[Source]:
    chosen = [source] if source else [one for one in SOURCES if one.configured(settings)]
    for one in chosen:
        one.check(settings)
    if source is None:
        for one in SOURCES:
            if one not in chosen:
                say(f"{one.name}: no credentials set, left out (see `claude-usage doctor`)")
    return chosen


def _load_days(
    headless: Headless, settings: Settings, source: Source, first: date | None, last: date | None
) -> Outcome:
    """Load the named days again, or what is due when none is named; directories each time."""
    from orchestration.automation import only_due
    from orchestration.partitions import FIRST_DAY, range_tags

    job, title = f"load_{source.name}", f"loading {source.name}"
    if first:
        if first < FIRST_DAY:
            raise ConfigurationError(
                f"--start {first} is before {FIRST_DAY}, the first day that reports are read for."
                f" To read older days, set HISTORY_START={first}"
            )
        days = Days(first, (last or today() - ONE_DAY) + ONE_DAY)
        tags = range_tags(days.start, days.end - ONE_DAY)
        return headless.run(job, f"{title} {days}", tags=tags)
    due = _due(settings, source)
    if not due:
        from orchestration.assets.results import asset_key

        say(f"{source.name}: every day up to yesterday is complete")
        keys = [asset_key(table) for table in source.lists]
        return headless.run(job, f"{title} directories", selection=keys)
    if due[0] < FIRST_DAY:
        say(f"{source.name}: days before {FIRST_DAY} are due, too: set HISTORY_START={due[0]}")
        due = [day for day in due if day >= FIRST_DAY]
    tags = range_tags(due[0], due[-1])
    shown = f"{len(due)} days from {due[0]} to {due[-1]}"
    title = f"{title}, {due[0] if len(due) == 1 else shown}"
    return headless.run(job, title, tags=tags, config=only_due(source))


def _due(settings: Settings, source: Source) -> list[date]:
    """Return the days that some report has not complete, or may have revised since it was read."""
    with warehouse.prepared(settings.warehouse_path) as connection:
        return days_due(source, settings, connection, now=datetime.now(UTC))


def _load_news(headless: Headless, source: Source, first: date | None) -> Outcome:
    config = {"ops": {source.name: {"config": {"start": str(first) if first else ""}}}}
    return headless.run(f"load_{source.name}", f"loading {source.name}", config=config)


def _print_document(
    settings: Settings, result: str, warnings: Sequence[str], failures: Sequence[str], began: float
) -> None:
    print_json(
        {
            "result": result,
            "published_file": settings.publish_path if settings.publish_path.exists() else None,
            "warnings": list(warnings),
            "failures": list(failures),
            "seconds": round(time.monotonic() - began, 1),
        }
    )


def _conclude(settings: Settings, outcomes: list[Outcome], began: float, *, as_json: bool) -> int:
    for outcome in outcomes:
        for line in outcome.warnings:
            say(f"warning: {line}")
        for line in outcome.failures:
            complain(line)
    seconds = time.monotonic() - began
    is_whole = all(outcome.success for outcome in outcomes)
    if as_json:
        result = "not_published" if not outcomes[-1].success else "published_in_part"
        _print_document(
            settings,
            "published" if is_whole else result,
            [line for outcome in outcomes for line in outcome.warnings],
            [line for outcome in outcomes for line in outcome.failures],
            began,
        )
        return int(not is_whole)
    if is_whole:
        out.print(f"published {settings.publish_path} in {seconds:.0f} s", soft_wrap=True)
        return 0
    what = f"nothing is published at {settings.publish_path}"
    if settings.publish_path.exists():
        what = f"{settings.publish_path} is not replaced: what was published before stays"
    if outcomes[-1].success:
        what = f"what is stored, without what failed, is published to {settings.publish_path}"
    say(f"{what}. Details in the Dagster UI (`make dev`). {seconds:.0f} s")
    return 1
