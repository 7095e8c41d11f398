"""Which reports a key may read, and so which of two reports tells a family's days.

A key that may read the Usage and Cost Analytics API uses it for the days it can be asked for, and
the legacy report for the others. One request of one row tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from urllib.parse import urlsplit

from ingestion.anthropic import readers
from ingestion.anthropic.client import open_client
from ingestion.anthropic.endpoints import REPORTS, SUCCESSORS, report_of
from ingestion.anthropic.keys import check_settings, configured
from ingestion.anthropic.kinds import ORGANIZATIONS, Organization, Report
from ingestion.errors import (
    CredentialRejected,
    RateLimited,
    Request,
    RequestError,
    Unavailable,
    Unreachable,
)
from ingestion.http import ApiClient, Host, RetryPolicy
from ingestion.raw import RawTable
from ingestion.settings import Settings
from ingestion.source import Finding
from ingestion.windows import ONE_DAY, Days, today

# A person is waiting: tell soon rather than try long.
QUICK = RetryPolicy(attempts=3, longest_wait=2.0, longest_limit_wait=5.0, longest_server_wait=5.0)


@dataclass(frozen=True)
class Capability:
    """Which report tells a family's days, and why, in one sentence.

    ``problem`` is what keeps it from being read, or None. Neither holds a key or an address. A key
    that is refused and a host that cannot be reached are so for every report: ``is_of_all``.
    """

    source: str
    family: str
    table: RawTable
    why: str
    problem: str | None = None
    is_of_all: bool = False


@dataclass(frozen=True)
class Choice:
    """Whether a family's newer report is read; ``refusal`` is why not."""

    report: Report
    predecessor: Report
    refusal: RequestError | None

    @property
    def is_offered(self) -> bool:
        return self.refusal is None

    @property
    def why(self) -> str:
        new, old = _name(self.report), _name(self.predecessor)
        if self.refusal is None:
            bounds = f"from {self.report.first_day} on, at most {self.report.days_back} days back"
            is_alone = self.predecessor.organization == "enterprise"
            rest = "" if is_alone else f", and {old} for the days before"
            return f"the key may read {new}, which is used for days {bounds}{rest}"
        if isinstance(self.refusal, Unavailable | RateLimited):
            return f"{old}, as {new} could not be asked this time: {self.refusal.summary}"
        return f"{old}, as the key may not read {new}: {self.refusal.summary}"


async def capabilities(settings: Settings, *, retry: RetryPolicy = QUICK) -> list[Capability]:
    """Ask each report for one row; return a finding for each family of each organisation.

    Raises:
        ConfigurationError: there is no key, or one of the wrong kind.
    """
    check_settings(settings)
    found: list[Capability] = []
    host = Host()
    for kind in configured(settings):
        async with open_client(settings, kind, retry=retry, host=host) as client:
            choices = {one.predecessor.table: one for one in await choose(client, kind)}
            for report in REPORTS:
                is_elsewhere = report.table in SUCCESSORS.values() or report.details_of
                if report.organization == kind and not is_elsewhere:
                    found.append(await _capability(client, report, choices.get(report.table)))
    return found


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each family of reports: which report tells it, and why."""
    host = urlsplit(settings.anthropic_base_url).netloc
    if not settings.has_anthropic:
        yield Finding(
            f"ANTHROPIC_ADMIN_KEY at {host}", None, "not set; usage and cost are left out"
        )
        return
    found = asyncio.run(capabilities(settings))
    mentioned: set[str | None] = set()
    for source, some in groupby(found, key=lambda one: one.source):
        for one in some:
            if one.is_of_all:
                # Of the host, for the other organisation's key too.
                if one.problem not in mentioned:
                    yield Finding(f"{source} at {host}", True, str(one.problem))
                mentioned.add(one.problem)
                break
            name = f"{source} at {host}, {one.family}"
            yield Finding(name, one.problem is not None, one.problem or one.why)


async def _capability(client: ApiClient, report: Report, choice: Choice | None) -> Capability:
    source = ORGANIZATIONS[report.organization]
    if choice is not None and choice.is_offered:
        return Capability(source, report.family, choice.report.table, choice.why)
    why = choice.why if choice else f"{_name(report)} is the only report that tells it"
    refusal = await probe(client, report)
    problem = str(refusal) if refusal else None
    is_of_all = isinstance(refusal, CredentialRejected | Unreachable)
    return Capability(source, report.family, report.table, why, problem, is_of_all)


async def choose(
    client: ApiClient, kind: Organization, among: Collection[str] | None = None
) -> list[Choice]:
    """Ask each newer report of an organisation for one row.

    ``among`` are raw tables' names: a family of which not both are there leaves no choice.
    """
    pairs = [
        (report_of(new), report_of(old))
        for old, new in SUCCESSORS.items()
        if report_of(old).organization == kind
        and (among is None or {old.name, new.name} <= set(among))
    ]
    if not pairs:
        return []
    async with client:
        refusals = await asyncio.gather(*(probe(client, new) for new, _ in pairs))
    return [Choice(*pair, refusal) for pair, refusal in zip(pairs, refusals, strict=True)]


async def probe(client: ApiClient, report: Report) -> RequestError | None:
    """Ask for one row of yesterday; return why it was refused, or None."""
    day = today(datetime.fromtimestamp(client.now(), UTC)) - ONE_DAY
    request = Request(report.table.name, day.isoformat())
    try:
        await client.get(
            request,
            report.path,
            readers.one_row(report, Days(day, day + ONE_DAY)),
            dict[str, object],
            headers=report.headers,
        )
    except RequestError as error:
        is_too_recent = report.is_aggregated_later and readers.newest_ready(error, day) is not None
        return None if is_too_recent else error
    return None


def split_days(
    asked: Mapping[str, Sequence[date]], choices: Sequence[Choice], *, now: datetime
) -> dict[str, list[date]]:
    """Give each day of a family to one of its reports, where both are asked.

    A report that is asked alone is read as asked.
    """
    split = {name: sorted(set(days)) for name, days in asked.items()}
    for choice in choices:
        new, old = choice.report.table.name, choice.predecessor.table.name
        if not (split.get(new) and split.get(old)):
            continue
        days = sorted({*split[new], *split[old]})
        earliest = choice.report.earliest(today(now)) or date.min
        split[new] = [day for day in days if choice.is_offered and day >= earliest]
        split[old] = [day for day in days if not choice.is_offered or day < earliest]
    return split


def _name(report: Report) -> str:
    return report.path.removeprefix("/v1/organizations/")
