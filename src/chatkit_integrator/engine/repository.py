"""A repository on disk, read lazily: which files belong to it, what they hold, which have uncommitted changes.

Git is asked once for the list of files; outside git the folders are walked. Secrets (``.env`` and its kin) are neither listed
nor read. Every path is confined to the root: a path that leaves it, through ``..``, a drive letter or a symbolic link, raises
``OutsideRootError``.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotARepositoryError, OutsideRootError
from chatkit_integrator.model.edit import Content
from chatkit_integrator.model.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SECRET = re.compile(r"(^|/)\.env(\.[^/]+)?$")
_EXAMPLE = re.compile(r"\.(example|sample|template|dist|defaults)$|\.env\.[^/]*(example|sample|template)[^/]*$")
_NOT_WALKED = frozenset(
    {".git", ".hg", "node_modules", ".venv", "venv", "__pycache__", ".next", ".tox", ".mypy_cache", "dist", "build"}
)
_DRIVE = re.compile(r"^[A-Za-z]:")


def is_secret(path: str) -> bool:
    """Whether a path names a file that holds secrets by convention: ``.env`` and its kin, examples excepted."""
    return bool(_SECRET.search(path)) and not _EXAMPLE.search(path)


class Repository:
    """The source of a tree (``model.tree.Source``). ``state_dir`` is our own folder in it, which is never listed."""

    def __init__(self, root: Path, state_dir: str) -> None:
        if not root.is_dir():
            raise NotARepositoryError(f"{root} is no directory; give the path of a repository.")
        self.root = root.resolve()
        self.state_dir = state_dir
        self._read: dict[str, Content | None] = {}

    def tree(self) -> Tree:
        """Give the repository as a value."""
        return Tree(self)

    @cached_property
    def in_git(self) -> bool:
        """Whether the root lies in a git work tree."""
        return self._git("rev-parse", "--is-inside-work-tree").strip() == b"true"

    def paths(self) -> Sequence[str]:
        """Give every file that belongs to the repository, sorted."""
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        if listed or self.in_git:
            names: Iterable[str] = (os.fsdecode(one) for one in listed.split(b"\0") if one)
        else:
            names = self._walk()
        own = self.state_dir + "/"
        return tuple(sorted({one for one in names if not one.startswith(own) and not is_secret(one)}))

    def _walk(self) -> Iterable[str]:
        for folder, names, files in os.walk(self.root):
            names[:] = [name for name in names if name not in _NOT_WALKED]
            for name in files:
                yield Path(folder, name).relative_to(self.root).as_posix()

    def read(self, path: str) -> Content | None:
        """Give the content of a file, or ``None`` where there is none, or it is a secret."""
        if path not in self._read:
            self._read[path] = None if is_secret(path) else self.read_now(path)
        return self._read[path]

    def read_now(self, path: str) -> Content | None:
        """Read a file as it is now, past the cache."""
        file = self.resolve(path)
        try:
            with file.open("rb") as stream:
                mode = os.fstat(stream.fileno()).st_mode
                return Content(stream.read(), executable=bool(mode & stat.S_IXUSR))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def resolve(self, path: str) -> Path:
        """Give the place of ``path`` on disk, having made sure that it is inside the root."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith(("/", "\\")) or ".." in parts or "\0" in path or _DRIVE.match(path):
            raise OutsideRootError(f"{path!r} is no path inside the repository; nothing was touched.")
        file = self.root.joinpath(*parts)
        real = Path(os.path.realpath(file))
        if real != file:
            raise OutsideRootError(
                f"{path} goes through a symbolic link to {real}; edit that file by hand, or replace the link by a file."
            )
        return file

    def ignored(self, path: str) -> bool:
        """Tell whether git would ignore a file of that path."""
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
            ["git", "check-ignore", "-q", "--", path],  # noqa: S607 - the person's own git
            cwd=self.root,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode == 0

    def dirty(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Give those of ``paths`` that have uncommitted changes; none outside git."""
        asked = sorted(paths)
        if not asked or not self.in_git:
            return ()
        found: set[str] = set()
        prefix = os.fsdecode(self._git("rev-parse", "--show-prefix").rstrip(b"\n"))
        records = self._git(
            "-c", "core.quotePath=false", "--literal-pathspecs", "status", "--porcelain=v1", "-z",
            "--untracked-files=all", "--no-renames", "--", *asked,
        ).split(b"\0")  # fmt: skip
        for record in records:
            if record:
                found.add(os.fsdecode(record[3:]).removeprefix(prefix))
        return tuple(path for path in asked if path in found)

    def _git(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
                ["git", *arguments],  # noqa: S607 - the person's own git
                cwd=self.root,
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError:
            return b""
        return done.stdout if done.returncode == 0 else b""
