"""Types of the fixtures in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome


class Mounted(Protocol):
    """A backend as the transform left it."""

    outcome: Outcome
    before: Tree
    tree: Tree
    profile: Profile

    def text(self, path: str = "main.py") -> str:
        """One file as it reads now."""
        ...

    def asked(self, path: str | None = None) -> int:
        """Import the app, start it, and give the status of a request to the chat."""
        ...


class Mount(Protocol):
    """Inspect a backend of these files and include the router in it."""

    def __call__(self, files: Mapping[str, str | bytes], /) -> Mounted: ...
