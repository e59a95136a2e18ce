"""The only place that starts programs (git apart): bounded in time and in what is kept of their output, always stopped.

A program is started in a process group of its own, and the whole group is stopped when it is done with, whatever happens: on a
time-out, an error, an interrupt, or a quiet end that leaves children behind. A server that starts more processes than it may is
stopped at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chatkit_integrator.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

_TAIL = 20
_KEPT = 1_000_000
_GRACE = 5.0
_GRACE_OF_CHILDREN = 1.0
_LOOK = 0.25
_FIRST_PROCESS = 1


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended, and what it printed (both streams, in order; the last megabyte)."""

    status: int
    output: str


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout: float,
    check: bool = True,
    user: int | None = None,
    tick: Callable[[], None] | None = None,
) -> Completed:
    """Run a program to its end. ``timeout`` in seconds; ``CommandFailedError`` with the last lines where it fails.

    ``user`` is the id of another user to run it as; ``tick`` is called while it runs, and may raise to have it stopped.
    """
    with tempfile.TemporaryFile() as output:
        with _started(argv, cwd, env, output, user) as process:
            try:
                status = _waited(process, timeout, tick)
            except subprocess.TimeoutExpired as error:
                raise CommandFailedError(
                    f"`{' '.join(argv)}` did not end within {timeout:.0f} s and was stopped; it said last: "
                    f"{_last(_kept(output))}. Run it by hand in {cwd} to see why."
                ) from error
        printed = _kept(output)
    if check and status:
        raise CommandFailedError(f"`{' '.join(argv)}` failed with status {status} in {cwd}; it said last: {_last(printed)}")
    return Completed(status, printed)


def _waited(process: subprocess.Popen[bytes], timeout: float, tick: Callable[[], None] | None) -> int:
    if tick is None:
        return process.wait(timeout=timeout)
    deadline = time.monotonic() + timeout
    while True:
        tick()
        try:
            return process.wait(timeout=min(_LOOK, max(deadline - time.monotonic(), 0.01)))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= deadline:
                raise


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server may do: how many bytes of its output are kept, how many processes it may be."""

    output: int = 16_000_000
    processes: int = 256


@dataclass(slots=True)
class Running:
    """A program that serves. ``log`` holds what it printed, the end of it where that was too much.

    ``exceeded`` says which limit it was stopped for, ``dropped`` how many bytes of output were not kept.
    """

    process: subprocess.Popen[bytes]
    log: Path
    limits: Limits = field(default_factory=Limits)
    exceeded: str = ""
    dropped: int = 0

    def said(self) -> str:
        """The end of what it printed."""
        with self.log.open("rb") as stream:
            return _kept(stream)

    def wait_for_http(self, url: str, timeout: float) -> None:
        """Wait until ``url`` answers anything at all; ``CommandFailedError`` where it ends or stays silent."""
        import http.client  # noqa: PLC0415 - only where a server is waited for
        from urllib.parse import urlsplit  # noqa: PLC0415

        place = urlsplit(url)
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            status = self.process.poll()
            if status is not None:
                why = f" because {self.exceeded}" if self.exceeded else ""
                raise CommandFailedError(f"The program ended with status {status}{why} before {url} answered; {self._said()}")
            connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=min(left, 5))
            try:
                connection.request("GET", target)
                connection.getresponse()
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
            else:
                return
            finally:
                connection.close()
        raise CommandFailedError(f"{url} did not answer within {timeout:.0f} s; {self._said()}")

    def _said(self) -> str:
        return f"it said last: {_last(self.said())}"


@contextmanager
def start(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    limits: Limits | None = None,
    user: int | None = None,
) -> Generator[Running]:
    """Start a program, and stop it and its children on the way out, whatever happens."""
    log.unlink(missing_ok=True)
    with log.open("ab") as stream, _started(argv, cwd, env, stream, user) as process:
        running = Running(process, log, limits or Limits())
        ended = threading.Event()
        threading.Thread(target=_watch, args=(running, ended), daemon=True).start()
        try:
            yield running
        finally:
            ended.set()


def _watch(running: Running, ended: threading.Event) -> None:
    """Keep the end of what a program prints, and stop it when it has become too many processes."""
    while not ended.wait(_LOOK):
        size = running.log.stat().st_size if running.log.exists() else 0
        if size > running.limits.output:
            _shorten(running, size)
        if running.process.poll() is None and _processes(running.process.pid) > running.limits.processes:
            running.exceeded = f"it started more than {running.limits.processes} processes"
            if os.getpid() == _FIRST_PROCESS:  # of a namespace of our own: nobody else is in it
                os.kill(-1, signal.SIGKILL)
            _signalled(running.process, signal.SIGKILL)
            return


def _shorten(running: Running, size: int) -> None:
    """Let the log begin anew with its own end; the program appends, so it goes on there."""
    with running.log.open("rb+") as stream:
        stream.seek(size - running.limits.output // 4)
        end = stream.read(running.limits.output // 4)
        os.truncate(running.log, 0)
        stream.seek(0)
        stream.write(end)
    running.dropped += size - len(end)


def _processes(group: int) -> int:
    """How many processes there are in a group; in a namespace of our own, how many in that."""
    listing = Path("/proc")
    names = [one.name for one in listing.iterdir() if one.name.isdigit()] if listing.is_dir() else []
    if os.getpid() == _FIRST_PROCESS:
        return len(names)
    return sum(_group_of(name) == group for name in names)


def _group_of(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[2])
    except (OSError, IndexError, ValueError):
        return 0


@contextmanager
def _started(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None, output: IO[bytes], user: int | None = None
) -> Generator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(  # noqa: S603 - arguments as a list, no shell
            list(argv),
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    except OSError as error:
        raise CommandFailedError(
            f"`{argv[0]}` cannot be started in {cwd} ({error.strerror}); install it, or put it on PATH."
        ) from error
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, and end what is left of it."""
    if _signalled(process, signal.SIGTERM):
        try:
            process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            pass
        else:
            deadline = time.monotonic() + _GRACE_OF_CHILDREN
            while _signalled(process, 0) and time.monotonic() < deadline:
                time.sleep(0.02)
        _signalled(process, signal.SIGKILL)
    process.wait()


def _signalled(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the group; whether there was anybody to get it."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _kept(output: IO[bytes]) -> str:
    """Give the end of what was printed."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _KEPT))
    return output.read().decode("utf-8", "replace")


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()][-_TAIL:]
    return " / ".join(lines) or "(nothing)"
