"""What the fixtures give: a repository that can be proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from chatkit_integrator.toolkit import Proven

    Make: TypeAlias = Callable[[Mapping[str, str]], Path]


class Backend(Protocol):
    """Writes a small backend that holds, as the files of a repository."""

    def __call__(self, before: str = "", inside: str = "pass") -> dict[str, str]:
        """With lines before its own, and others in its endpoint."""
        ...


class Shop(Protocol):
    """The demo's shop with ChatKit put in, or a copy of it in which something is broken."""

    @property
    def root(self) -> Path: ...

    def with_(self, name: str, changes: Mapping[str, list[tuple[str, str]]]) -> Shop:
        """A copy in which texts are exchanged: path → (old, new) pairs; each old text is there once."""
        ...

    def proven(self, *items: str, artifacts: Path | None = None) -> Proven:
        """Start it and see these items, or all."""
        ...

    def words(self, *items: str) -> dict[str, str]:
        """The verdict on each item and its reason, as one text."""
        ...
