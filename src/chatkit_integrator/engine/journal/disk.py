"""Every effect on a person's disk, one small method each, so that a test can stop the process before and after any of them."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NOT_WRITABLE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOTDIR, errno.EISDIR}
)
"""What the system answers where a place does not take a write."""


class Disk:
    """The effects, each durable when its method returns."""

    def write(self, path: Path, data: bytes, mode: int | None) -> None:
        """Create or overwrite a file; ``mode`` ``None`` leaves the permissions to the process's own."""
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())

    def replace(self, source: Path, target: Path) -> None:
        """Put ``source`` in the place of ``target`` in one step."""
        source.replace(target)
        self.settle(target.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)
        self.settle(path.parent)

    def make_folder(self, path: Path) -> None:
        """Make one folder."""
        path.mkdir(exist_ok=True)
        self.settle(path.parent)

    def remove_empty_folder(self, path: Path) -> None:
        """Remove a folder unless something is in it."""
        try:
            path.rmdir()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            return
        self.settle(path.parent)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder of ours and everything in it."""
        shutil.rmtree(path, ignore_errors=True)

    def settle(self, folder: Path) -> None:
        """Make what happened in a folder survive a loss of power."""
        try:
            handle = os.open(folder, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
