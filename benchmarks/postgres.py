"""A Postgres of one's own: a cluster in a folder that goes with it, on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ADMIN = "admin"
# Beside the path, where Debian puts a server's programs.
_DEBIAN = "/usr/lib/postgresql/*/bin"
_CONFIGURATION = (
    "listen_addresses = '127.0.0.1'\n"
    "fsync = off\n"
    "synchronous_commit = off\n"
    "full_page_writes = off\n"
    "autovacuum = off\n"
)


@dataclass(frozen=True)
class Postgres:
    """A server on loopback; ``password`` is its administrator's."""

    port: int
    password: str
    programs: Path

    def url(self, database: str, user: str = ADMIN, password: str | None = None) -> str:
        """Return the address of a database as ``user``."""
        who = f"{user}:{quote(password or self.password, safe='')}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    def run(
        self,
        sql: str,
        *,
        database: str = "postgres",
        user: str = ADMIN,
        password: str | None = None,
    ) -> str:
        """Run statements as ``user``, stopping at the first error; return what they print."""
        done = subprocess.run(
            [_program("psql", self.programs), "-qAtX", "-v", "ON_ERROR_STOP=1"],
            input=sql,
            env=os.environ | self._environment(database, user, password),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _environment(self, database: str, user: str, password: str | None) -> dict[str, str]:
        return {
            "PGSSLMODE": "disable",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": user,
            "PGDATABASE": database,
            "PGPASSWORD": password or self.password,
        }


def found() -> Path | None:
    """Return the folder of a server's programs, or None where there is none."""
    folders = sorted(Path("/").glob(_DEBIAN.lstrip("/")))
    return next((one for one in reversed(folders) if (one / "initdb").exists()), None) or (
        Path(at).parent if (at := shutil.which("initdb")) else None
    )


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server, and end it with all that it wrote."""
    programs = found()
    if programs is None:
        raise FileNotFoundError("there is no Postgres server here: apt-get install postgresql")
    owner = _owner()
    # Not in a folder of temporary files that only we may enter.
    folder = Path(tempfile.mkdtemp(prefix="claude-usage-postgres-", dir="/tmp"))
    try:
        server = Postgres(_free_port(), "administrators-password", programs)
        password = folder / "password"
        password.write_text(server.password)
        if owner:
            for path in (folder, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        data = folder / "data"
        made = [f"--pwfile={password}", "--auth=scram-sha-256", "--locale=C.UTF-8", "--no-sync"]
        _call(programs, ["initdb", "-D", str(data), "-U", ADMIN, "-E", "UTF8", *made], owner)
        with (data / "postgresql.conf").open("a") as file:
            file.write(f"{_CONFIGURATION}port = {server.port}\n")
            file.write(f"unix_socket_directories = '{folder}'\n")
        log = folder / "log"
        _call(programs, ["pg_ctl", "-D", str(data), "-l", str(log), "-w", "start"], owner)
        try:
            yield server
        finally:
            stop = ["pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop"]
            _call(programs, stop, owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Return whom the server runs as, where we are root, as whom it refuses to."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise FileNotFoundError("there is no user to run Postgres as")


def _call(programs: Path, arguments: Sequence[str], owner: pwd.struct_passwd | None) -> None:
    name, *rest = arguments
    done = subprocess.run(
        [_program(name, programs), *rest],
        # A server that is started keeps what it is given open.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}")


def _program(name: str, programs: Path) -> str:
    at = programs / name
    return str(at) if at.exists() else name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
