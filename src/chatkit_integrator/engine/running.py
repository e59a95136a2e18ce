"""The only place that starts programs (git apart): bounded in time and in what is kept of their output, always stopped.

A program is started in a process group of its own, and the whole group is stopped when it is done with, whatever happens: on a
time-out, an error, an interrupt, or a quiet end that leaves children behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from chatkit_integrator.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

_TAIL = 20
_KEPT = 1_000_000
_GRACE = 5.0
_GRACE_OF_CHILDREN = 1.0


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
) -> Completed:
    """Run a program to its end. ``timeout`` in seconds; ``CommandFailedError`` with the last lines where it fails."""
    with tempfile.TemporaryFile() as output:
        with _started(argv, cwd, env, output) as process:
            try:
                status = process.wait(timeout=timeout)
            except subprocess.TimeoutExpired as error:
                raise CommandFailedError(
                    f"`{' '.join(argv)}` did not end within {timeout:.0f} s and was stopped; it said last: "
                    f"{_last(_kept(output))}. Run it by hand in {cwd} to see why."
                ) from error
        printed = _kept(output)
    if check and status:
        raise CommandFailedError(f"`{' '.join(argv)}` failed with status {status} in {cwd}; it said last: {_last(printed)}")
    return Completed(status, printed)


@dataclass(frozen=True, slots=True)
class Running:
    """A program that serves. ``log`` holds everything that it printed."""

    process: subprocess.Popen[bytes]
    log: Path

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
                raise CommandFailedError(f"The program ended with status {status} before {url} answered; {self._said()}")
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
        with self.log.open("rb") as stream:
            return f"it said last: {_last(_kept(stream))}"


@contextmanager
def start(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Generator[Running]:
    """Start a program, and stop it and its children on the way out, whatever happens."""
    with log.open("wb") as stream, _started(argv, cwd, env, stream) as process:
        yield Running(process, log)


@contextmanager
def _started(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None, output: IO[bytes]
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
