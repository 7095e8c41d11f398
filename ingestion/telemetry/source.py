"""Claude Code's telemetry as a source: files of a folder, read from where the last load ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion import raw
from ingestion.settings import Settings
from ingestion.source import Finding, Source, Wanted
from ingestion.telemetry.tables import SOURCE, TABLES

if TYPE_CHECKING:
    from ingestion.loading import LoadReport


def _configured(settings: Settings) -> list[str]:
    return [SOURCE] if _has_access(settings) else []


def _has_access(settings: Settings) -> bool:
    return settings.telemetry_path is not None


def _faults(settings: Settings) -> Iterator[tuple[str, str]]:
    path = settings.telemetry_path
    if path is not None and path.exists() and not path.is_dir():
        yield "TELEMETRY_PATH", f"TELEMETRY_PATH: {path} is a file, not a folder"


def _gaps(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.otlp_token is not None and not _has_access(settings):
        yield "TELEMETRY_PATH", "not set, though OTLP_TOKEN is: name the receiver's folder"


def _check(settings: Settings) -> None:
    from ingestion.telemetry.load import check_settings

    check_settings(settings)


def _findings(settings: Settings) -> Iterator[Finding]:
    from ingestion.telemetry.files import found

    name, path = "files of telemetry", settings.telemetry_path
    if path is None:
        yield Finding(name, None, "TELEMETRY_PATH is not set; telemetry is left out")
    elif not path.is_dir():
        yield Finding(
            name, True, f"there is no folder {path} yet: claude-usage otlp-serve makes it"
        )
    else:
        yield Finding(name, False, f"{len(found(path))} files in {path}")
    if path is not None and settings.identity_salt is None:
        yield Finding("IDENTITY_SALT", None, "not set; whose telemetry it is cannot be told")


def _load(settings: Settings, wanted: Wanted) -> LoadReport:
    from ingestion.telemetry.load import load_telemetry

    return load_telemetry(settings, run_id=wanted.run_id)


TELEMETRY = Source(
    name=SOURCE,
    description="Events and metrics of Claude Code as they may be kept, and the ledger of what is"
    " loaded.",
    brings="What Claude Code's telemetry brought into the folder.",
    needs="TELEMETRY_PATH",
    variables="TELEMETRY_",
    tables=TABLES,
    kept=(raw.KEPT_LEDGER, raw.KEPT_DUPLICATE_ROWS),
    configured=_configured,
    has_access=_has_access,
    faults=_faults,
    gaps=_gaps,
    check=_check,
    findings=_findings,
    load=_load,
)
