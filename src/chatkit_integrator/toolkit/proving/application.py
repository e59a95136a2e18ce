"""The backend's own process: started by its own command in an environment of ours, ended, started again."""

from __future__ import annotations

import os
import shlex
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.engine.running import Running, start
from chatkit_integrator.errors import BadRequestError, CommandFailedError
from chatkit_integrator.toolkit.proving.installing import uv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.toolkit.proving.job import Job

_SHIM = Path(__file__).parent / "shim"
_LINES = 12


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def surroundings(job: Job, values: Mapping[str, str], recorder: str, caches: Path) -> dict[str, str]:
    """The whole environment of a process of the backend: nothing of ours is in it but a path and a language."""
    home, scratch = job.scratch / "home", job.scratch / "tmp"
    for folder in (home, scratch):
        folder.mkdir(exist_ok=True)
    target = job.launch.target
    folders = [_SHIM, *([job.tree / target.folder] if target is not None else []), folder_of(job)]
    places = [str(job.python.parent), str(_with_uv(job.scratch / "bin")), os.environ.get("PATH", "/usr/bin:/bin")]
    return {
        "PATH": os.pathsep.join(places),
        "LANG": "C.UTF-8",
        "USER": "proof",
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "VIRTUAL_ENV": str(job.python.parent.parent),
        "UV_PROJECT_ENVIRONMENT": str(job.python.parent.parent),
        "PYTHONPATH": os.pathsep.join(str(one) for one in dict.fromkeys(folders)),
        "PYTHONPYCACHEPREFIX": str(caches),
        "CHATKIT_PROOF_RECORDER": recorder,
        "CHATKIT_PROOF_GUARD": "0" if job.is_contained else "1",
        **values,
    }


def folder_of(job: Job) -> Path:
    """The folder that the backend is started in."""
    return job.tree / (job.settings.cwd if job.settings.cwd is not None else job.launch.root)


def _with_uv(folder: Path) -> Path:
    """A folder with nothing but uv in it, which projects start programs of theirs with."""
    folder.mkdir(exist_ok=True)
    found = uv()
    if found is not None and not (folder / "uv").exists():
        (folder / "uv").symlink_to(found)
    return folder


@dataclass
class Application:
    """The process. ``base`` is where it answers."""

    job: Job
    port: int
    env: dict[str, str]
    _held: ExitStack = field(default_factory=ExitStack, repr=False)
    _running: Running | None = None
    starts: int = 0

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers; ``CommandFailedError`` with the last lines that it printed."""
        self.starts += 1
        log = self.job.kept / f"backend-{self.starts}.log"
        self._running = self._held.enter_context(start(self._argv(), cwd=folder_of(self.job), env=self.env, log=log))
        try:
            self._running.wait_for_http(f"{self.base}/openapi.json", self.job.patience)
        except CommandFailedError as error:
            reason = str(error).partition("; it said last")[0].replace(f" before {self.base}/openapi.json answered", "")
            raise CommandFailedError(f"{reason}\n{last_lines(self._running.said())}") from error

    def stop(self) -> None:
        """End it."""
        self._held.close()
        self._running = None

    def restart(self) -> None:
        """End it, and start it anew."""
        self.stop()
        self.start()

    def said(self) -> str:
        """The end of what it printed."""
        return self._running.said() if self._running is not None else ""

    @property
    def is_alive(self) -> bool:
        """Whether the process goes on."""
        return self._running is not None and self._running.process.poll() is None

    @property
    def exceeded(self) -> str:
        """Which limit it was stopped for."""
        return self._running.exceeded if self._running is not None else ""

    def _argv(self) -> list[str]:
        python, given = str(self.job.python), self.job.settings.start
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        if given is not None:
            words = shlex.split(given.replace("{port}", str(self.port)))
            if words[:1] == ["uvicorn"]:
                return [python, "-m", *words, *where, "--loop", "asyncio"]
            return [python, *words[1:]] if words[:1] in (["python"], ["python3"]) else words
        target = self.job.launch.target
        if target is None:
            raise BadRequestError("No app was found to start; say how it is started: prove.start in the settings.")
        factory = ["--factory"] if target.is_factory else []
        return [python, "-m", "uvicorn", f"{target.module}:{target.name}", *factory, *where, "--loop", "asyncio"]


def last_lines(text: str) -> str:
    """The last lines that say something."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-_LINES:])
