"""A change to one file, as a pair of contents.

Everything that the engine promises follows from this one shape: the inverse is the pair swapped (undo), two edits of a
file compose when they meet, and the precondition of an edit is that the file still reads ``before``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file, and whether it may be executed."""

    data: bytes
    executable: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 over mode and bytes, in hexadecimal."""
        return hashlib.sha256((b"x" if self.executable else b"-") + self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Edit:
    """``path`` reads ``before`` and shall read ``after``; ``None`` stands for "no such file".

    ``path`` is relative to the root of the repository, with ``/`` between its parts.
    """

    path: str
    before: Content | None
    after: Content | None

    @property
    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        return Edit(self.path, before=self.after, after=self.before)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return self.before == self.after

    def then(self, later: Edit) -> Edit:
        """This edit followed by ``later`` as one; they must meet: same path, and ``later`` starts where this ends."""
        if self.path != later.path or self.after != later.before:
            raise ValueError(f"edits of {self.path} and {later.path} do not meet")
        return replace(self, after=later.after)


def net(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits in the order in which they were made, as one edit a path, without those that change nothing."""
    by_path: dict[str, Edit] = {}
    for edit in edits:
        earlier = by_path.get(edit.path)
        by_path[edit.path] = earlier.then(edit) if earlier else edit
    return tuple(by_path[path] for path in sorted(by_path) if not by_path[path].is_empty)


def digest(edits: Iterable[Edit]) -> str:
    """Name a set of net edits: the same edits have the same digest, in hexadecimal, whatever their order."""
    total = hashlib.sha256()
    for edit in sorted(edits, key=lambda one: one.path):
        ends = (side.digest if side else "absent" for side in (edit.before, edit.after))
        total.update("\0".join((edit.path, *ends, "")).encode())
    return total.hexdigest()
