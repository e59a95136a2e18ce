"""A repository on disk, read lazily: which files belong to it, what they hold, which have uncommitted changes.

Git is asked once for the list of files, and once more for every repository inside the repository; outside git the folders are
walked. Symbolic links and what is gone from the work tree are not listed, nor are secrets (``.env`` and its kin), which are
never read either. Every path is confined to the root: one that leaves it, through ``..``, a drive letter or a symbolic link,
raises ``OutsideRootError``. A link that stays inside may be read through, never written through.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from chatkit_integrator.errors import (
    DirtyFilesError,
    NotARepositoryError,
    NotWritableError,
    OutsideRootError,
    UnreadableError,
)
from chatkit_integrator.model.edit import Content
from chatkit_integrator.model.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SECRET = re.compile(r"(^|/)\.env(\.[^/]+)?$", re.IGNORECASE)
_EXAMPLE = re.compile(r"\.(example|sample|template|dist|defaults)$|\.env\.[^/]*(example|sample|template)[^/]*$", re.IGNORECASE)
_NOT_WALKED = frozenset({
    ".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".next", ".turbo", ".tox", ".nox", ".mypy_cache",
    ".pytest_cache", ".ruff_cache", "dist", "build",
})  # fmt: skip
_DRIVE = re.compile(r"^[A-Za-z]:")
_NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.ENAMETOOLONG})
_ELSEWHERE = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
    "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
})  # fmt: skip
"""Variables that a git hook sets, and that would make git speak of another repository."""


def is_secret(path: str) -> bool:
    """Whether a path names a file that holds secrets by convention: ``.env`` and its kin, examples excepted."""
    return bool(_SECRET.search(path)) and not _EXAMPLE.search(path)


class Repository:
    """The source of a tree (``model.tree.Source``). ``state_dir`` is our own folder in it, which is never listed nor read."""

    def __init__(self, root: Path, state_dir: str) -> None:
        if not root.is_dir():
            raise NotARepositoryError(f"{root} is no directory; give the path of a repository.")
        self.root = root.resolve()
        self.state_dir = state_dir
        self._read: dict[str, Content | None] = {}
        self._ignored: dict[str, bool] = {}
        self._real_folders: set[str] = set()

    def tree(self) -> Tree:
        """Give the repository as a value."""
        return Tree(self)

    def paths(self) -> Sequence[str]:
        """Give every file that belongs to the repository, sorted."""
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(sorted(set(self._listed(""))))

    def _listed(self, folder: str) -> Iterator[str]:
        done = self._git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        if done is None or done.returncode or (not done.stdout and self._is_foreign(folder)):
            yield from self._walked(folder)
            return
        prefix = f"{folder}/" if folder else ""
        seen: dict[str, tuple[set[str], set[str]]] = {}
        for path in os.fsdecode(done.stdout).split("\0")[:-1]:
            head, _, name = path.removesuffix("/").rpartition("/")
            if head not in seen:
                seen[head] = _entries(self.root / prefix / head)
            files, folders = seen[head]
            if name in files:
                if not (name[0] == "." and is_secret(name)) and not self._is_private(prefix + path):
                    yield prefix + path
            elif name in folders and (self.root / prefix / path / ".git").exists():
                yield from self._listed(prefix + path.removesuffix("/"))

    def _is_foreign(self, folder: str) -> bool:
        """Whether git lists nothing because the folder is none of git's, or ignored by a repository further up."""
        done = self._git(folder, "check-ignore", "-q", ".")
        return done is None or done.returncode != 1

    def _walked(self, folder: str) -> Iterator[str]:
        start = self.root / folder
        for place, names, files in os.walk(start):
            here = Path(place).relative_to(self.root).as_posix()
            prefix = "" if here == "." else f"{here}/"
            if "pyvenv.cfg" in files:
                names.clear()
                continue
            for name in names:
                if Path(place, name, ".git").exists():
                    yield from self._listed(prefix + name)
            names[:] = [
                name
                for name in names
                if name not in _NOT_WALKED and name != self.state_dir and not Path(place, name, ".git").exists()
            ]
            for name in files:
                if not is_secret(name) and not Path(place, name).is_symlink():
                    yield prefix + name

    def _is_private(self, path: str) -> bool:
        """Whether a path is git's, ours, or a secret."""
        if path.startswith((".", "/")) or "/." in path:
            parts = PurePosixPath(path).parts
            return bool(parts) and (parts[0] == self.state_dir or ".git" in parts or is_secret(parts[-1]))
        return False

    def read(self, path: str) -> Content | None:
        """Give the content of a file, or ``None`` where there is none, or it is a secret, git's, or ours.

        Raises ``OutsideRootError``, and ``UnreadableError`` where the system does not let us.
        """
        if path not in self._read:
            self._read[path] = self._look(path)
        return self._read[path]

    def _look(self, path: str) -> Content | None:
        if self._is_private(path):
            return None
        folder, _, name = path.rpartition("/")
        if folder in self._real_folders and name not in {"", ".", ".."} and "\0" not in name:
            content = _content(f"{self.root}/{path}", path)
            if content is not None:
                return content
        real = self._inside(path)
        if self._is_private(real):
            return None
        content = _content(f"{self.root}/{real}", path)
        if content is not None and real == path and folder:
            self._real_folders.add(folder)
        return content

    def read_now(self, path: str) -> Content | None:
        """Read a file as it is now, past the cache, and through no link."""
        return _content(self.resolve(path), path)

    def _inside(self, path: str) -> str:
        """Follow links, and give the path that they lead to, having made sure that it is inside the root."""
        real = Path(os.path.realpath(self.root.joinpath(*_parts(path))))
        if not real.is_relative_to(self.root):
            raise OutsideRootError(
                f"{path} leads out of the repository, to {real}, through a symbolic link; replace the link by a file."
            )
        return real.relative_to(self.root).as_posix()

    def resolve(self, path: str) -> Path:
        """Give the place of ``path`` on disk, having made sure that it is inside the root and that no link is on the way."""
        real = self._inside(path)
        if real != PurePosixPath(path).as_posix():
            raise OutsideRootError(
                f"{path} goes through a symbolic link to {real}; edit that file by hand, or replace the link by a file."
            )
        return self.root / real

    def check_name(self, path: str) -> None:
        """Make sure, by its name alone, that a file is ours to write.

        Raises ``OutsideRootError`` where it is out of the root, a secret, git's, or in our own state folder.
        """
        if self._is_private(PurePosixPath(*_parts(path)).as_posix()):
            raise OutsideRootError(f"{path} is not for this program to write; set it by hand.")

    def check_place(self, path: str) -> None:
        """Make sure that a file of that path may be written and can be.

        Raises ``OutsideRootError`` as ``check_name`` does, and where a link is on the way; ``NotWritableError`` where a folder
        is in its place, or a file in its folder's.
        """
        self.check_name(path)
        file = self.resolve(path)
        if file.is_dir():
            raise NotWritableError(f"{path} is a directory where a file should go; move it away and plan again.")
        for parent in file.parents:
            if parent.exists():
                if not parent.is_dir():
                    raise NotWritableError(f"{parent} is a file where a directory should go; move it away and plan again.")
                break

    def ignored(self, *paths: str) -> frozenset[str]:
        """Give those of ``paths`` at which git would ignore a file."""
        asked: dict[str, dict[str, str]] = {}
        for path in paths:
            if path not in self._ignored:
                folder, name = self._nearest(path)
                asked.setdefault(folder, {})[f"./{name}"] = path
        for folder, names in asked.items():
            done = self._git(folder, "check-ignore", "-z", "--stdin", given=os.fsencode("\0".join(names)))
            found = set(os.fsdecode(done.stdout).split("\0")) if done is not None and done.returncode == 0 else set[str]()
            foreign = bool(found) and self._is_foreign(folder)
            self._ignored |= {path: name in found and not foreign for name, path in names.items()}
        return frozenset(path for path in paths if self._ignored[path])

    def _nearest(self, path: str) -> tuple[str, str]:
        """Split a path after the last folder that exists."""
        folder, _, name = path.rpartition("/")
        while folder and not (self.root / folder).is_dir():
            folder, _, above = folder.rpartition("/")
            name = f"{above}/{name}"
        return folder, name

    def dirty(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Give those of ``paths`` that have uncommitted changes; none outside git.

        Raises ``DirtyFilesError`` where there is a git repository that git does not speak of.
        """
        by_folder: dict[str, list[str]] = {}
        for path in paths:
            folder, name = self._nearest(path)
            by_folder.setdefault(folder, []).append(name)
        return tuple(sorted(path for folder, names in by_folder.items() for path in self._dirty_in(folder, names)))

    def _dirty_in(self, folder: str, names: Sequence[str]) -> Iterator[str]:
        prefix = f"{folder}/" if folder else ""
        done = self._git(
            folder, "--literal-pathspecs",
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *names,
        )  # fmt: skip
        if done is not None and done.returncode == 0:
            records = os.fsdecode(done.stdout).split("\0")
            for name in names:
                if any(record[3:] == name or record.endswith(f"/{name}") for record in records):
                    yield prefix + name
            return
        here = self.root / folder
        if any((above / ".git").exists() for above in (here, *here.parents)):
            said = os.fsdecode(done.stderr).strip().partition("\n")[0] if done else "it is not installed"
            raise DirtyFilesError(
                f"Git does not say whether {prefix}{names[0]} has uncommitted changes ({said}); make `git status` work here, "
                "or pass --allow-dirty."
            )

    def _git(self, folder: str, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
        """Run git without locks and without programs that the repository's settings name; ``None`` where there is no git."""
        try:
            return subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
                ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments],  # noqa: S607 - the person's own git
                cwd=self.root / folder,
                env={name: value for name, value in os.environ.items() if name not in _ELSEWHERE},
                check=False,
                capture_output=True,
                input=given,
            )
        except FileNotFoundError:
            return None


def _parts(path: str) -> tuple[str, ...]:
    """The parts of a path that stays inside the root as far as its name says."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith(("/", "\\")) or ".." in parts or "\0" in path or _DRIVE.match(path):
        raise OutsideRootError(f"{path!r} is no path inside the repository; nothing was touched.")
    return parts


def _entries(folder: Path) -> tuple[set[str], set[str]]:
    """Names of the files and of the folders in a folder, links left out; what cannot be listed is empty."""
    files: set[str] = set()
    folders: set[str] = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    files.add(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.add(entry.name)
    except OSError:
        return set(), set()
    return files, folders


def _content(place: str | Path, path: str) -> Content | None:
    """Bytes and mode of a regular file; anything else, a link included, is none."""
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return None
            with open(handle, "rb", buffering=0, closefd=False) as stream:
                return Content(stream.readall(), executable=bool(status.st_mode & stat.S_IXUSR))
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise UnreadableError(f"{path} cannot be read ({error.strerror}); give read permission, or leave it out.") from error
