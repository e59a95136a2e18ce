"""Every effect on a person's disk, one small method each and each durable when its method returns.

Only plain system calls are used, so that a test can stop the process before and after any of them.
"""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST})
_NO_FOLDER = frozenset({errno.ENOENT, errno.ENOTDIR})
_CANNOT_SETTLE = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})
"""What file systems that do not settle folders answer, and folders that may be written but not listed."""


class Disk:
    """The effects. All raise ``OSError`` where the disk does not take them."""

    def write(self, path: Path, data: bytes, mode: int | None) -> None:
        """Create or overwrite a file, following no link; ``mode`` ``None`` leaves the permissions to the process's own."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        handle = os.open(path, flags, 0o666 if mode is None else 0o600)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            if mode is not None:
                os.fchmod(handle, mode)
            os.fsync(handle)
        finally:
            os.close(handle)

    def replace(self, source: Path, target: Path) -> None:
        """Put ``source`` in the place of ``target`` in the same folder, in one step."""
        os.replace(source, target)  # noqa: PTH105 - a plain system call
        self._settle(target.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        try:
            os.unlink(path)  # noqa: PTH108 - a plain system call
        except FileNotFoundError:
            return
        self._settle(path.parent)

    def make_folder(self, path: Path) -> None:
        """Make one folder, unless it is there."""
        try:
            os.mkdir(path)  # noqa: PTH102 - a plain system call
        except FileExistsError:
            if not path.is_dir():
                raise
            return
        self._settle(path.parent)

    def remove_empty_folder(self, path: Path) -> None:
        """Remove a folder unless something is in it."""
        try:
            os.rmdir(path)  # noqa: PTH106 - a plain system call
        except OSError as error:
            if error.errno not in _NOT_EMPTY | _NO_FOLDER:
                raise
            return
        self._settle(path.parent)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder of ours and everything in it, as far as that goes."""
        shutil.rmtree(path, ignore_errors=True)

    def _settle(self, folder: Path) -> None:
        """Make what happened in a folder survive a loss of power, where its file system can."""
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError as error:
            if error.errno in _CANNOT_SETTLE:
                return
            raise
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _CANNOT_SETTLE:
                raise
        finally:
            os.close(handle)
