"""What the settings say of exports, looked at before any is read."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.errors import ConfigurationError
from ingestion.local.files import export_files
from ingestion.settings import Settings
from ingestion.source import Finding

NEEDS = "LOCAL_EXPORTS_PATH with exports of people's machines"


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` where no folder of exports is set, or it is not there."""
    for _, fault in setting_faults(settings):
        raise ConfigurationError(fault)
    if settings.local_exports_path is None:
        raise ConfigurationError(
            "LOCAL_EXPORTS_PATH is not set: name the folder that machines export to with"
            " claude-usage local export --to DIR"
        )


def setting_faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable and what is wrong with it; nothing set is no fault."""
    path = settings.local_exports_path
    if path is not None and not path.is_dir():
        yield "LOCAL_EXPORTS_PATH", f"LOCAL_EXPORTS_PATH: there is no folder {path}"


def setting_gaps(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable that is not set and must be, as the folder is."""
    if settings.local_exports_path is not None and settings.identity_salt is None:
        yield (
            "IDENTITY_SALT",
            "not set, though LOCAL_EXPORTS_PATH is: without the salt of the machines nothing they"
            " export is anybody's",
        )


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what lies in the folder."""
    path = settings.local_exports_path
    if path is None:
        yield Finding("LOCAL_EXPORTS_PATH", None, "not set; transcripts are left out")
        return
    yield Finding("LOCAL_EXPORTS_PATH", False, f"{path}, {len(export_files(path)):,} exports")
