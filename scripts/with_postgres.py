"""Run a command with a PostgreSQL of its own: python scripts/with_postgres.py COMMAND ...

Makes a cluster in a new folder, listening on a socket there and nowhere else, sets SHAAR_DATABASE_URL for the command,
and removes everything afterwards. PostgreSQL does not run as root, so root hands it to the user `postgres` or `nobody`.
Exit code 77: there is no PostgreSQL on this machine.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote


def find(name: str) -> str | None:
    """A PostgreSQL program: the newest installed one, else what is on the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda file: int(file.parts[-3]))
    return str(versions[-1]) if versions else shutil.which(name)


def main() -> int:
    initdb, server = find("initdb"), find("pg_ctl")
    if initdb is None or server is None:
        print("there is no PostgreSQL on this machine", file=sys.stderr)
        return 77
    folder = Path(tempfile.mkdtemp(prefix="shaar-pg-"))
    owner = None
    if os.geteuid() == 0:
        known = {entry.pw_name for entry in pwd.getpwall()}
        owner = "postgres" if "postgres" in known else "nobody"
        shutil.chown(folder, owner)

    def call(*command: str) -> None:
        subprocess.run(command, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)

    data = str(folder / "data")
    try:
        call(initdb, "-D", data, "-U", "shaar", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=60"
        call(server, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            url = f"postgresql://shaar@/postgres?host={quote(str(folder), safe='')}"
            return subprocess.run(sys.argv[1:], env={**os.environ, "SHAAR_DATABASE_URL": url}, check=False).returncode
        finally:
            call(server, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
