"""Types of the fixtures in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import Frontend
    from chatkit_integrator.model.unit import Location, Question


class Looked(Protocol):
    """What inspection said of a site."""

    site: Frontend
    questions: Mapping[str, Question]
    evidence: Mapping[str, tuple[Location, ...]]


class Look(Protocol):
    """Inspect a site of these files; ``manifest`` goes into its package.json."""

    def __call__(
        self,
        files: Mapping[str, str | bytes],
        /,
        *,
        root: str = ".",
        answers: Mapping[str, str] | None = None,
        **manifest: Any,
    ) -> Looked: ...
