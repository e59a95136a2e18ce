"""The only place that starts programs (git apart): bounded in time and output, always stopped with their children."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

_TAIL = 20
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended, and what it printed (both streams, in order)."""

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
    with subprocess.Popen(  # noqa: S603 - arguments as a list, no shell
        list(argv),
        cwd=cwd,
        env=dict(env) if env is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            _stop(process)
            raise CommandFailedError(
                f"`{' '.join(argv)}` did not end within {timeout:.0f} s and was stopped; run it by hand in {cwd} to see why."
            ) from error
    output = printed.decode("utf-8", "replace")
    if check and process.returncode:
        raise CommandFailedError(
            f"`{' '.join(argv)}` failed with status {process.returncode} in {cwd}; it said last: {_last(output)}"
        )
    return Completed(process.returncode, output)


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
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=5)
            try:
                connection.request("GET", place.path or "/")
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
            else:
                return
            finally:
                connection.close()
        raise CommandFailedError(
            f"{url} did not answer within {timeout:.0f} s; the program said last: {_last(self.log.read_text(errors='replace'))}"
        )


@contextmanager
def start(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Generator[Running]:
    """Start a program, and stop it and its children on the way out, whatever happens."""
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - arguments as a list, no shell
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Running(process, log)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()][-_TAIL:]
    return " / ".join(lines) or "(nothing)"
