"""All settings, checked in one place before a command begins; each fault is a line."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb
from pydantic import ValidationError

from alerts import FILE_NAME
from ingestion import warehouse
from ingestion.errors import ConfigurationError
from ingestion.settings import ON, Settings, named_secrets
from ingestion.source import Source
from ingestion.sources import SOURCES
from ingestion.warehouse_file import WarehouseError, WarehouseLocked, check, check_whole
from publishing import Privacy, PrivacyError, PublishError, check_paths

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"
OWN_SEEDS = ("team_memberships", "identity_map", "budgets")
NAMES = frozenset({*(name.upper() for name in Settings.model_fields), "DAGSTER_HOME"})
# Of other programs: the key of the API that answers prompts.
_NOT_OURS = frozenset({"ANTHROPIC_API_KEY"})
# How alike a name must be to one of ours to be taken for it misspelt.
_ALIKE = 0.88


@dataclass(frozen=True)
class Fault:
    """What is wrong with a variable; no value of a secret is in it."""

    variable: str
    text: str

    def __str__(self) -> str:
        is_named = re.search(rf"\b{self.variable}\b", self.text)
        return self.text if is_named else f"{self.variable}: {self.text}"


class SettingsError(ConfigurationError):
    """Settings with which the command cannot begin."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


def checked(*, loads: Collection[Source] = (), writes: bool = False) -> Settings:
    """Return the settings of the environment.

    Args:
        loads: the sources that are to be loaded, as far as they are set up.
        writes: whether the command writes the warehouse.

    Raises:
        SettingsError: with every fault there is.
    """
    settings, faults = read(loads=loads, writes=writes)
    if faults:
        raise SettingsError(faults)
    return settings


def read(*, loads: Collection[Source] = (), writes: bool = False) -> tuple[Settings, list[Fault]]:
    """Return the settings, with defaults for those that are none, and all faults."""
    settings, faults = _parsed()
    faults += (Fault(*one) for source in SOURCES for one in source.faults(settings))
    faults += _missing(settings, loads, {fault.variable for fault in faults})
    faults += _privacy(settings)
    faults += _seeds(settings)
    faults += _alerts(settings)
    faults += _files(settings)
    if writes:
        faults += _not_writable(settings)
    return settings, list(dict.fromkeys(faults))


def hints(settings: Settings) -> Iterator[Fault]:
    """Yield variables and seeds that nobody reads, with names that look like ours misspelt."""
    for name, meant in _misspelt(os.environ.keys() - _NOT_OURS, NAMES):
        yield Fault(name, f"is not read; did you mean {meant}?")
    if settings.seeds_path is not None:
        there = {path.name for path in settings.seeds_path.glob("*.csv")}
        for name, meant in _misspelt(there, {f"{seed}.csv" for seed in OWN_SEEDS}):
            yield Fault("SEEDS_PATH", f"{name} is not read; did you mean {meant}?")
        there = {path.name for path in settings.seeds_path.glob("*.y*ml")}
        for name, meant in _misspelt(there, {FILE_NAME}):
            yield Fault("SEEDS_PATH", f"{name} is not read; did you mean {meant}?")


