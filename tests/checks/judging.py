"""Types of the fixtures in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.verdict import Verdict

    Change = tuple[str, str]
    Changes = Mapping[str, Change | list[Change] | None]
    """Per file: what it has once, and what it has instead. ``("", text)`` puts text at its end, ``("*", text)`` writes the
    file anew, ``None`` takes it away."""


class Repository(Protocol):
    """A repository as texts."""

    def with_(self, changes: Changes) -> Repository:
        """A copy with changes made; every one of them has to change something."""
        ...

    def over(self, other: Repository) -> Repository:
        """A copy with the files of another one laid over it."""
        ...

    def verdict(self, item: str) -> Verdict:
        """What the checklist says of one item."""
        ...

    def word(self, item: str) -> str:
        """The verdict in a word."""
        ...

    def shown(self, item: str) -> list[str]:
        """The lines that are the evidence, as they stand in the files: ``path: text``."""
        ...


class Written(Protocol):
    """Give an integration that was written by hand."""

    def __call__(self, name: str, /) -> Repository: ...
