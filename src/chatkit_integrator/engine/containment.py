"""Where programs of other people run: a network with nothing but this machine in it, where the system allows one.

A process namespace goes with it: when what was started first ends, so does everything that it started, whatever that did to get
away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from chatkit_integrator.engine.running import run
from chatkit_integrator.errors import CommandFailedError

_SET_FLAGS, _UP, _IS_RUNNING = 0x8914, 0x1, 0x40
_ALONE = ("--net", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc")


@dataclass(frozen=True, slots=True)
class Containment:
    """How a program is kept in: what to put before it, and in words what holds it.

    Without a namespace ``prefix`` is empty, and whoever starts the program has to guard its sockets.
    """

    prefix: tuple[str, ...]
    what: str

    @property
    def is_namespace(self) -> bool:
        """Whether the system itself keeps all traffic in."""
        return bool(self.prefix)


def containment() -> Containment:
    """Find out by trying what this system allows."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return Containment((), "a guard in each Python process, because there is no `unshare` here")
    users = () if os.geteuid() == 0 else ("--user", "--map-current-user", "--keep-caps")
    prefix = (unshare, *users, *_ALONE)
    try:
        run([*prefix, "true"], cwd=Path("/"), timeout=20)
    except CommandFailedError:
        return Containment((), "a guard in each Python process, because this system allows no network namespace")
    return Containment(prefix, "a network namespace with nothing but this machine in it")


def bring_up_loopback() -> None:
    """Let processes of a new network namespace talk to one another; to be called inside it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh", b"lo", _UP | _IS_RUNNING))
