"""A repository as a value: what is there, read lazily, with edits laid over it.

A transform sees a ``Tree`` and nothing else. ``Tree.of({...})`` is a whole repository in a test; the engine gives one that
reads a git checkout on demand.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from chatkit_integrator.errors import NotUtf8Error
from chatkit_integrator.model.edit import Content, Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


LONGEST_SOURCE = 1_000_000
"""Bytes; a longer source is taken for a generated one, and is not parsed."""


class Source(Protocol):
    """Where the files under a tree come from."""

    def paths(self) -> Sequence[str]:
        """Every file that belongs to the repository (tracked or addable), relative, ``/``-separated, sorted."""
        ...

    def read(self, path: str) -> Content | None:
        """Give the content of any file under the root, listed or not; ``None`` where there is none."""
        ...

    def ignored(self, *paths: str) -> frozenset[str]:
        """Give those of ``paths`` at which version control would ignore a file."""
        ...


class _Fixed:
    """A source held in memory."""

    def __init__(self, files: Mapping[str, Content]) -> None:
        self._files = files

    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def read(self, path: str) -> Content | None:
        return self._files.get(path)

    def ignored(self, *paths: str) -> frozenset[str]:
        del paths
        return frozenset()


class Tree:
    """Files of a repository with an overlay of edits. Never changes; ``with_edits`` gives another tree."""

    def __init__(self, source: Source, overlay: Mapping[str, Content | None] | None = None) -> None:
        self._source = source
        self._overlay: Mapping[str, Content | None] = overlay or {}

    @classmethod
    def of(cls, files: Mapping[str, str | bytes]) -> Tree:
        """Build a tree from texts; the shortest way to a repository in a test."""
        return cls(
            _Fixed({p: Content(t.encode() if isinstance(t, str) else t) for p, t in files.items()}),
        )

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path, sorted."""
        if not self._overlay:
            return tuple(self._source.paths())
        gone = {path for path, content in self._overlay.items() if content is None}
        new = {path for path, content in self._overlay.items() if content is not None}
        return tuple(sorted((set(self._source.paths()) | new) - gone))

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        grouped: dict[str, list[str]] = {}
        for path in self.paths:
            grouped.setdefault(path.rpartition("/")[2], []).append(path)
        return {name: tuple(paths) for name, paths in grouped.items()}

    def named(self, *names: str) -> tuple[str, ...]:
        """Every path whose last part is one of ``names``, sorted; cheap on a large repository."""
        return tuple(sorted(path for name in names for path in self._by_name.get(name, ())))

    @cached_property
    def _by_ending(self) -> Mapping[str, Sequence[str]]:
        """Paths by what follows their last dot, sorted."""
        grouped: dict[str, list[str]] = {}
        for path in self.paths:
            grouped.setdefault(path.rpartition(".")[2], []).append(path)
        return grouped

    def under(self, folder: str, *suffixes: str) -> Iterator[str]:
        """Paths below ``folder`` (``""`` or ``"."`` is the root), optionally only those ending in ``suffixes``, sorted."""
        prefix = "" if folder in {"", "."} else folder.rstrip("/") + "/"
        if not suffixes or not all("." in suffix for suffix in suffixes):
            return (path for path in _starting(self.paths, prefix) if not suffixes or path.endswith(suffixes))
        endings = {suffix.rpartition(".")[2] for suffix in suffixes}
        among = [_starting(self._by_ending.get(ending, ()), prefix) for ending in endings]
        return (path for path in heapq.merge(*among) if path.endswith(suffixes))

    def read(self, path: str) -> Content | None:
        """Content of ``path``, or ``None``."""
        if path in self._overlay:
            return self._overlay[path]
        return self._source.read(path)

    def has(self, path: str) -> bool:
        """Whether there is a file of that path."""
        return self.read(path) is not None

    def text(self, path: str) -> str:
        """Text of ``path``, line endings and byte-order mark as they are.

        Raises ``FileNotFoundError`` where there is none and ``NotUtf8Error`` where it is not UTF-8.
        """
        content = self.read(path)
        if content is None:
            raise FileNotFoundError(path)
        try:
            return content.data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotUtf8Error(
                f"{path} is not UTF-8 (byte {error.start}); convert it, or leave it out with --backend/--frontend."
            ) from error

    def ignored(self, *paths: str) -> tuple[str, ...]:
        """Give those of ``paths`` at which version control would ignore a file, sorted."""
        return tuple(sorted(self._source.ignored(*paths)))

    def edit(self, path: str, text: str | None) -> Edit:
        """Describe the edit that makes ``path`` read ``text`` (``None`` deletes); an existing file keeps its mode."""
        before = self.read(path)
        after = None if text is None else Content(text.encode(), executable=bool(before and before.executable))
        return Edit(path, before, after)

    def with_edits(self, edits: Iterable[Edit]) -> Tree:
        """Give the tree as it reads after ``edits``."""
        return Tree(self._source, {**self._overlay, **{edit.path: edit.after for edit in edits}})

    def without(self, paths: Iterable[str]) -> Tree:
        """Give the tree as it reads where these files are not there."""
        return Tree(self._source, {**self._overlay, **dict.fromkeys(paths)})


def _starting(paths: Sequence[str], prefix: str) -> Sequence[str]:
    """Those of sorted paths that start with a prefix, which they do in a row."""
    if not prefix:
        return paths
    begin = bisect_left(paths, prefix)
    end = bisect_left(paths, prefix[:-1] + chr(ord(prefix[-1]) + 1), begin)
    return paths[begin:end]