def _misspelt(found: Collection[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(set(found) - set(known)):
        for meant in get_close_matches(name, known, n=1, cutoff=_ALIKE):
            yield name, meant


def _parsed() -> tuple[Settings, list[Fault]]:
    try:
        return Settings(), []
    except ValidationError as error:
        faults = [
            Fault(str(one["loc"][0]).upper(), one["msg"].removeprefix("Value error, "))
            for one in error.errors()
        ]
    fields = {fault.variable.lower() for fault in faults}
    return Settings(**{name: Settings.model_fields[name].default for name in fields}), faults


def _missing(
    settings: Settings, loads: Collection[Source], wrong: Collection[str]
) -> Iterator[Fault]:
    """Yield what is not set and must be for ``loads``; what is set and ``wrong`` is not missing."""
    faulty = [one for one in SOURCES if any(name.startswith(one.variables) for name in wrong)]
    is_any = bool(faulty) or any(source.has_access(settings) for source in SOURCES)
    if len(loads) == len(SOURCES) and not is_any:
        needs = ", or ".join(source.needs for source in SOURCES)
        yield Fault(SOURCES[0].needs, f"nothing to load: set {needs}, or try `claude-usage demo`")
        return
    for source in loads:
        if source not in faulty:
            yield from (Fault(*one) for one in source.gaps(settings))


def _privacy(settings: Settings) -> Iterator[Fault]:
    key = settings.privacy_key
    try:
        Privacy(
            settings.privacy_level,
            key.get_secret_value() if key else None,
            settings.privacy_min_people,
        )
    except PrivacyError as error:
        yield Fault("PRIVACY_LEVEL", str(error))


def _seeds(settings: Settings) -> Iterator[Fault]:
    try:
        folder = settings.seeds_folder
    except ConfigurationError as error:
        yield Fault("SEEDS_PATH", str(error))
        return
    if folder is None:
        return
    for name in OWN_SEEDS:
        path = folder / f"{name}.csv"
        problem = _seed_problem(path) if path.exists() else None
        if problem:
            yield Fault("SEEDS_PATH", f"{path} {problem}")


def _alerts(settings: Settings) -> Iterator[Fault]:
    """Yield what is wrong with the file of alerts, and with the secrets it names where it is on."""
    folder = settings.seeds_path
    path = folder / FILE_NAME if folder and folder.is_dir() else None
    is_on = settings.alerts in ON
    if path is None or not path.exists():
        if is_on:
            yield Fault("ALERTS", f"there is no {FILE_NAME} in the folder of SEEDS_PATH")
        return
    # With what sends, which takes a while to import.
    from alerts.config import AlertsError, read
    from alerts.routes import faults

    try:
        alerts = read(path)
    except AlertsError as error:
        yield from (Fault("SEEDS_PATH", fault) for fault in error.faults)
        return
    if is_on:
        values = named_secrets(alerts.variables)
        for name, way in alerts.routes.items():
            yield from (Fault("ALERTS", f"{path}: {one}") for one in faults(name, way, values))


def _seed_problem(path: Path) -> str | None:
    """Return why a file cannot stand in the place of the seed of its name."""
    (seed,) = SEEDS.glob(f"*/{path.name}")
    try:
        # All of it: a letter in another encoding may stand anywhere.
        found = _header(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "is not in UTF-8"
    missing = [name for name in _header(seed.read_text()) if name not in found]
    return f"lacks the columns {', '.join(missing)} (separated by commas)" if missing else None


def _header(text: str) -> list[str]:
    return [name.strip().lower() for name in next(csv.reader(text.splitlines()), [])]


def _files(settings: Settings) -> Iterator[Fault]:
    path = settings.warehouse_path
    try:
        check_paths(path, settings.publish_path)
    except PublishError as error:
        yield Fault("PUBLISH_PATH", str(error))
    try:
        check(path)
        if path.exists():
            with warehouse.connect(path, read_only=True) as connection:
                check_whole(path, connection)
    except WarehouseLocked:
        # No fault of the file; who needs it waits, or says so.
        pass
    except WarehouseError as error:
        yield Fault("WAREHOUSE_PATH", str(error))
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        yield Fault("WAREHOUSE_PATH", f"{path} cannot be opened: {message}")


def _not_writable(settings: Settings) -> Iterator[Fault]:
    """Yield the paths at which nothing can be written; folders that are missing are made."""
    paths = [
        ("WAREHOUSE_PATH", settings.warehouse_path, False),
        # Replaced by a new file: what counts is its folder.
        ("PUBLISH_PATH", settings.publish_path.resolve(), True),
    ]
    # Else it is beside the warehouse.
    if home := os.environ.get("DAGSTER_HOME"):
        paths.append(("DAGSTER_HOME", Path(home) / "dagster.yaml", False))
    for variable, path, is_replaced in paths:
        folder = next(one for one in path.absolute().parents if one.exists())
        if not folder.is_dir():
            yield Fault(variable, f"{path} cannot be written: {folder} is a file, not a folder")
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield Fault(variable, f"{path} cannot be written: folder {folder} is read-only")
        elif path.exists() and not is_replaced and not os.access(path, os.W_OK):
            yield Fault(variable, f"{path} cannot be written: the file is read-only")
