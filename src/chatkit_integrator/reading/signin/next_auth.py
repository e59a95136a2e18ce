"""NextAuth, called Auth.js from version 5 on: its package is declared and imported by live code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.reading.signin.shared import SignIn, uses

if TYPE_CHECKING:
    from chatkit_integrator.reading.scripts import Scripts

PACKAGES = ("next-auth", "@auth/core", "@auth/nextjs")


def detect(scripts: Scripts) -> SignIn | None:
    """Find NextAuth in use."""
    places = tuple(uses(scripts, *PACKAGES))
    return SignIn(FrontendAuth("next-auth"), places) if places else None
