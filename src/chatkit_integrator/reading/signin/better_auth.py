"""Better Auth: its package is declared and imported by live code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.reading.signin.shared import SignIn, uses

if TYPE_CHECKING:
    from chatkit_integrator.reading.scripts import Scripts

PACKAGES = ("better-auth",)


def detect(scripts: Scripts) -> SignIn | None:
    """Find Better Auth in use."""
    places = tuple(uses(scripts, *PACKAGES))
    return SignIn(FrontendAuth("better-auth"), places) if places else None
