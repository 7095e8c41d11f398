"""Measure what loads cost beside the least they could cost, and print it in one table.

    python -m benchmarks                      # all cases at full size
    python -m benchmarks backfill --runs 1    # one case
    python -m benchmarks --quick              # small sizes, one run: to see that it works

Times of a run and of what it is compared with are taken one after the other, each in a process of
its own; a ratio is the median of the runs' ratios.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

HISTORIES = "GITHUB_HISTORIES"
LARGE_FILE = "LARGE_PUBLISHED_FILE"


@dataclass
class Sizes:
    """How much each case works on."""

    runs: int = 5
    people: int = 500
    days: int = 365
    records: int = 500_000
    histories: tuple[int, int] = (30, 730)
    naive_records: int = 5_000
    large: tuple[int, int] = (10_000, 365)
    organisations: int = 400
    requests: int = 1_000_000
    telemetry_bytes: int = 10**9
    telemetry_batches: int = 5_000
    github: Path | None = None
    # Of the large organisation: made in the folder, once, where none is named.
    published: Path | None = None
    folder: Path = Path()


QUICK = Sizes(
    runs=1,
    people=50,
    days=40,
    records=20_000,
    histories=(10, 60),
    naive_records=1_000,
    large=(100, 60),
    organisations=20,
    requests=20_000,
    telemetry_bytes=10**7,
    telemetry_batches=200,
)


@dataclass(frozen=True)
class Line:
    """A line of the table: what was measured, what it took, the ratio and the bar it has."""

    case: str
    figure: str
    ratio: str = ""
    bar: str = ""


def backfill(sizes: Sizes) -> list[Line]:
    from benchmarks import backfill
    from benchmarks.measuring import highest_peak, median_of, ratio

    lines = []
    # The bar is about a server that makes its answers; ready bytes show the client alone.
    for renders, server, bar in ((True, "answers made", "<= 1.50"), (False, "ready bytes", "")):
        bare, ours = backfill.measure(
            people=sizes.people, days=sizes.days, renders=renders, runs=sizes.runs
        )
        case = f"backfill, {sizes.people} people x {sizes.days} days, {server}"
        peak = f"{highest_peak(ours):.0f} MB"
        lines += [
            Line(f"{case}: bare loop", _seconds(median_of(bare)), "1.00"),
            Line(f"{case}: load", _seconds(median_of(ours)), _times(ours, bare, ratio), bar),
            Line(f"{case}: peak memory", peak, "", "< 600 MB"),
        ]
    return lines


def pages(sizes: Sizes) -> list[Line]:
    from benchmarks import pages_on_disk
    from benchmarks.measuring import highest_peak, median_of, ratio

    found = pages_on_disk.measure(records=sizes.records, runs=sizes.runs)
    ours, case = found["pipeline"], f"{sizes.records:,} records on disk"
    work = ("load", "staging")

    def speed(seconds: float) -> str:
        return f"{sizes.records / seconds:,.0f}/s"

    readings = [name for name in found if name != "pipeline"]
    return [
        *(
            Line(f"{case}: read_json, {name}", speed(median_of(found[name])), "1.00")
            for name in readings
        ),
        *(
            Line(
                f"{case}: load and stage, of read_json, {name}",
                speed(median_of(ours, *work)),
                f"{1 / ratio(ours, found[name], *work):.2f}",
                "" if name in pages_on_disk.FOR_SCALE else ">= 0.50",
            )
            for name in readings
        ),
        Line(f"{case}: of that, load", _seconds(median_of(ours, "load"))),
        Line(f"{case}: of that, three staging models", _seconds(median_of(ours, "staging"))),
        Line(f"{case}: beside that, start of dbt", _seconds(median_of(ours, "start"))),
        Line(f"{case}: peak memory of the load", f"{highest_peak(ours):.0f} MB"),
    ]


def another_day(sizes: Sizes) -> list[Line]:
    from benchmarks import another_day
    from benchmarks.measuring import median_of

    short, long = sizes.histories
    found = another_day.measure(people=sizes.people, histories=(short, long), runs=sizes.runs)
    lines = []
    for name, parts, bar in (
        ("load and ledger", ("load",), ""),
        ("load, ledger and staging", ("load", "staging"), "<= 1.25"),
        ("the same with the start of dbt", ("load", "staging", "start"), ""),
    ):
        before, after = median_of(found[short], *parts), median_of(found[long], *parts)
        case = f"one more day after {long} days (after {short}): {name}"
        figure = f"{after:.2f} s ({before:.2f} s)"
        lines.append(Line(case, figure, f"{after / before:.2f}", bar))
    return lines


def github(sizes: Sizes) -> list[Line]:
    from benchmarks import github_requests

    folder = sizes.github
    if folder is None or not folder.is_dir():
        why = f"left out: name a folder of histories with --github or {HISTORIES}"
        return [Line(f"GitHub requests, {why}", "")]
    found = github_requests.measure(folder)
    case = (
        f"GitHub, {found.repositories} repositories, {found.pull_requests:,} pull requests,"
        f" {found.commits:,} commits"
    )

    def line(run: str, count: int, bar: int) -> Line:
        return Line(f"{case}: {run} run", f"{count} requests", f"{count / bar:.2f}", f"<= {bar}")

    return [
        line("first", found.first, found.first_bar),
        line("second", found.second, found.second_bar),
    ]


def gateway(sizes: Sizes) -> list[Line]:
    from benchmarks import gateway
    from benchmarks.postgres import found

    if found() is None:
        return [Line("a gateway's log, left out: there is no Postgres here", "")]
    figures = gateway.measure(records=sizes.requests)
    case = f"a gateway's log of {sizes.requests:,} requests"
    return [
        Line(f"{case}: pulled from Postgres and stored", _seconds(figures.load.total)),
        Line(f"{case}: staged, built and tested", _seconds(figures.build_seconds)),
        Line(f"{case}: all of it", _seconds(figures.seconds), "", "<= 90 s"),
        Line(f"{case}: peak memory", f"{figures.peak_megabytes:.0f} MB", "", "<= 1,000 MB"),
    ]


def telemetry(sizes: Sizes) -> list[Line]:
    from benchmarks import telemetry as measured

    read = measured.read_files(sizes.folder, sizes.telemetry_bytes)
    case = f"telemetry, {read.megabytes:,.0f} MB of JSON lines, {read.records:,} requests"
    taken = measured.receive(sizes.folder, sizes.telemetry_batches)
    each = 1000 * taken.cpu_seconds / taken.batches
    receiver = f"receiver, {taken.batches:,} batches of {measured.RECORDS} requests"
    return [
        Line(f"{case}: load", _seconds(read.seconds), "", "< 60 s"),
        Line(f"{case}: peak memory", f"{read.memory_megabytes:,.0f} MB", "", "< 1,000 MB"),
        Line(f"{receiver}: processor for each", f"{each:.2f} ms", "", "< 2 ms"),
        Line(f"{receiver}: answered", f"{taken.batches / taken.seconds:,.0f} a second"),
        Line(f"{receiver}: peak memory", f"{taken.memory_megabytes:,.0f} MB"),
    ]


def naive(sizes: Sizes) -> list[Line]:
    from benchmarks import naive
    from benchmarks.measuring import median_of, ratio

    theirs, ours = naive.measure(records=sizes.naive_records, runs=sizes.runs)
    case = f"{sizes.naive_records:,} records"
    work = ("load", "staging")
    return [
        Line(f"{case}: dictionaries into dlt, its defaults", _seconds(median_of(theirs)), "1.00"),
        Line(f"{case}: load and stage", _seconds(median_of(ours, *work)),
             f"{ratio(ours, theirs, *work):.2f}"),
    ]  # fmt: skip


def full_build(sizes: Sizes) -> list[Line]:
    from benchmarks import full_build

    people, days = sizes.large
    found = full_build.measure(sizes.folder, people=people, days=days)
    case = (
        f"{people:,} people x {days} days,"
        f" {found.rows['fct_claude_code_activity_daily']:,} activity rows,"
        f" {found.rows['fct_claude_code_model_usage_daily']:,} model rows,"
        f" {found.rows['fct_pull_requests']:,} pull requests,"
        f" {found.rows['fct_commits']:,} commits"
    )
    lines = []
    for name, build, bar in (("full", found.full, "< 300 s"), ("daily", found.daily, "< 60 s")):
        lines += [
            Line(f"{case}: {name} build", _seconds(build.seconds), "", bar),
            Line(f"{name} build: models, of all threads", _seconds(build.of("model", "seed"))),
            Line(f"{name} build: tests, of all threads", _seconds(build.of("test"))),
            Line(f"{name} build: peak memory", f"{build.peak_megabytes:,.0f} MB", "", "< 6,000 MB"),
        ]
    lines.append(Line("publish", _seconds(found.published.total)))
    lines.append(Line("publish: peak memory", f"{found.published.peak_megabytes:,.0f} MB"))
    lines += [
        Line(f"published file: docs/queries/{name}.sql", f"{seconds * 1000:.0f} ms", "", "< 200 ms")
        for name, seconds in found.queries.items()
    ]
    return lines


def dashboard(sizes: Sizes) -> list[Line]:
    from benchmarks import dashboard, full_build

    people, days = sizes.large
    large = sizes.published or full_build.published_file(sizes.folder, people=people, days=days)
    demo = dashboard.demo_file(sizes.folder)
    names = {"demo": demo, f"{people:,} people x {days} days": large}
    lines = [
        Line(
            "dashboard, demo: command to first page drawn",
            _seconds(dashboard.first_page(demo, runs=sizes.runs)),
            "",
            "< 2.50 s",
        )
    ]
    for (name, file), bar in zip(names.items(), ("< 300 ms", "< 800 ms"), strict=True):
        for span in ("28 days", "all days"):
            changes = dashboard.changes(file, span=span, runs=sizes.runs)
            lines += [
                Line(
                    f"dashboard, {name}: change of {span} to drawn, {page}",
                    f"{1000 * change.screen:.0f} ms, all its charts {1000 * change.page:.0f} ms",
                    "",
                    bar,
                )
                for page, change in changes.items()
            ]
        page, size = dashboard.heaviest_page(file)
        lines.append(
            Line(
                f"dashboard, {name}: over the wire, {page}", f"{size / 1000:.0f} KB", "", "< 100 KB"
            )
        )
    megabytes = dashboard.peak_megabytes(large)
    replaced = dashboard.replaced_under_readers(demo, sizes.folder)
    case = f"dashboard: file replaced 20 times under {dashboard.READERS} readers"
    return [
        *lines,
        Line(
            f"dashboard, {people:,} people x {days} days: peak memory, {dashboard.READERS} readers",
            f"{megabytes:.0f} MB",
            "",
            "< 400 MB",
        ),
        Line(f"{case}: errors, of {replaced.pages} pages", str(replaced.errors), "", "0"),
        Line(f"{case}: pages of two files", str(replaced.mixed), "", "0"),
    ]


def comparison(sizes: Sizes) -> list[Line]:
    from benchmarks import comparison

    lines = []
    for name, world in comparison.WORLDS.items():
        found = comparison.judge(world, organisations=sizes.organisations, seed=1)
        case = f"{found.organisations} organisations of {comparison.RULES.people} authors, {name}"
        difference = f"{found.estimated:+.1%}, true {found.true:+.1%} (± {2 * found.error:.1%})"
        lines += [
            Line(
                f"{case}: intervals with the truth",
                f"{found.holds_truth:.1%}",
                "",
                "93 to 97 %",
            ),
            Line(f"{case}: estimate", difference),
            Line(f"{case}: smallest effect detectable", f"{found.smallest_detectable:.0%}"),
        ]
    for effect in (0.0, -0.2, -0.5):
        world = replace(comparison.NOTHING, authors=60, effect=effect)
        moved = comparison.move_the_start(world, organisations=sizes.organisations // 4, seed=2)
        case = f"60 authors, effect {effect:+.0%}, loading begun 2, 4, 6 weeks later"
        turned = f"{moved.directions_turned} of {moved.with_direction}"
        signs = f"{moved.estimates_turned} of {moved.shown}"
        lines += [
            Line(f"{case}: directions turned", turned, "", "0"),
            Line(f"{case}: estimates of another sign", signs),
        ]
    return lines


def forecast(sizes: Sizes) -> list[Line]:
    from benchmarks import forecast
    from benchmarks.simulated_costs import WORLDS

    asked = {"organisations": sizes.organisations // 2, "seed": forecast.SEED}
    made = {name: forecast.simulated(world, **asked) for name, world in WORLDS.items()}
    made["of all kinds"] = forecast.of_all_worlds(**asked)
    lines = []
    for name, costs in made.items():
        found = forecast.judge(costs)
        weeks = ", ".join(f"{share:.0%}" for share in found.by_week.values())
        case = f"forecasts of a month's end, {name}"
        lines += [
            Line(f"{case}: intervals with the truth", f"{found.covered:.1%}"),
            Line(f"{case}: by week of the month", weeks),
            Line(f"{case}: mean absolute error", f"{found.error:.1%}"),
        ]
    return lines


def estimates(sizes: Sizes) -> list[Line]:
    from benchmarks import estimates
    from benchmarks.simulated_changes import KINDS

    lines = []
    for name, hidden in KINDS.items():
        found = estimates.judge(
            estimates.organisations(hidden, count=sizes.organisations // 4, seed=estimates.SEED)
        )
        case = f"estimated share of pull requests, {name}"
        lines += [
            Line(f"{case}: mean error by month", f"{100 * found.mean_error:+.1f} points"),
            Line(f"{case}: months within three points", f"{found.within:.0%}"),
            Line(f"{case}: mean error of marks alone", f"{100 * found.marks_error:+.1f} points"),
            Line(f"{case}: single ones, precision", f"{found.precision:.2f}"),
            Line(f"{case}: single ones, recall", f"{found.recall:.2f}"),
        ]
    return lines


def anomalies(sizes: Sizes) -> list[Line]:
    from benchmarks import anomalies

    found = anomalies.judge(organisations=sizes.organisations // 2, seed=anomalies.SEED)
    factors = ", ".join(f"{factor:g}" for factor in anomalies.FACTORS)
    lines = []
    for kind, errors in found.items():
        case = f"alarms, {kind}"
        for length in anomalies.LENGTHS:
            shares = ", ".join(f"{errors.found[length, one]:.0%}" for one in anomalies.FACTORS)
            days = "one day" if length == 1 else f"{length} days in a row"
            lines.append(Line(f"{case}: {days} of {factors} times the cost, found", shares))
        per_100 = f"{errors.per_100_months:.1f}"
        lines.append(Line(f"{case}: false alarms per 100 months of one", per_100))
    return lines


CASES: dict[str, Callable[[Sizes], list[Line]]] = {
    "backfill": backfill,
    "pages": pages,
    "another_day": another_day,
    "github": github,
    "gateway": gateway,
    "telemetry": telemetry,
    "naive": naive,
    "full_build": full_build,
    "dashboard": dashboard,
    "comparison": comparison,
    "forecast": forecast,
    "estimates": estimates,
    "anomalies": anomalies,
}


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s"


def _times(ours: list, theirs: list, ratio: Callable[..., float]) -> str:  # type: ignore[type-arg]
    return f"{ratio(ours, theirs):.2f}"


def main() -> None:
    """Run the named cases, or all, and print the table."""
    asked = _arguments()
    sizes = QUICK if asked.quick else Sizes()
    for name in ("runs", "people", "days", "records", "naive_records"):
        if (value := getattr(asked, name)) is not None:
            setattr(sizes, name, value)
    folder = asked.github or os.environ.get(HISTORIES)
    sizes.github = Path(folder) if folder else None
    published = asked.published or os.environ.get(LARGE_FILE)
    sizes.published = Path(published) if published else None
    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table(title=f"Medians of {sizes.runs} runs", title_justify="left")
    for name in ("case", "measured", "ratio", "bar"):
        table.add_column(name, justify="left" if name == "case" else "right")
    with tempfile.TemporaryDirectory(prefix="claude-usage-benchmark-") as made:
        sizes.folder = Path(made)
        for name in asked.cases or CASES:
            with console.status(name):
                for line in CASES[name](sizes):
                    table.add_row(line.case, line.figure, line.ratio, line.bar)
            table.add_section()
    console.print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "cases", nargs="*", choices=[*CASES, []], metavar="case", help=", ".join(CASES)
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, one run")
    for name in ("runs", "people", "days", "records", "naive-records"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--github", help="folder of repositories' histories in REST shape")
    parser.add_argument("--published", help="published file of a large organisation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
