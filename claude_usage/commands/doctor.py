"""`claude-usage doctor`: each credential and host, with the cheapest call."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.markup import escape

from alerts import FILE_NAME
from claude_usage.console import out, print_json
from claude_usage.settings import Fault, hints
from ingestion.network import address, proxy_for
from ingestion.settings import ON, Settings, named_secrets
from ingestion.source import Finding
from ingestion.sources import SOURCES

_STYLES = {"ok": "green", "wrong": "bold red", "hint": "yellow", "unset": "dim"}
# Whether something is a problem; None where it is not set, which may be meant so.
_MARKS = {False: "ok", True: "wrong", None: "unset"}


@dataclass(frozen=True)
class Line:
    """What was checked and how that ended: `ok`, `wrong`, `hint` or `unset`."""

    result: str
    details: str


def doctor(settings: Settings, faults: Sequence[Fault] = (), *, as_json: bool = False) -> int:
    """Print a line for each thing checked; return 2 for ``faults`` of settings, 1 for others."""
    lines = []
    for line in _lines(settings, faults):
        lines.append(line)
        if not as_json:
            _print(line)
    code = 2 if faults else int(any(line.result == "wrong" for line in lines))
    if as_json:
        print_json({"exit_code": code, "checks": [asdict(line) for line in lines]})
    return code


def print_finding(finding: Finding) -> None:
    """Print what was seen of a source as a line."""
    _print(_line(finding))


def _lines(settings: Settings, faults: Sequence[Fault]) -> Iterator[Line]:
    yield from (Line("wrong", str(fault)) for fault in faults)
    yield from (Line("hint", str(hint)) for hint in hints(settings))
    yield from (Line("hint", way) for way in _ways(settings))
    yield from map(_line, _findings(settings, {fault.variable for fault in faults}))


def _line(finding: Finding) -> Line:
    return Line(_MARKS[finding.is_wrong], f"{finding.name}: {finding.details}")


def _ways(settings: Settings) -> Iterator[str]:
    """Yield what is on the way to a host and may not be known: a proxy, and no encryption."""
    for name, url in settings.hosts.items():
        if proxy := proxy_for(url):
            yield f"{name}: asked through the proxy {address(proxy)} of the environment"
    for name, way in settings.plain_http.items():
        yield f"{name}: the key goes to {way} in the clear, as ALLOW_PLAIN_HTTP is set"


def _print(line: Line) -> None:
    style = _STYLES[line.result]
    out.print(f"[{style}]{line.result:<8}[/]{escape(line.details)}", soft_wrap=True)


def _findings(settings: Settings, wrong: Collection[str]) -> Iterator[Finding]:
    """Yield what was seen of each source and file; ``wrong`` variables are named."""
    for source in SOURCES:
        if not any(name.startswith(source.variables) for name in wrong):
            yield from source.findings(settings)
    yield from _alerts(settings, wrong)
    for variable, path in (
        ("WAREHOUSE_PATH", settings.warehouse_path),
        ("PUBLISH_PATH", settings.publish_path),
    ):
        if variable not in wrong:
            yield Finding(variable, False, f"{path}{_what_is_there(path)}")


def _alerts(settings: Settings, wrong: Collection[str]) -> Iterator[Finding]:
    """Yield what `alerts.yml` says, and routes that lack something as long as it is off."""
    folder = settings.seeds_path
    if folder is None or not (folder / FILE_NAME).exists() or {"SEEDS_PATH", "ALERTS"} & {*wrong}:
        return
    from alerts.config import read
    from alerts.routes import faults

    alerts = read(folder / FILE_NAME)
    is_on = settings.alerts in ON
    told = f"{len(alerts.rules)} rules, {len(alerts.routes)} routes; ALERTS is {settings.alerts}"
    yield Finding(FILE_NAME, False if is_on else None, told)
    if not is_on:
        values = named_secrets(alerts.variables)
        for name, way in alerts.routes.items():
            yield from (Finding(FILE_NAME, None, one) for one in faults(name, way, values))


def _what_is_there(path: Path) -> str:
    if path.exists():
        return f", {path.stat().st_size / 1e6:,.1f} MB"
    folder = path.absolute().parent
    return ", not there yet" + ("" if folder.exists() else f"; folder {folder} will be made")
