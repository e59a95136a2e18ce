"""Types of the fixtures in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.reading.scripts import Scripts


class Site(Protocol):
    """Give the sources of a site that depends on the packages named."""

    def __call__(self, files: Mapping[str, str], /, *depends: str) -> Scripts: ...
