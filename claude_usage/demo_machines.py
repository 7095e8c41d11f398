"""The demo's machines: transcripts in the shape of Claude Code's, exported as by the command."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from demo_api.machines import Machine, write_machines
from demo_api.organisation import DEFAULT_SEED, Organisation
from local_usage import index
from local_usage.delivery import to_folder
from local_usage.export import prepare, sender

SEED = DEFAULT_SEED + 41


def export_machines(organisation: Organisation, folder: Path, salt: str) -> list[Machine]:
    """Write transcripts of some people into ``folder`` and export them to ``folder/exports``."""
    shutil.rmtree(folder, ignore_errors=True)
    exports = folder / "exports"
    exports.mkdir(parents=True)
    machines = write_machines(organisation.people, organisation.days, folder, SEED)
    for place, machine in enumerate(machines):
        own = folder / str(place)
        who = sender(
            own / "state", salt, email=machine.person.email, billing_basis=machine.billing_basis
        )
        # The machine was read each month, before anything was swept.
        with index.opened(own / "state" / "local.duckdb") as connection:
            index.scan(connection, [own])
            connection.execute(
                "insert into scans values (?, ?)",
                [organisation.last_day, (datetime.now(UTC).date() - organisation.first_day).days],
            )
            prepare(connection, who, "demo", anew=True)
            to_folder(connection, who, exports, "demo")
    return machines
