"""Types of the fixtures in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.reading.client import ClientReading


class Read(Protocol):
    """Read a site (``next``, ``vite`` or ``book``) with changes."""

    def __call__(self, site: str = "next", files: Mapping[str, str | None] | None = None, /) -> ClientReading: ...
