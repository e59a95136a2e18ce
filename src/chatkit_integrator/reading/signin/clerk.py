"""Clerk: its package is declared and imported by live code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.reading.signin.shared import SignIn, uses

if TYPE_CHECKING:
    from chatkit_integrator.reading.scripts import Scripts

PACKAGES = ("@clerk/nextjs", "@clerk/clerk-react", "@clerk/react", "@clerk/clerk-js", "@clerk/backend")


def detect(scripts: Scripts) -> SignIn | None:
    """Find Clerk in use."""
    places = tuple(uses(scripts, *PACKAGES))
    return SignIn(FrontendAuth("clerk"), places) if places else None
